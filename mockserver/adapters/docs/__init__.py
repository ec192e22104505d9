"""The contract in the browser: pages and OpenAPI documents under ``/_mock/docs/`` and ``/_mock/openapi/``."""
