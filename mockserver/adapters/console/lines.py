"""Lines: what is printed of one request, for a person or for a program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
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
        mask = Mask.of(request, response)
        reason = None if response.reason is None else mask.json(asdict(response.reason))
        rules = filter(None, response.headers.get("mockserver-rule", "").split(", "))
        return cls(at, request.method, mask.text(request.path), response.status, response.task, reason, tuple(rules))

    @classmethod
    def shown(cls, item: Mapping[str, Any]) -> Self:
        """Return the line of an exchange that the control API shows in a list."""
        rules = tuple(each["rule"] for each in item["rules"])
        at, task, reason = item["at"] / 1000, item["task"], item["reason"]
        return cls(at, item["method"], item["path"], item["status"], task, reason, rules)

    def text(self) -> str:
        """Write it for a person: time, method, path, status, task, and why the answer is not the usual one."""
        time = datetime.fromtimestamp(self.at).astimezone().strftime("%H:%M:%S")
        words = [time, f"{self.method:<6}", _printable(self.path), _coloured(self.status), self.task or "-"]
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


def _printable(text: str) -> str:
    """Escape what a terminal would obey: a client chooses the bytes of a path, and of much that is told of it."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def _coloured(status: int) -> str:
    colour = "green" if status < 400 else "yellow" if status < 500 else "red"
    return click.style(str(status), fg=colour)
