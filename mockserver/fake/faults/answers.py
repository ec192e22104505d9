"""Faults of a request or its answer, one function each; its docstring is its line in the reference."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from mockserver.contract.layout import Layout
from mockserver.fake.faults.fault import BadFault
from mockserver.fake.faults.registry import AnswerEffect, Arguments, FaultKinds, Form, duration, no_arguments
from mockserver.types import JSON, Response, Wire

KINDS = FaultKinds()

_STATUS = re.compile(r"[2-5][0-9][0-9]", re.ASCII)
_CODE = re.compile(r"[0-9]{1,18}", re.ASCII)

_BUSY = "The service is busy"


@KINDS.add("reset-before", "request")
def reset_before(words: Arguments) -> Response:
    """The connection is reset before the service does anything."""
    no_arguments(words)
    return Response(503, wire=Wire(resets="before"))


@KINDS.add("bare", "request", "STATUS")
def bare(words: Arguments) -> Response:
    """The answer has this HTTP status and no body, and the service does nothing: `bare 429`."""
    if len(words) != 1 or not _STATUS.fullmatch(words[0]):
        raise BadFault("write an HTTP status from 200 to 599, such as `bare 429`.")
    return Response(int(words[0]))


@KINDS.add("slow-headers", "answer", "DURATION")
def slow_headers(words: Arguments) -> AnswerEffect:
    """The answer begins this much later."""
    span = duration(words)
    return _on_the_way(headers_after=span)


@KINDS.add("slow-body", "answer", "DURATION")
def slow_body(words: Arguments) -> AnswerEffect:
    """The body arrives in small pieces that take this long in all."""
    span = duration(words)
    return _on_the_way(body_over=span)


@KINDS.add("hang", "answer")
def hang(words: Arguments) -> AnswerEffect:
    """The service does what was asked, and never answers."""
    no_arguments(words)
    return _on_the_way(hangs=True)


@KINDS.add("hold", "answer")
def hold(words: Arguments) -> AnswerEffect:
    """The service does what was asked, and its answer waits until somebody releases it."""
    no_arguments(words)
    return _on_the_way(held=0)


@KINDS.add("reset-during", "answer")
def reset_during(words: Arguments) -> AnswerEffect:
    """The connection is reset in the middle of the body."""
    no_arguments(words)
    return _on_the_way(resets="during")


@KINDS.add("reset-after", "answer")
def reset_after(words: Arguments) -> AnswerEffect:
    """The service does what was asked, and the connection is reset instead of an answer: the client does not know
    that it has a task.
    """
    no_arguments(words)
    return _on_the_way(resets="before")


@KINDS.add("truncated", "answer")
def truncated(words: Arguments) -> AnswerEffect:
    """The body is JSON that ends in the middle; its content-length is right."""
    no_arguments(words)
    return lambda response, _: replace(response, body=response.body[: len(response.body) // 2])


@KINDS.add("empty", "answer")
def empty(words: Arguments) -> AnswerEffect:
    """The body is empty."""
    no_arguments(words)
    return lambda response, _: replace(response, body=b"")


@KINDS.add("not-json", "answer")
def not_json(words: Arguments) -> AnswerEffect:
    """The body is not JSON, although its content-type says so."""
    no_arguments(words)
    return lambda response, _: replace(response, body=b"upstream connect error or disconnect/reset before headers")


@KINDS.add("html", "answer", "[STATUS]")
def html(words: Arguments) -> AnswerEffect:
    """The answer is the HTML page of a proxy, with status 502 or the one given."""
    status = bare(words or ("502",)).status
    page = f"<html><head><title>{status}</title></head><body><center><h1>{status}</h1></center></body></html>\r\n"
    return lambda _, __: Response(status, page.encode(), {"content-type": "text/html"})


@KINDS.add("wrong-type", "answer")
def wrong_type(words: Arguments) -> AnswerEffect:
    """The body is right, and its content-type is text/plain."""
    no_arguments(words)
    return lambda response, _: replace(response, headers={**response.headers, "content-type": "text/plain"})


@KINDS.add("ok-code", "answer", "[CODE]")
def ok_code(words: Arguments) -> AnswerEffect:
    """The status is 200, and the body is an error whose code is 5000, or the one given."""
    if len(words) > 1 or not all(_CODE.fullmatch(word) and int(word) for word in words):
        raise BadFault("write one code, such as 1303, or nothing.")
    code = int(words[0]) if words else 5000

    def busy(body: JSON, _: Form) -> JSON:
        if not isinstance(body, dict) or "code" not in body:  # useapi has no envelope
            return {"error": _BUSY, "code": code}
        kept = {name: value for name, value in body.items() if name != "data"}
        return {**kept, "code": code, "message": _BUSY}

    change = _changing(busy)
    return lambda response, form: replace(change(response, form), status=200)


@KINDS.add("odd-status", "answer", "[WORD]")
def odd_status(words: Arguments) -> AnswerEffect:
    """The task's status is a word that no document knows: `queued`, or the one given."""
    if len(words) > 1:
        raise BadFault("write one word, or nothing.")
    word = words[0] if words else "queued"

    def changed(body: JSON, form: Form) -> JSON:
        *way, name = form.layout.status
        for task in _tasks(body, form.layout):
            holder = _at(task, way)
            if isinstance(holder, dict) and name in holder:
                holder[name] = word
        return body

    return _changing(changed)


