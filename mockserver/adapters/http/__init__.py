"""The fake on HTTP: ASGI, a server, results, callbacks, and what befalls an answer on the wire."""
