"""useapi.net's way to speak."""

from mockserver.fake.dialects.kling import DIALECT
