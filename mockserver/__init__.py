"""A fake of the Kling Omni-Image and Omni-Video APIs, and a kit that holds clients and servers to their contract."""

__version__ = "0.1.0"
