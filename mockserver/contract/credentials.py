"""Credentials: the mistakes in them that no service has to refuse, as ``schemas/credentials.json`` says."""

from __future__ import annotations

import json
from functools import cache
from types import MappingProxyType

from mockserver.contract.rules import rules_of
from mockserver.contract.validation import Validator, Violation
from mockserver.resources import folder
from mockserver.types import JSON


def mistakes(token: str, claims: JSON = None) -> tuple[Violation, ...]:
    """Return what is probably wrong with a token; ``claims`` are those of a JWT, if it is taken for one."""
    return _validator().violations({"authorization": token, **({"claims": claims} if claims else {})})


@cache
def _validator() -> Validator:
    schema = json.loads((folder("schemas") / "credentials.json").read_text(encoding="utf-8"))
    return Validator(schema, rules_of("credentials", schema), MappingProxyType({}))
