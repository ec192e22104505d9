"""The options of the commands, where whoever needs their names and values can reach them."""
