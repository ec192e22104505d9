"""Testees: a client under test, as a program that speaks JSON lines or as a Python object with the same verbs.

``schemas/testee.json`` describes what is exchanged. A testee that dies, hangs or answers something else raises a
``TesteeFault`` that says which, and is started again for the next request.
"""

from __future__ import annotations

import json
import os
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
from typing import Any, Literal, NoReturn, Protocol

import jsonschema_rs

from mockserver.errors import MockserverError
from mockserver.resources import folder
from mockserver.types import JSON

_HELLO_SECONDS = 20.0
"""An interpreter with large libraries takes seconds to start, on a busy machine several times as many."""

_END_SECONDS = 1.0
"""How long a program may take to end by itself once its stdin is closed."""

_STDERR_SECONDS = 0.5
"""How long the last lines of a program that has died may take to arrive."""

_STDERR_LINES = 50
_SHOWN_LINES = 5
_SHOWN_CHARACTERS = 500
"""The lines of stderr that are kept, and what of them a fault shows: the end of a traceback."""

_LONGEST_LINE_BYTES = 1 << 24
"""Longer lines are cut, so that a testee that writes without end cannot fill the memory."""

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
    """

    name: str
    version: str
    operations: tuple[str, ...]
    callbacks: bool
    credentials: tuple[str, ...]


class Adapter(Protocol):
    """A Python object around a client, with the verbs of ``schemas/testee.json``.

    Each returns the fields of an answer without its ``id``. A third verb, ``listen()``, is optional.
    """

    def hello(self) -> Mapping[str, JSON]:
        """Return ``name`` and ``operations``, and perhaps ``version``, ``callbacks`` and ``credentials``."""

    def generate(self, request: Any) -> Mapping[str, JSON]:
        """Create a task, wait for its end, and return the ``outcome``."""


class Testee(Protocol):
    """Anything that answers requests of ``schemas/testee.json``; requests have no ``id`` here."""

    def ask(self, request: dict[str, JSON], seconds: float) -> dict[str, JSON]:
        """Return the answer. Raises ``TesteeFault`` if none, or none that can be used, comes within the time."""

    def close(self) -> None:
        """End it."""


@dataclass
class ProgramTestee:
    """A testee that is a program, started for its first request and again after each fault."""

    command: Sequence[str]
    _process: subprocess.Popen[bytes] | None = None
    _lines: queue.Queue[bytes | None] = field(default_factory=queue.Queue)
    _stderr: list[str] = field(default_factory=list)
    _stderr_reader: threading.Thread | None = None
    _id: int = 0

    def ask(self, request: dict[str, JSON], seconds: float) -> dict[str, JSON]:
        """Send a line and wait for the one that answers it."""
        self._id += 1
        process = self._running()
        line = json.dumps({"id": self._id, **request}) + "\n"
        # If the testee does not read, the pipe fills up and the write blocks: so it must not block this thread.
        threading.Thread(target=_write, args=(process.stdin, line.encode(), self._lines), daemon=True).start()
        return self._answer(request, seconds)

    def close(self) -> None:
        """End the program, first by closing its stdin."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)
        _kill(process)
        process.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._lines, self._stderr = queue.Queue(), []
            try:
                self._process = subprocess.Popen(
                    list(self.command),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,  # so that it can be killed together with what it has started
                )
            except OSError as error:
                raise NoTestee(f"the testee {self.command[0]!r} cannot be started: {error.strerror}") from error
            threading.Thread(target=_read, args=(self._process.stdout, self._lines), daemon=True).start()
            self._stderr_reader = threading.Thread(target=_keep, args=(self._process.stderr, self._stderr), daemon=True)
            self._stderr_reader.start()
        return self._process

    def _answer(self, request: dict[str, JSON], seconds: float) -> dict[str, JSON]:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            self._fail("hung", f"did not answer {request['do']!r} within {seconds:g} s")
        if line is None:
            self._fail("died", f"{self._end()} instead of answering {request['do']!r}")
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
        if self._process is not None:
            _kill(self._process)
        self.close()
        if self._stderr_reader is not None:
            self._stderr_reader.join(_STDERR_SECONDS)
        end = " | ".join(line.strip() for line in self._stderr[-_SHOWN_LINES:])[-_SHOWN_CHARACTERS:]
        raise TesteeFault(kind, f"{text}. Its stderr ends with: {end}" if end else text)

    def _end(self) -> str:
        try:
            return f"ended with status {self._process.wait(_END_SECONDS)}" if self._process else "ended"
        except subprocess.TimeoutExpired:
            return "closed its stdin or stdout"


@dataclass
class ObjectTestee:
    """A testee that is a Python object. It runs on a thread of its own: if it hangs, nothing else does."""

    target: Any

    def ask(self, request: dict[str, JSON], seconds: float) -> dict[str, JSON]:
        """Call the verb that the request names."""
        verb = getattr(self.target, str(request["do"]), None)
        if verb is None:
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


def find_testee(testee: Sequence[str] | Adapter) -> Testee:
    """Return the testee of some settings: an object, ``("package.module:Class",)``, or a program and its arguments.

    Raises ``NoTestee``.
    """
    if not isinstance(testee, Sequence):
        return ObjectTestee(testee)
    module, colon, name = testee[0].partition(":")
    if len(testee) > 1 or not colon or not all(part.isidentifier() for part in module.split(".")):
        return ProgramTestee(testee)
    sys.path.insert(0, "")  # as for `python -m`: a class of the project in the working directory
    try:
        target = getattr(import_module(module), name)
        return ObjectTestee(target() if isinstance(target, type) else target)
    except Exception as error:  # whatever the module of a third party raises
        raise NoTestee(f"the testee {testee[0]!r} cannot be loaded: {type(error).__name__}: {error}") from error


def say_hello(testee: Testee, seconds: float = _HELLO_SECONDS) -> Hello:
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


def _write(stream: Any, line: bytes, lines: queue.Queue[bytes | None]) -> None:
    try:
        stream.write(line)
        stream.flush()
    except (OSError, ValueError):  # the program has ended, or its stdin was closed meanwhile
        lines.put(None)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _read(stream: Any, lines: queue.Queue[bytes | None]) -> None:
    with stream:
        for line in iter(lambda: stream.readline(_LONGEST_LINE_BYTES), b""):
            lines.put(line)
    lines.put(None)


def _keep(stream: Any, lines: list[str]) -> None:
    with stream:
        for line in iter(lambda: stream.readline(_LONGEST_LINE_BYTES), b""):
            lines.append(line.decode(errors="replace"))
            del lines[:-_STDERR_LINES]
