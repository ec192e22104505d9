"""The configuration: options, before variables, before the file, before defaults; docs/configuration.md says it all."""
