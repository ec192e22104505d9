"""A letter: what one process tells another to do."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self


class Letter:
    """What a frozen dataclass of plain values says, as a file that nobody else can read."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what ``write`` wrote."""
        found = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{name: _frozen(value) for name, value in found.items()})

    def write(self, path: Path) -> None:
        """Write it down."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")  # type: ignore[call-overload] # each is a dataclass


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
