"""Trust: the authority of this user, and the files by which programs trust it besides what they trust already."""
