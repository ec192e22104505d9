"""Lines: what the console says of one request, for a person or for a program."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal

import click

from mockserver.secrecy.mask import Mask
from mockserver.types import Request, Response, value

Form = Literal["text", "json"]


@value
class Answered:
    """One request that was answered at a moment, in Unix seconds."""

    at: float
    request: Request
    response: Response


def text(answered: Answered) -> str:
    """Write a request for a person: time, method, path, status, task, and why the answer is not the usual one."""
    request, response = answered.request, answered.response
    time = datetime.fromtimestamp(answered.at).astimezone().strftime("%H:%M:%S")
    words = [time, f"{request.method:<6}", _path(request), _coloured(response.status), response.task or "-"]
    if (reason := response.reason) is not None:
        words.append(f"{reason.kind}: {_printable(Mask.of(request, response).text(reason.sentence))}")
    elif "mockserver-rule" in response.headers:
        words.append(f"warning: {response.headers['mockserver-rule']}")
    return " ".join(words)


def as_json(answered: Answered) -> str:
    """Write a request for a program: one object on a line."""
    request, response = answered.request, answered.response
    reason = None if response.reason is None else Mask.of(request, response).json(asdict(response.reason))
    return json.dumps(
        {
            "time": datetime.fromtimestamp(answered.at, UTC).isoformat(timespec="milliseconds"),
            "method": request.method,
            "path": _path(request),
            "status": response.status,
            "task": response.task,
            "reason": reason,
            "rules": response.headers.get("mockserver-rule", "").split(", ") if response.headers else [],
        }
    )


FORMS: Mapping[Form, Callable[[Answered], str]] = MappingProxyType({"text": text, "json": as_json})


def _path(request: Request) -> str:
    return _printable(Mask.of(request).text(request.path))


def _printable(text: str) -> str:
    """Escape what a terminal would obey: a client chooses the bytes of a path, and of much that is told of it."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def _coloured(status: int) -> str:
    colour = "green" if status < 400 else "yellow" if status < 500 else "red"
    return click.style(str(status), fg=colour)
