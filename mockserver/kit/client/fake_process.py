"""The fake that a client talks to: a process of its own, which the kit controls over its control API.

The kit sees what anybody sees from outside, and shares no code with the fake.
"""

from __future__ import annotations

import queue
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any, Self

import httpx

from mockserver.errors import MockserverError, noticed
from mockserver.kit.client.child import Child, Lines, Tail
from mockserver.kit.transcript import Exchange, Transcript
from mockserver.resources import schemas_words
from mockserver.types import JSON, Millis, Request, Response

_READY = "mockserver ready on "

_REFUSED = "mockserver: --intercept: refused: "
"""How the fake begins a line about a host that it lets nothing out to."""

_PAGE = 1000
"""Items in one page of the control API: its largest."""

_START_SECONDS = 120.0
"""How long a fake may take to start: half a second, or on an overloaded machine a hundred times as long."""

_LONGEST_LINE_BYTES = 1 << 16
"""The line that says where it listens is shorter."""

_CONTROL_SECONDS = 120.0
"""How long one request to the control API may take: it answers in milliseconds, unless the machine is overloaded."""

_CALLBACKS = "callback"
"""The stage of the faults that happen to callbacks: perhaps after a client has heard enough."""

_SHOWN_LINES = 5
"""The lines of its stderr that an error shows: the end of a traceback."""


class FakeUnavailable(MockserverError):
    """The fake could not be started, has ended, or refuses what it is asked."""


class FakeProcess:
    """A running fake: ``with FakeProcess(["--pace", "instant"]) as fake:``. Raises ``FakeUnavailable``."""

    def __init__(self, options: Sequence[str] = (), *, is_shared: bool = False) -> None:
        """``options`` are those of ``mockserver serve``: all, because nothing that is configured counts for it.

        ``is_shared``: others may reset it, and the transcript still has what they have cleared.
        """
        self._is_shared = is_shared
        words = ["mockserver", "--isolated", "serve", "--port", "0", "--log", "off", *schemas_words(), *options]
        self._command = [sys.executable, "-m", *words]
        self._keys: list[str] = []
        self.url = ""

    def __enter__(self) -> Self:
        try:
            self._process = Child(self._command)
        except OSError as error:
            raise FakeUnavailable(f"the fake did not start: {error.strerror}") from error
        try:
            _, stdout, stderr = self._process.pipes
            self._stdout, self._stderr = Lines(stdout, _LONGEST_LINE_BYTES), Tail(stderr, _pass_on)
            self.url = self._wait_for_url()
            # What is on this machine is asked without a proxy, whatever the environment says.
            self._http = httpx.Client(base_url=f"{self.url}/_mock", timeout=_CONTROL_SECONDS, trust_env=False)
            if self._is_shared:
                self._control("POST", "/requests/keep-cleared")
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._http.close()
        finally:
            self._close()

    def _close(self) -> None:
        self._process.close()
        self._stdout.close()

    def _wait_for_url(self) -> str:
        """Wait for the line that says where it listens."""
        try:
            line = (self._stdout.next(_START_SECONDS) or b"").decode(errors="replace")
        except queue.Empty:
            raise FakeUnavailable(f"the fake did not start within {_START_SECONDS:g} s") from None
        if not line.startswith(_READY):
            said = "\n".join(self._stderr.lines()).strip()
            raise FakeUnavailable(f"the fake did not start: {said or line.strip()}")
        return line.removeprefix(_READY).strip()

    def add_fault(self, line: str, account: str) -> None:
        """Add a fault that strikes only one account."""
        self._control("POST", "/faults", {"fault": line, "account": account})

    def unstruck(self) -> tuple[str, ...]:
        """Return the faults that have not happened yet, but for those of callbacks, in lines of --fault."""
        faults = self._control("GET", "/faults")["faults"]
        return tuple(each["fault"] for each in faults if not each["happened"] and each["stage"] != _CALLBACKS)

    def change(self, **settings: JSON) -> None:
        """Change settings: ``pace``, ``readings``, ``keys``."""
        self._control("PATCH", "/settings", settings)

    def require(self, key: str) -> None:
        """Let in only who has a key, ``TOKEN`` or ``AK:SK``, and check signatures by it.

        The keys of earlier calls count, too: a client may keep a token that it has signed.
        """
        self._keys = [*dict.fromkeys([*self._keys, key])]
        self.change(keys=self._keys)

    def let_anybody_in(self) -> None:
        """Let each key in again."""
        self.change(keys=[])

    def reset(self) -> None:
        """Forget everything but the settings."""
        self._control("POST", "/reset", {})

    def transcript(self) -> Transcript:
        """Return all exchanges; if it is not shared, those since the last reset."""
        return transcript(self._exchanges())

    def archive(self) -> bytes:
        """Return all exchanges as HAR."""
        return self._asked("GET", "/requests.har", **self._cleared).content

    def advance(self, span: str) -> None:
        """Advance the fake's clock by ``5m``; what is due by then has happened when this returns."""
        self._control("POST", "/clock/advance", {"advance": span})

    def set_clock(self, now: Millis) -> None:
        """Set the fake's clock, in Unix milliseconds."""
        self._control("POST", "/clock/set", {"now": now})

    def tasks(self, account: str) -> list[dict[str, JSON]]:
        """Return the tasks of an account, the newest first."""
        items: list[dict[str, JSON]] = self._control("GET", "/tasks", account=account, limit=str(_PAGE))["items"]
        return items

    @property
    def has_moved_clock(self) -> bool:
        """Whether somebody has ever stopped or set the fake's clock: its times then say nothing about a client."""
        return bool(self._control("GET", "/state")["clock"]["version"])

    @property
    def forgotten(self) -> int:
        """How many exchanges no transcript shows any more, because there was no more room."""
        return int(self._control("GET", "/state")["requests"]["forgotten"])

    def _exchanges(self) -> list[dict[str, JSON]]:
        items: list[dict[str, JSON]] = []
        offset: int | None = 0
        while offset is not None:
            page = self._control("GET", "/requests", **self._cleared, whole="1", limit=str(_PAGE), offset=str(offset))
            items += page["items"]
            offset = page["next"]
        return items

    @property
    def _cleared(self) -> dict[str, str]:
        return {"cleared": "1"} if self._is_shared else {}

    def _control(self, method: str, path: str, body: JSON = None, **params: str) -> Any:
        return self._asked(method, path, body, **params).json()

    def _asked(self, method: str, path: str, body: JSON = None, **params: str) -> httpx.Response:
        try:
            answer = self._http.request(method, path, json=body, params=params)
        except httpx.HTTPError as error:
            said = " | ".join(self._stderr.lines()[-_SHOWN_LINES:])
            text = f"the fake does not answer any more: {error}"
            raise FakeUnavailable(f"{text}. Its stderr ends with: {said}" if said else text) from error
        if answer.status_code != 200:
            raise FakeUnavailable(f"the fake refused {method} {path}: {answer.text[:200]}")
        return answer


