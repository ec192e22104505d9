"""How a use of the command begins: its configuration, its completion in a shell, and a testee."""
