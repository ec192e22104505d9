"""Objects that were made, finished so that they keep a keyword about several of their fields, or break it."""
