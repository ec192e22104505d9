"""How a payload is held against a schema: by the engine, and by what is certain of values of a wrong type."""
