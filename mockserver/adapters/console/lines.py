"""Lines: what is printed of one request, for a person or for a program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Self

import click

from mockserver.secrecy.mask import Mask
from mockserver.types import JSON, Request, Response, value


@value
class Line:
    """One request that was answered at a moment, in Unix seconds; ``rules`` are those that its payload breaks."""

    at: float
    method: str
    path: str
    status: int
    task: str | None
    reason: Mapping[str, Any] | None
    rules: tuple[str, ...]

    @classmethod
    def of(cls, at: float, request: Request, response: Response) -> Self:
        """Return the line of an exchange; its secrets are masked."""
        headers, found = response.headers, response.reason
        rules = tuple(headers["mockserver-rule"].split(", ")) if "mockserver-rule" in headers else ()
        if found is None:  # mostly; to look for secrets in what was sent would take as long as to answer
            return cls(at, request.method, _masked(request.path), response.status, response.task, None, rules)
        mask = Mask.of(request, response)
        path, reason = mask.text(request.path), mask.json(asdict(found))
        return cls(at, request.method, path, response.status, response.task, reason, rules)

    @classmethod
    def shown(cls, item: Mapping[str, Any]) -> Self:
        """Return the line of an exchange that the control API shows in a list."""
        rules = tuple(each["rule"] for each in item["rules"])
        at, task, reason = item["at"] / 1000, item["task"], item["reason"]
        return cls(at, item["method"], item["path"], item["status"], task, reason, rules)

    def text(self) -> str:
        """Write it for a person: time, method, path, status, task, and why the answer is not the usual one."""
        words = [
            _time(int(self.at)),
            f"{self.method:<6}",
            _printable(self.path),
            _coloured(self.status),
            self.task or "-",
        ]
        if self.reason is not None:
            words.append(_printable(f"{self.reason['kind']}: {self.reason['sentence']}"))
        elif self.rules:
            words.append(_printable(f"warning: {', '.join(self.rules)}"))
        return " ".join(words)

    def as_json(self) -> str:
        """Write it for a program: one object on a line."""
        shown: dict[str, JSON] = {
            "time": datetime.fromtimestamp(self.at, UTC).isoformat(timespec="milliseconds"),
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "task": self.task,
            "reason": self.reason,
            "rules": self.rules,
        }
        return json.dumps(shown)


@lru_cache(maxsize=1024)
def _masked(path: str) -> str:  # most requests have one of a few paths
    return Mask().text(path)


@lru_cache(maxsize=2)
def _time(second: int) -> str:
    return datetime.fromtimestamp(second).astimezone().strftime("%H:%M:%S")


def _printable(text: str) -> str:
    """Escape what a terminal would obey: a client chooses the bytes of a path, and of much that is told of it."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


@lru_cache(maxsize=64)
def _coloured(status: int) -> str:
    colour = "green" if status < 400 else "yellow" if status < 500 else "red"
    return click.style(str(status), fg=colour)