@KINDS.add("extra-fields", "answer")
def extra_fields(words: Arguments) -> AnswerEffect:
    """Each object has an additional field that no document knows."""
    no_arguments(words)
    return _changing(lambda body, _: _extended(body))


@KINDS.add("absent-fields", "answer")
def absent_fields(words: Arguments) -> AnswerEffect:
    """Every optional field is absent."""
    no_arguments(words)
    return _changing(_stripped)


@KINDS.add("null-fields", "answer")
def null_fields(words: Arguments) -> AnswerEffect:
    """Every optional field is null."""
    no_arguments(words)

    return _changing(lambda body, form: _nulled(body, _stripped(deepcopy(body), form)))


def _on_the_way(**what: Any) -> AnswerEffect:
    """Return the effect that something happens to an answer on its way, whatever else does."""
    return lambda response, _: replace(response, wire=replace(response.wire or Wire(), **what))


def _changing(change: Callable[[JSON, Form], JSON]) -> AnswerEffect:
    """Return the effect that changes a body. One that is no JSON has no fields, and is left as it is.

    Some answers are texts or empty; others were cut by another fault.
    """

    def changed(response: Response, form: Form) -> Response:
        try:
            body = json.loads(response.body)
        except ValueError:
            return response
        text = json.dumps(change(body, form), ensure_ascii=False, separators=(",", ":"))
        return replace(response, body=text.encode(errors="replace"))

    return changed


def _extended(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {**{name: _extended(item) for name, item in value.items()}, "x_mock": {"new": [1, "two"]}}
    return [_extended(item) for item in value] if isinstance(value, list) else value


def _stripped(body: JSON, form: Form) -> JSON:
    """Remove each field without which the body still fits the contract."""
    for holder in list(_objects(body)):
        for name in list(holder):
            value = holder.pop(name)
            if not form.is_valid(body):
                holder[name] = value
    return body


def _tasks(body: JSON, layout: Layout) -> Iterator[JSON]:
    """Yield what may be a task in an answer, once each: the body itself, or what stands where tasks do."""
    seen: set[int] = set()
    for place in ((), *layout.task, layout.tasks):
        found = _at(body, place)
        for task in found if isinstance(found, list) else [found]:
            if id(task) not in seen:
                seen.add(id(task))
                yield task


def _at(value: JSON, path: Sequence[str | int]) -> JSON:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _objects(value: JSON) -> Iterator[dict[str, JSON]]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(item)


def _nulled(body: JSON, kept: JSON) -> JSON:
    if isinstance(body, dict) and isinstance(kept, dict):
        return {name: _nulled(item, kept[name]) if name in kept else None for name, item in body.items()}
    if isinstance(body, list) and isinstance(kept, list):
        return [_nulled(item, other) for item, other in zip(body, kept, strict=True)]
    return kept
