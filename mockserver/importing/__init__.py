"""Importing: from an OpenAPI document of an asynchronous task API to the folder of a service."""
