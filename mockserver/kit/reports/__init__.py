"""Reports: a verdict as a terminal, a CI server, a code scanner, a browser and a program want to see it."""
