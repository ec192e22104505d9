"""The fake over HTTP: the ASGI application, a server, results, callbacks, and faults on the wire."""
