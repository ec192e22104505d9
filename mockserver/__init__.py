"""A fake of the Kling Omni-Image and Omni-Video APIs, and a kit that checks clients and servers against their contract."""

__version__ = "0.1.0"
