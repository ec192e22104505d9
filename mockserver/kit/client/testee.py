"""Testees: a client under test, as a program that speaks JSON lines or as a Python object with the same verbs.

``schemas/testee.json`` describes what is exchanged. A testee that dies, hangs or answers something else raises a
``TesteeFault`` that says which, and is started again for the next request.
"""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, Literal, NoReturn, Protocol, Self, TypeGuard

import jsonschema_rs

from mockserver.errors import MockserverError
from mockserver.kit.client.child import Child, Feed, Lines, Tail
from mockserver.resources import folder
from mockserver.types import JSON

START_SECONDS = 20.0
"""An interpreter with large libraries takes seconds to start, on a busy machine several times as many."""

_END_SECONDS = 1.0
"""How long a program may take to end by itself once its stdin is closed."""
_SHOWN_LINES, _SHOWN_CHARACTERS = 5, 500
"""What of its stderr a fault shows: the end of a traceback."""

_LONGEST_LINE_BYTES = 1 << 22
"""An answer has a few URLs and a message. A testee that writes a line without end must not fill the memory."""

FaultKind = Literal["died", "hung", "not-json", "not-an-answer"]


class TesteeFault(MockserverError):
    """The testee did something else than answer; ``kind`` says what."""

    def __init__(self, kind: FaultKind, text: str) -> None:
        super().__init__(f"the testee {text}")
        self.kind = kind


class NoTestee(MockserverError):
    """The program or class cannot be started."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What a testee says about itself.

    * ``operations``: those that it can be asked for: ``kling/omni-image``
    * ``callbacks``: whether it listens for callbacks
    * ``credentials``: the kinds that it can use: ``token``, ``jwt``
    * ``big_numbers``: whether numbers pass through it that no 64-bit floating-point number can be
    """

    name: str
    version: str
    operations: tuple[str, ...]
    callbacks: bool
    credentials: tuple[str, ...]
    big_numbers: bool = False


class Adapter(Protocol):
    """A Python object around a client, with the verbs of ``schemas/testee.json``.

    Each returns the fields of an answer without its ``id``. A third verb, ``listen()``, is optional.
    """

    def hello(self) -> Mapping[str, JSON]:
        """Return ``name`` and ``operations``, and whatever else of ``Hello`` is not the default."""

    def generate(self, request: Any) -> Mapping[str, JSON]:
        """Create a task, wait for its end, and return the ``outcome``."""


class Testee(Protocol):
    """Anything that answers requests of ``schemas/testee.json``; requests have no ``id`` here."""

    def start(self, seconds: float) -> None:
        """Be ready to answer at once, if it had to be ended before. Raises ``TesteeFault`` if it is not in time."""

    def ask(self, request: dict[str, JSON], seconds: float) -> dict[str, JSON]:
        """Return the answer. Raises ``TesteeFault`` if none, or none that can be used, comes within the time."""

    def close(self) -> None:
        """End it."""


@dataclass
class ProgramTestee:
    """A testee that is a program, with ``variables``, started for its first request and again after each fault."""

    command: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)
    _running: _Running | None = None
    _id: int = 0

    def start(self, seconds: float) -> None:
        """Start the program unless it runs, and wait for its hello: the start is no time of the client's."""
        if self._running is None:
            self.ask({"do": "hello"}, seconds)

    def ask(self, request: dict[str, JSON], seconds: float) -> dict[str, JSON]:
        """Send a line and wait for the one that answers it."""
        self._id += 1
        running = self._running = self._running or _Running.start(self.command, self.variables)
        line = json.dumps({"id": self._id, **request}) + "\n"
        running.stdin.write(line.encode())
        return self._answer(running, request, seconds)

    def close(self) -> None:
        """End the program, first by closing its stdin."""
        if (running := self._running) is not None:
            self._running = None
            running.close()

    def _answer(self, running: _Running, request: dict[str, JSON], seconds: float) -> dict[str, JSON]:
        try:
            line = running.lines.next(seconds)
        except queue.Empty:
            self._fail("hung", f"did not answer {request['do']!r} within {seconds:g} s")
        if line is None:
            self._fail("died", f"{running.end()} instead of answering {request['do']!r}")
        if len(line) == _LONGEST_LINE_BYTES:
            self._fail("not-json", f"wrote a line of more than {_LONGEST_LINE_BYTES} bytes: {line[:200]!r}")
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            self._fail("not-json", f"wrote a line that is not JSON: {line[:200]!r}")
        if wrong := _wrong(request, answer):
            self._fail("not-an-answer", f"wrote a line that is not an answer: {json.dumps(answer)[:200]}: {wrong}")
        if answer["id"] != self._id:
            self._fail("not-an-answer", f"answered request {answer['id']} instead of request {self._id}")
        return dict(answer)

    def _fail(self, kind: FaultKind, text: str) -> NoReturn:
        end = ""
        running, self._running = self._running, None
        if running is not None:
            running.kill()
            end = " | ".join(line.strip() for line in running.stderr.lines()[-_SHOWN_LINES:])[-_SHOWN_CHARACTERS:]
        raise TesteeFault(kind, f"{text}. Its stderr ends with: {end}" if end else text)


