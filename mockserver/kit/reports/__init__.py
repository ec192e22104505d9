"""Reports: a verdict for a terminal, a CI server, a code scanner, a browser and a program."""