def _pass_on(line: str) -> None:
    """Tell which hosts a client asks for in vain; the rest of what a fake says is for our errors."""
    if line.startswith(_REFUSED):
        _notice(line.removeprefix("mockserver: "))


# Of several fakes that refuse the same host, the first one's line is enough.
_notice = cache(noticed)


def transcript(items: Sequence[dict[str, JSON]]) -> Transcript:
    """Read exchanges as the control API shows them, in any order."""
    return Transcript(tuple(_exchange(item) for item in sorted(items, key=lambda item: item["number"])))


def _exchange(item: dict[str, JSON]) -> Exchange:
    request, response = item["request"], item["response"]
    credentials = item["credentials"]
    wire = response["wire"] or {}
    is_lost = wire.get("hangs") or wire.get("resets", "no") != "no"
    answer = Response(response["status"], response["body"].encode(), response["headers"])
    return Exchange(
        number=item["number"],
        at=item["at"],
        took=0,
        operation=item["operation"],
        request=Request(
            request["method"], request["path"], request["query"], request["headers"], request["body"].encode()
        ),
        response=None if is_lost else answer,
        scheme=credentials["scheme"],
        claims=credentials["claims"],
        account=item["account"],
        violations=tuple(item["violations"]),
        is_whole=all(len(body["body"].encode()) >= body["size"] for body in (request, response)),
        fault=("hangs" if wire.get("hangs") else "reset") if is_lost else None,
        lost=answer if is_lost else None,
        digest=item["digest"],
        refusal_meant_by=item["refusal_meant_by"],
    )
