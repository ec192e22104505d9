"""Credentials: the mistakes in them that no service has to refuse, as ``schemas/credentials.json`` says."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import cache
from types import MappingProxyType

from mockserver.contract.rules import Rule, rules_of
from mockserver.contract.validation import Validator, Violation
from mockserver.resources import folder
from mockserver.types import JSON, Schema

KEY_HEADER = "x-api-key"
"""A header of its own for a key, at the services that have it among their credentials."""


def authorization(headers: Mapping[str, str], kinds: Collection[str]) -> str:
    """Return the credentials of a request as ``Authorization`` has them, if they are of the ``kinds`` of a service.

    A key in a header of its own is that of a bearer.
    """
    key = headers.get(KEY_HEADER, "").strip() if KEY_HEADER in kinds else ""
    if key:
        return f"Bearer {key}"
    return "" if {*kinds} == {KEY_HEADER} else headers.get("authorization", "").strip()


def carried(header: str, kinds: Collection[str]) -> tuple[str, str]:
    """Return the header that carries what ``Authorization`` would say at a service: its name and value."""
    if KEY_HEADER not in kinds:
        return "authorization", header
    return KEY_HEADER, header.removeprefix("Bearer ")


def mistakes(token: str, claims: JSON = None) -> tuple[Violation, ...]:
    """Return what is probably wrong with a token; ``claims`` are those of a JWT, if it is taken for one."""
    return _validator().violations({"authorization": token, **({"claims": claims} if claims else {})})


@cache
def schema_and_rules() -> tuple[Schema, tuple[Rule, ...]]:
    """Return the schema of credentials, and the rules in it."""
    schema = json.loads((folder("schemas") / "credentials.json").read_text(encoding="utf-8"))
    return schema, rules_of("credentials", schema)


@cache
def _validator() -> Validator:
    return Validator(*schema_and_rules(), MappingProxyType({}))
