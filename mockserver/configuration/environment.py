"""The environment: our variables, those that a cluster sets in our name, and those that mean nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from mockserver.errors import BadSetting
from mockserver.suggestions import suggestion

PREFIX = "MOCKSERVER_"
"""What begins so is ours."""

_ISOLATED = "_MOCKSERVER_ISOLATED"
"""Is set where no file counts, for this process and those that it starts."""

_LINK = (
    r"MOCKSERVER_(?:[A-Z0-9_]+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_[0-9]+_(?:TCP|UDP|SCTP)(?:_[A-Z]+)?)"
    r"|MOCKSERVER_ENV_.+"
)
"""What Kubernetes sets in each pod for a service that is called ``mockserver`` or ``mockserver-redis``
(kubernetes.io/docs/concepts/services-networking/service), and Docker in a container that is linked to one
(docs.docker.com/engine/network/links)."""

_LINKED = {"_PORT": ("tcp://", "udp://", "sctp://"), "_NAME": ("/",)}
"""How the values begin of those links whose names could be those of an option."""


def variable(key: str) -> str:
    """Return the variable of an option by its key: ``MOCKSERVER_MAX_BODY`` for ``max-body``."""
    return PREFIX + key.upper().replace("-", "_")


def is_link(name: str, text: str) -> bool:
    """Whether a variable of our name says where a service is, and nothing to us."""
    if any(name.endswith(end) and text.startswith(begins) for end, begins in _LINKED.items()):
        return True
    return re.fullmatch(_LINK, name) is not None  # compiled only where there is a variable of our name


def variables() -> dict[str, str]:
    """Return the variables that are ours, and set."""
    return {name: text for name, text in os.environ.items() if name.startswith(PREFIX) and not is_link(name, text)}


def links() -> dict[str, str]:
    """Return the variables of our name that are not ours."""
    return {name: text for name, text in os.environ.items() if name.startswith(PREFIX) and is_link(name, text)}


def check_variables(keys: Iterable[str]) -> None:
    """Raise ``BadSetting`` for a variable of ours that is that of no option; ``keys`` are those of all."""
    known = [*map(variable, keys)]
    for name in variables():
        if name not in known:
            raise BadSetting(name, f"no option has this variable; {suggestion(name, known, 'mockserver config')}")


def items(text: str, separator: str) -> list[str]:
    """Return what a variable lists: lines if it has line ends, or else what ``separator`` separates."""
    parts = text.split("\n" if "\n" in text else separator)
    return [part for part in map(str.strip, parts) if part]


def is_isolated() -> bool:
    """Whether no file counts."""
    return _ISOLATED in os.environ


@contextmanager
def isolated() -> Iterator[None]:
    """Let neither variables nor files count, here and in what is started meanwhile."""
    before = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith((PREFIX, _ISOLATED))}
    os.environ[_ISOLATED] = "1"
    try:
        yield
    finally:
        os.environ.pop(_ISOLATED, None)
        os.environ.update(before)
