"""Interception: a server that is a proxy, too, and takes what goes to the hosts of the services."""
