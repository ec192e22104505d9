"""The source of the contract: the files of a folder such as ``schemas/``, and whether it has been checked."""
