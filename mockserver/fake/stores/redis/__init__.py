"""The store in Redis or Valkey, for replicas on several machines.

Jobs are called as on any other store. What they read is fetched in one round trip, and what they write is kept in
another one, by a script that first checks that what was read is still so.
"""
