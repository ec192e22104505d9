"""Spans of time as a person writes them, ``90s``, ``1.5m``, ``500ms``, ``30d``, and rates, ``10/s``."""

from __future__ import annotations

import re

from mockserver.errors import BadSetting
from mockserver.suggestions import shown
from mockserver.types import Millis

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SPAN = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h|d)", re.ASCII)
_RATE = re.compile(r"([1-9][0-9]{0,8})/([0-9.]*)([a-z]+)", re.ASCII)


def millis(text: str, option: str = "duration") -> Millis:
    """Read a span. Raises ``BadSetting``, which names the ``option`` it was given for."""
    if found := _SPAN.fullmatch(text):
        return round(float(found[1]) * _UNITS[found[2]])
    raise BadSetting(option, f"{text!r} is not a duration. Write one such as 90s, 1.5m or 500ms.")


def parsed_rate(text: object) -> tuple[int, Millis]:
    """Read ``10/s`` or ``100/1.5m`` into a count and a span. Raises ``BadSetting``."""
    if isinstance(text, str) and (found := _RATE.fullmatch(text)):
        try:
            span = millis((found[2] or "1") + found[3])
        except BadSetting:
            span = 0
        if span > 0:
            return int(found[1]), span
    raise BadSetting("--rate", f"{shown(text)} is not a rate. Write a count and a span, such as 10/s or 100/60s.")
