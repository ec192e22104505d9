"""The dialects that there are, each imported when a service that speaks it is served."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from mockserver.fake.dialects.dialect import Dialect
from mockserver.fake.world import World
from mockserver.types import Lazy

_NAMES = ("kling", "newer", "template", "useapi")


def _dialect(name: str) -> Dialect[World]:
    found: Dialect[World] = import_module(f"mockserver.fake.dialects.{name}").DIALECT
    return found


DIALECTS: Mapping[str, Dialect[World]] = Lazy(lambda: _NAMES, _dialect)
