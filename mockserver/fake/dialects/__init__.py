"""The wire format of each family of services: ids, records, lists and errors."""
