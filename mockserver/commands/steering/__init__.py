"""The commands that steer and watch a fake that runs already, over its control API."""
