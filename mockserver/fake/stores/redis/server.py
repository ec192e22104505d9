"""The connection to a Redis server: one, which is made again when it is lost, and the scripts that run there."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

from redis import exceptions
from redis.connection import AbstractConnection

from mockserver.errors import StoreUnavailable

PREFIX = "{mockserver}:1:"
"""All keys begin so: in one slot of a cluster, and with the version of what the scripts understand."""

META = f"{PREFIX}meta"

CONNECT_SECONDS, ANSWER_SECONDS = 1.0, 2.0
"""A server that takes longer is as good as down: our clients wait for us meanwhile."""

_BYTES_PER_SECOND = 4 << 20
"""A large commit gets more time, by its size: 50 000 tasks of a snapshot take about a second."""

_PAUSE_SECONDS = 0.2
"""While nothing listens, we ask at most so often, or each request would wait for the connection in vain."""

_ATTEMPTS = 2
"""A connection that was closed while it was idle shows it only when it is used."""


Commands = Callable[[], list[tuple[Any, ...]]]
"""Returns what is to be sent, once there is a connection for it."""


class Server:
    """Runs scripts on a server. Each may be sent twice, when no answer has come, and has to allow for that."""

    def __init__(self, connect: Callable[[], AbstractConnection], address: str) -> None:
        self.round_trips = self.connected = 0
        self._connect, self._address = connect, address
        self._connection: AbstractConnection | None = None
        self._lock = threading.RLock()
        self._down_until = 0.0
        self._why = ""

    def run(self, script: str, *args: Any) -> Any:
        """Run a script of ours. Raises ``StoreUnavailable``."""
        return self._run(script, lambda: args)

    def run_in_order(self, script: str, *args: Any) -> Any:
        """Run a script whose first argument is the number of the connection, so that it can tell what comes late.

        Raises ``StoreUnavailable``.
        """
        return self._run(script, lambda: (self.connected, *args))

    def ask(self, *commands: tuple[Any, ...]) -> list[Any]:
        """Run commands as one transaction, and return their answers. Raises ``StoreUnavailable``."""
        with self._lock:
            answers = self._ask(lambda: [("MULTI",), *commands, ("EXEC",)])[-1]
            return list(answers)

    def close(self) -> None:
        """End the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.disconnect()
                self._connection = None

    def _run(self, script: str, args: Callable[[], tuple[Any, ...]]) -> Any:
        digest, source = _script(script)
        with self._lock:
            try:
                return self._ask(lambda: [("EVALSHA", digest, 1, META, *args())])[0]
            except exceptions.NoScriptError:
                return self._ask(lambda: [("EVAL", source, 1, META, *args())])[0]

    def _ask(self, commands: Commands) -> list[Any]:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._exchange(commands)
            except exceptions.NoScriptError:
                raise
            except (exceptions.ConnectionError, exceptions.TimeoutError) as error:
                self.close()
                if attempt == _ATTEMPTS or isinstance(error, exceptions.BusyLoadingError):
                    raise StoreUnavailable(f"{self._address}: {reason(error)}") from error
            except exceptions.ReadOnlyError as error:
                self.close()  # another server may be the master by now, behind the same name
                raise StoreUnavailable(f"{self._address}: {reason(error)}") from error
            except exceptions.RedisError as error:
                raise StoreUnavailable(f"{self._address}: {reason(error)}") from error
        raise AssertionError("unreachable")  # pragma: no cover

    def _exchange(self, commands: Commands) -> list[Any]:
        connection, sent = self._connected(), commands()
        packed = connection.pack_commands(sent) if len(sent) > 1 else connection.pack_command(*sent[0])
        seconds = ANSWER_SECONDS + sum(map(len, packed)) / _BYTES_PER_SECOND
        connection.send_packed_command(packed)
        self.round_trips += 1
        answers: list[Any] = []
        for _ in sent:
            try:
                answers.append(connection.read_response(timeout=seconds))
            except exceptions.ResponseError as error:
                answers.append(error)  # the next answers still have to be read
        for answer in answers:
            if isinstance(answer, exceptions.ResponseError):
                raise answer
        return answers

    def _connected(self) -> AbstractConnection:
        if self._connection is not None:
            return self._connection
        if time.monotonic() < self._down_until:
            raise StoreUnavailable(self._why)
        try:
            self._connection = self._connect()
        except exceptions.RedisError as error:
            self._why = f"{self._address}: {reason(error)}"
            self._down_until = time.monotonic() + _PAUSE_SECONDS
            raise StoreUnavailable(self._why) from error
        self.connected += 1
        return self._connection


# What is read when a commit is refused is answered by it, and saves the next round trip.
_PARTS = {"read": ("keys", "answers", "read"), "commit": ("keys", "answers", "commit")}


def sources() -> list[str]:
    """Return the scripts, as a server has to know them."""
    return [_script(name)[1] for name in ("read", "commit", "take", "beat", "sweep", "pass")]


def reason(error: Exception) -> str:
    """Say in a sentence why a server does not answer as it should."""
    text = str(error)
    if isinstance(error, exceptions.OutOfMemoryError):
        return "Redis has no memory left. Raise its maxmemory, or lower --max-tasks."
    if isinstance(error, exceptions.ReadOnlyError):
        return "this Redis is a replica, which cannot be written to. Name its master."
    if isinstance(error, exceptions.BusyLoadingError):
        return "Redis is still loading its data."
    if isinstance(error, exceptions.AuthenticationError | exceptions.AuthorizationError):
        return "Redis does not accept this user and password."
    if isinstance(error, exceptions.TimeoutError):
        return "Redis does not answer in time."
    if isinstance(error, exceptions.ConnectionError):
        return "Redis cannot be reached."
    if text.startswith("BUSY"):
        return "Redis is busy with a script of somebody else."
    return f"Redis refuses: {text.splitlines()[0][:200] if text else type(error).__name__}"


@cache
def _script(name: str) -> tuple[str, str]:
    """Return the digest by which the server knows a script, and its source."""
    folder = resources.files(__package__)
    source = "\n".join(
        (folder / f"{part}.lua").read_text(encoding="utf-8") for part in _PARTS.get(name, ("keys", name))
    )
    return hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest(), source