@dataclass(frozen=True, slots=True)
class _Running:
    """A program that runs, and what it writes."""

    child: Child
    stdin: Feed
    lines: Lines
    stderr: Tail

    @classmethod
    def start(cls, command: Sequence[str], variables: Mapping[str, str]) -> Self:
        try:
            child = Child(command, variables=variables)
        except OSError as error:
            raise NoTestee(f"the testee {command[0]!r} cannot be started: {error.strerror}") from error
        stdin, out, err = child.pipes
        lines = Lines(out, _LONGEST_LINE_BYTES)
        return cls(child, Feed(stdin, lines.end), lines, Tail(err))

    def end(self) -> str:
        """Say how it has ended, and end it if it has not."""
        try:
            return f"ended with status {self.child.wait(_END_SECONDS)}"
        except subprocess.TimeoutExpired:
            self.child.kill()
        status = self.child.wait()  # on a slow machine it has ended by itself all the same
        return "closed its stdin or stdout" if status == -signal.SIGKILL else f"ended with status {status}"

    def close(self) -> None:
        """Let it end by itself for a while."""
        self.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.child.wait(_END_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End it."""
        self.child.kill()
        self.lines.close()


@dataclass
class ObjectTestee:
    """A testee that is a Python object. It runs on a thread of its own: if it hangs, nothing else does."""

    target: Any

    def start(self, _: float) -> None:
        """Do nothing: an object is there."""

    def ask(self, request: dict[str, JSON], seconds: float) -> dict[str, JSON]:
        """Call the verb that the request names."""
        if (verb := getattr(self.target, str(request["do"]), None)) is None:
            return {"id": 0, "outcome": "unsupported", "reason": f"it has no {request['do']}()"}
        box: queue.Queue[tuple[JSON, BaseException | None]] = queue.Queue()

        def call() -> None:
            try:
                box.put((verb(request) if request["do"] == "generate" else verb(), None))
            except BaseException as error:  # noqa: BLE001 - whatever a client raises is a fact about it
                box.put((None, error))

        threading.Thread(target=call, daemon=True).start()
        try:
            answer, error = box.get(timeout=seconds)
        except queue.Empty:
            raise TesteeFault("hung", f"did not return from {request['do']}() within {seconds:g} s") from None
        if error is not None:
            what = f"{type(error).__name__}: {error}".removesuffix(": ")
            raise TesteeFault("died", f"raised {what}") from error
        whole = {"id": 0, **answer} if isinstance(answer, Mapping) else answer
        if wrong := _wrong(request, whole):
            raise TesteeFault(
                "not-an-answer", f"returned something that is not an answer: {str(answer)[:200]}: {wrong}"
            )
        return dict(whole)

    def close(self) -> None:
        """Do nothing: the object is not ours."""


def find_testee(testee: Sequence[str] | Adapter, variables: Mapping[str, str] = MappingProxyType({})) -> Testee:
    """Return the testee of some settings: an object, ``("package.module:Class",)``, or a program with ``variables``.

    Raises ``NoTestee``.
    """
    if is_program(testee):
        return ProgramTestee(testee, variables)
    if not isinstance(testee, Sequence):
        return ObjectTestee(testee)
    module, _, name = testee[0].partition(":")
    sys.path.insert(0, "")  # as for `python -m`: a class of the project in the working directory
    try:
        target = getattr(import_module(module), name)
        return ObjectTestee(target() if isinstance(target, type) else target)
    except Exception as error:  # whatever the module of a third party raises
        raise NoTestee(f"the testee {testee[0]!r} cannot be loaded: {type(error).__name__}: {error}") from error


def is_program(testee: Sequence[str] | Adapter) -> TypeGuard[Sequence[str]]:
    """Whether the testee of some settings is a program, and no object of this process."""
    if not isinstance(testee, Sequence):
        return False
    module, colon, _ = testee[0].partition(":")
    return len(testee) > 1 or not colon or not all(part.isidentifier() for part in module.split("."))


def say_hello(testee: Testee, seconds: float = START_SECONDS) -> Hello:
    """Ask a testee what it can do. Raises ``TesteeFault``."""
    answer = testee.ask({"do": "hello"}, seconds)
    if "name" not in answer:
        raise TesteeFault("not-an-answer", f"answered 'hello' without its name: {answer}")
    return Hello(
        answer["name"],
        answer.get("version", ""),
        tuple(answer["operations"]),
        answer.get("callbacks", False),
        tuple(answer.get("credentials", ["token"])),
        answer.get("big_numbers", False),
    )


@cache
def _answer_validator() -> Any:
    description = json.loads((folder("schemas") / "testee.json").read_text(encoding="utf-8"))
    return jsonschema_rs.validator_for({"$ref": "#/$defs/answer", "$defs": description["$defs"]})


def _wrong(request: dict[str, JSON], answer: JSON) -> str | None:
    """Say what is wrong with an answer to a request; ``None`` if nothing is."""
    try:
        for error in _answer_validator().iter_errors(answer):
            return str(error.message)[:200]
    except ValueError as error:  # a value of Python that is none of JSON
        return str(error)[:200]
    needed = {"generate": ("outcome",), "listen": ("url", "outcome")}.get(str(request["do"]), ())
    return None if not needed or set(needed) & answer.keys() else f"it has no {' or '.join(needed)}"
