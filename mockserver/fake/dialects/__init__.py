"""How each family of services speaks: the shape of ids, records, lists and errors."""
