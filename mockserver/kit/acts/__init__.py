"""Acts: what is done to a server so that there is something to judge. They send, and judge nothing."""
