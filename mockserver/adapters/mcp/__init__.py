"""The door for assistants: the control API, the contract's pages and the checks over the Model Context Protocol."""
