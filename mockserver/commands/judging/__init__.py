"""The commands that judge: a client, a server, or the traffic of a command."""
