"""Certificates: a yes or a no of the contract to a payload, in microseconds and without reasons."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import jsonschema_rs

from mockserver.contract.keywords import KEYWORDS
from mockserver.types import JSON, Schema


def certificate(schema: Schema) -> Callable[[JSON], bool]:
    """Return what tells whether a payload keeps a request schema.

    ``Validator`` has reasons, and each no of it costs milliseconds; a generator asks for a no as often as for a yes.
    """
    is_valid: Callable[[JSON], bool] = jsonschema_rs.validator_for(schema, keywords=_keywords()).is_valid
    return is_valid


@cache
def _keywords() -> dict[str, type]:
    return {name: _adapted(name) for name in KEYWORDS}


def _adapted(name: str) -> type:
    """Make a keyword of ours the class that ``jsonschema-rs`` wants."""

    class Check:
        def __init__(self, _parent: Schema, value: JSON, _path: list[str | int]) -> None:
            self.value = value

        def validate(self, instance: JSON) -> None:
            for problem in KEYWORDS[name](self.value, instance):
                raise ValueError(problem.fact)

    return Check
