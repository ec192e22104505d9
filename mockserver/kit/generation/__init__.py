"""Generation: from a request schema to payloads that keep every rule, and to payloads that break one rule and no other.

Everything comes from the schema alone; nothing here knows HTTP, a service or a check. Read the modules in this order:

1. ``shapes``, ``normal_form``, ``intersection``: a schema as a choice of shapes, each a plain "and" of constraints
2. ``solver``: the ways through the rules across fields, each a single shape of a whole payload, called a branch
3. ``choices``, ``dictionary``, ``scalars``, ``keywords``, ``sums``, ``generator``: one payload of a branch, made from
   random choices and the contract's own values; what our ``x-`` keywords need is in ``keywords``
4. ``schema_edits``, ``valid``: all valid payloads of an operation
5. ``wrong_values``, ``invalid``: all payloads of an operation that break one rule
6. ``coverage``: a small payload for each field; ``strategies``: the two public functions, for Hypothesis
"""
