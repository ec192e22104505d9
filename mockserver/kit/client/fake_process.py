"""The stage on which a client is watched: a fake in a process of its own, steered over its control API.

The judge sees what anybody sees from outside, and shares no code with what it is played on.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any, Self

import httpx

from mockserver.errors import MockserverError
from mockserver.kit.transcript import Exchange, Transcript
from mockserver.types import JSON, Millis, Request, Response

_READY = "mockserver ready on "
_PAGE = 1000
_DRIFT: Millis = 1000


class NoStage(MockserverError):
    """The fake could not be started, or has ended."""


class Stage:
    """A running fake. ``with Stage(["--pace", "instant"]) as stage:``."""

    def __init__(self, options: Sequence[str] = ()) -> None:
        """``options`` are those of ``mockserver serve``."""
        self._command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", *options]
        self._process: subprocess.Popen[str] | None = None
        self.url = ""
        self._overlooked: list[str] = []

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line.startswith(_READY):
            _, said = self._process.communicate()
            raise NoStage(f"the fake did not start: {said.strip() or line.strip()}")
        self.url = line.removeprefix(_READY).strip()
        self._http = httpx.Client(base_url=f"{self.url}/_mock", timeout=30)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._http.close()
            self._process.terminate()
            self._process.communicate()

    def fault(self, line: str, account: str) -> None:
        """Ask for a fault that strikes one account."""
        self._steer("POST", "/faults", {"fault": line, "account": account})

    def change(self, **settings: JSON) -> None:
        """Change settings: ``pace``, ``readings``, ``keys``."""
        self._steer("PATCH", "/settings", settings)

    def reset(self) -> None:
        """Forget everything but the settings."""
        self._steer("POST", "/reset", {})

    def transcript(self) -> Transcript:
        """Return what anybody and the fake said to each other since the last reset."""
        overlooked = {item["number"] for account in self._overlooked for item in self._exchanges(account=account)}
        return transcript([item for item in self._exchanges() if item["number"] not in overlooked])

    def overlook(self, account: str) -> None:
        """Leave an account's client out of transcripts from now on: nobody can stop it."""
        self._overlooked.append(account)

    def advance(self, span: str) -> None:
        """Let time pass; what comes due has happened when this returns."""
        self._steer("POST", "/clock/advance", {"advance": span})

    def set_clock(self, now: Millis) -> None:
        """Set the fake's time."""
        self._steer("POST", "/clock/set", {"now": now})

    def tasks(self, account: str) -> list[dict[str, JSON]]:
        """Return an account's tasks, the newest first."""
        items: list[dict[str, JSON]] = self._steer("GET", "/tasks", account=account, limit=str(_PAGE))["items"]
        return items

    def count(self, account: str) -> int:
        """Count an account's tasks."""
        return len(self.tasks(account))

    def _exchanges(self, **wanted: str) -> list[dict[str, JSON]]:
        items: list[dict[str, JSON]] = []
        offset: int | None = 0
        while offset is not None:
            page = self._steer("GET", "/requests", **wanted, whole="1", limit=str(_PAGE), offset=str(offset))
            items += page["items"]
            offset = page["next"]
        return items

    @property
    def is_steered(self) -> bool:
        """Whether somebody has stopped the fake's clock, or set it: its times say nothing of a client then."""
        clock = self._steer("GET", "/clock")
        return bool(clock["is_frozen"]) or abs(clock["now"] - time.time() * 1000) > _DRIFT

    def _steer(self, method: str, path: str, body: JSON = None, **params: str) -> Any:
        try:
            answer = self._http.request(method, path, json=body, params=params)
        except httpx.HTTPError as error:
            raise NoStage(f"the fake does not answer any more: {error}") from error
        if answer.status_code != 200:
            raise NoStage(f"the fake refused {method} {path}: {answer.text[:200]}")
        return answer.json()


def transcript(items: Sequence[dict[str, JSON]]) -> Transcript:
    """Read what the control API shows of exchanges, in any order."""
    return Transcript(tuple(_exchange(item) for item in sorted(items, key=lambda item: item["number"])))


def _exchange(item: dict[str, JSON]) -> Exchange:
    sent, got = item["request"], item["response"]
    credentials = item["credentials"]
    wire = got["wire"] or {}
    lost = wire.get("hangs") or wire.get("resets", "no") != "no"
    return Exchange(
        number=item["number"],
        at=item["at"],
        took=0,
        operation=item["operation"],
        request=Request(sent["method"], sent["path"], sent["query"], sent["headers"], sent["body"].encode()),
        response=None if lost else Response(got["status"], got["body"].encode(), got["headers"]),
        scheme=credentials["scheme"],
        claims=credentials["claims"],
        account=item["account"],
        violations=tuple(item["violations"]),
        is_whole=all(len(body["body"].encode()) >= body["size"] for body in (sent, got)),
        fault=("hangs" if wire.get("hangs") else "reset") if lost else None,
    )
