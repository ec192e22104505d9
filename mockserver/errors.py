"""What can go wrong before a request is answered, named for the fact.

* ``MockserverError``: the root; its text is one line for a person
    * ``BadContract``: a file under ``schemas/`` that says something we do not understand
    * ``NoSuchService``, ``NoSuchOperation``, ``NoSuchReading``: a name that is not in the contract
    * ``NoSuchCheck``: a name that no check has
    * ``BadSetting``: an option whose value cannot be meant
    * ``MissingPackage``: something that comes only with an extra, and was not installed

What goes wrong with a request is no exception of Python's to the client: it is an answer of the service.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable
from contextlib import suppress
from difflib import get_close_matches


class MockserverError(Exception):
    """Something a person can mend; ``str()`` says what, where, and how."""


def unexpected(error: Exception, where: str) -> None:
    """Print to stderr an exception that nobody foresaw and that whoever calls this survives."""
    with suppress(OSError, ValueError):  # stderr may be closed, and that must not end what was to go on
        sys.stderr.write(f"mockserver: {where}\n{''.join(traceback.format_exception(error))}")


class BadContract(MockserverError):
    """A contract file that cannot be used: ``file`` and ``pointer`` say where."""

    def __init__(self, file: str, pointer: str, fact: str) -> None:
        super().__init__(f"{file}#{pointer}: {fact}")
        self.file, self.pointer, self.fact = file, pointer, fact


class _NoSuchName(MockserverError):
    kind = "name"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name, self.known = name, tuple(known)
        near = get_close_matches(name, self.known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(self.known)}"
        super().__init__(f"no {self.kind} {name!r}; {hint}")


class NoSuchService(_NoSuchName):
    """A service that has no folder under ``schemas/``."""

    kind = "service"


class NoSuchOperation(_NoSuchName):
    """An operation that no service has."""

    kind = "operation"


class NoSuchReading(_NoSuchName):
    """A question, or an answer to one, that no ``service.json`` lists."""

    kind = "reading"


class NoSuchCheck(_NoSuchName):
    """A check of a server or a client that is none."""

    kind = "check"


class BadSetting(MockserverError):
    """An option whose value cannot be meant."""

    def __init__(self, option: str, value: object, wanted: str) -> None:
        super().__init__(f"{option}: {value!r} is not {wanted}")
        self.option, self.value, self.wanted = option, value, wanted


class MissingPackage(MockserverError):
    """Something, ``user``, that needs packages which an extra of ours brings."""

    def __init__(self, user: str, packages: str, extra: str) -> None:
        super().__init__(f"{user} needs {packages}: pip install 'kling-mockserver[{extra}]'")
        self.user, self.packages, self.extra = user, packages, extra
