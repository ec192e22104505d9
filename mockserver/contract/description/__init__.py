"""The parts of an OpenAPI description: schemas in its terms, and the exchanges that were published or recorded."""
