"""Unserved: the paths of a real service that are no operation here, as ``unserved`` in its ``service.json`` lists them.

Whoever judges a client needs them: a request to one is not a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.types import JSON


@dataclass(frozen=True, slots=True)
class Unserved:
    """A path with the methods that it is known to have; ``{id}`` in it stands for any part."""

    path: str
    methods: tuple[str, ...]
    confidence: str
    source: str

    def is_at(self, method: str, path: str) -> bool:
        """Whether a request is for it; ``path`` has no slash at its end."""
        return method in self.methods and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", self.path), path) is not None


def listed(data: Mapping[str, JSON]) -> tuple[Unserved, ...]:
    """Read the ``unserved`` of a ``service.json``, which its meta-schema has checked."""
    return tuple(Unserved(path, tuple(of["methods"]), of["confidence"], of["source"]) for path, of in data.items())
