"""What can go wrong before a request is answered, named for the fact.

* ``MockserverError``: the root; its text is one line for a person
    * ``BadContract``: a file under ``schemas/`` that we do not understand
    * ``BadSetting``: an option with a value that it cannot take
    * ``NoSuchService``, ``NoSuchOperation``, ``NoSuchQuestion``, ``NoSuchReading``: a name that the contract lacks
    * ``NoSuchCheck``: a name that no check has
    * ``MissingPackage``: something that comes only with an extra, which was not installed
    * ``StoreUnavailable``: a store that cannot be read or written now, and may be later

``Interrupted`` is no mistake of anybody: a signal has come, and what runs ends early.

What goes wrong with a request is no exception to the client: it is an answer of the service.
"""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

from mockserver.suggestions import quoted, suggestion

_held: ContextVar[dict[tuple[str, str], str] | None] = ContextVar("held", default=None)


class MockserverError(Exception):
    """Something that a person can put right; ``str()`` says what happened, where, and what to do."""


class Interrupted(KeyboardInterrupt):
    """A signal, by its ``number``, asks us to end. Whoever has a verdict so far returns it."""

    def __init__(self, number: int) -> None:
        super().__init__(f"it was interrupted by {signal.Signals(number).name}")
        self.number = number


def unexpected(error: Exception, where: str) -> None:
    """Print to stderr an unforeseen exception that the caller survives; ``where`` says what it gave up.

    Secrets in it are masked.
    """
    from mockserver.secrecy.mask import Mask

    text = Mask().text(f"mockserver: {where}\n{''.join(traceback.format_exception(error))}")
    _tell(text, (where, repr(error)))  # of the same error another time only the way to it may be another


def noticed(sentence: str) -> None:
    """Print to stderr a sentence about what others have done and whoever runs this should know."""
    _tell(f"mockserver: {sentence}\n", (sentence, ""))


@contextmanager
def told_once() -> Iterator[None]:
    """Print what is ``unexpected`` or ``noticed`` at the end, and each once: what happens here may be done again."""
    if _held.get() is not None:
        yield
        return
    held: dict[tuple[str, str], str] = {}
    token = _held.set(held)
    try:
        yield
    finally:
        _held.reset(token)
        for text in held.values():
            _print(text)


def _tell(text: str, fact: tuple[str, str]) -> None:
    if (held := _held.get()) is None:
        _print(text)
    else:
        held.setdefault(fact, text)


def _print(text: str) -> None:
    with suppress(OSError, ValueError):  # stderr may be closed, and that must not end what was to go on
        sys.stderr.write(text)


class StoreUnavailable(MockserverError):
    """The state cannot be read or kept at this moment; the text says why, and what to do."""

    status = 503


class BadContract(MockserverError):
    """A contract file that cannot be used: ``file`` and ``pointer`` say where."""

    def __init__(self, file: str, pointer: str, fact: str) -> None:
        super().__init__(f"{file}#{pointer}: {fact}")
        self.file, self.pointer, self.fact = file, pointer, fact


class BadSetting(MockserverError):
    """An ``option`` whose value it cannot take; the ``sentence`` says what is wrong and what to write instead.

    A setting goes by the name of its option on the command line, wherever it was set.
    """

    def __init__(self, option: str, sentence: str) -> None:
        super().__init__(f"{option}: {sentence}")
        self.option, self.sentence = option, sentence


class NoSuchName(MockserverError):
    """A ``name`` that is not among the ``known`` ones; a subclass says of what ``kind``, and what lists them all."""

    kind = "name"
    command = ""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name, self.known = name, tuple(known)
        self.sentence = f"no {self.kind} {quoted(name)}; {suggestion(name, self.known, self.command)}"
        MockserverError.__init__(self, self.sentence)


class NoSuchService(NoSuchName, BadSetting):
    """A service that has no folder under ``schemas/``."""

    kind = "service"
    option = "--service"
    command = "mockserver list services"


class NoSuchOperation(NoSuchName):
    """An operation that no service has."""

    kind = "operation"
    command = "mockserver list operations"


class NoSuchReading(NoSuchName, BadSetting):
    """A reading that no ``service.json`` lists: ``question=reading``."""

    kind = "reading"
    option = "--reading"
    command = "mockserver readings"


class NoSuchQuestion(NoSuchReading):
    """An open question that no ``service.json`` lists."""

    kind = "question"


class NoSuchCheck(NoSuchName):
    """A check of servers or clients, or a family of them, that does not exist."""

    kind = "check"
    command = "mockserver list checks"


class NoSuchScenario(NoSuchName):
    """There is no scenario of clients of this id."""

    kind = "scenario"
    command = "mockserver list scenarios"


class MissingPackage(MockserverError):
    """Something, ``user``, that needs packages which an extra of ours brings."""

    def __init__(self, user: str, packages: str, extra: str) -> None:
        from shlex import quote

        # Of what is installed, pip needs no index to add an extra; but it must be this Python's pip.
        pip = f"{quote(sys.executable or 'python')} -m pip install"
        super().__init__(f"{user} needs {packages}: {pip} 'kling-mockserver[{extra}]'")
        self.user, self.packages, self.extra = user, packages, extra
