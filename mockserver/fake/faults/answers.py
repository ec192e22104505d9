"""What can happen to a request or its answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from mockserver.fake.faults.fault import BadFault
from mockserver.fake.faults.registry import AnswerEffect, Arguments, Listing, duration, no_arguments
from mockserver.types import JSON, Response, Wire

MISHAPS = mishap = Listing()


@mishap("reset-before", "request")
def reset_before(words: Arguments) -> Response:
    """The connection is reset, and the service has done nothing."""
    no_arguments(words)
    return Response(503, wire=Wire(resets="before"))


@mishap("bare", "request", "STATUS")
def bare(words: Arguments) -> Response:
    """An answer of this HTTP status without a body, and the service has done nothing: `bare 429`."""
    if len(words) != 1 or not (words[0].isascii() and words[0].isdigit() and 200 <= int(words[0]) <= 599):
        raise BadFault("bare: write an HTTP status from 200 to 599")
    return Response(int(words[0]))


@mishap("slow-headers", "answer", "DURATION")
def slow_headers(words: Arguments) -> AnswerEffect:
    """The answer begins late."""
    span = duration(words)
    return lambda response, _: replace(response, wire=Wire(headers_after=span))


@mishap("slow-body", "answer", "DURATION")
def slow_body(words: Arguments) -> AnswerEffect:
    """The body comes in drops that take so long in all."""
    span = duration(words)
    return lambda response, _: replace(response, wire=Wire(body_over=span))


@mishap("hang", "answer")
def hang(words: Arguments) -> AnswerEffect:
    """The service does what it is asked for, and never answers."""
    no_arguments(words)
    return lambda response, _: replace(response, wire=Wire(hangs=True))


@mishap("reset-during", "answer")
def reset_during(words: Arguments) -> AnswerEffect:
    """The connection is reset in the middle of the body."""
    no_arguments(words)
    return lambda response, _: replace(response, wire=Wire(resets="during"))


@mishap("reset-after", "answer")
def reset_after(words: Arguments) -> AnswerEffect:
    """The service does what it is asked for, and the connection is reset instead of an answer: a task that the
    client does not know.
    """
    no_arguments(words)
    return lambda response, _: replace(response, wire=Wire(resets="before"))


@mishap("truncated", "answer")
def truncated(words: Arguments) -> AnswerEffect:
    """The body is JSON that ends in the middle; its length is right."""
    no_arguments(words)
    return lambda response, _: replace(response, body=response.body[: len(response.body) // 2])


@mishap("empty", "answer")
def empty(words: Arguments) -> AnswerEffect:
    """The body is empty."""
    no_arguments(words)
    return lambda response, _: replace(response, body=b"")


@mishap("not-json", "answer")
def not_json(words: Arguments) -> AnswerEffect:
    """The body is no JSON, although its type says so."""
    no_arguments(words)
    return lambda response, _: replace(response, body=b"upstream connect error or disconnect/reset before headers")


@mishap("html", "answer", "[STATUS]")
def html(words: Arguments) -> AnswerEffect:
    """A page of a proxy in between, with status 502 or the one named."""
    status = bare(words or ("502",)).status
    page = f"<html><head><title>{status}</title></head><body><center><h1>{status}</h1></center></body></html>\r\n"
    return lambda _, __: Response(status, page.encode(), {"content-type": "text/html"})


@mishap("wrong-type", "answer")
def wrong_type(words: Arguments) -> AnswerEffect:
    """The body is right, and its type says text/plain."""
    no_arguments(words)
    return lambda response, _: replace(response, headers={**response.headers, "content-type": "text/plain"})


@mishap("ok-code", "answer", "[CODE]")
def ok_code(words: Arguments) -> AnswerEffect:
    """HTTP 200 with a code that is not 0: 5000, or the one named."""
    if len(words) > 1 or not all(word.isascii() and word.isdigit() and int(word) for word in words):
        raise BadFault("ok-code: write a code, such as 1303, or nothing")
    code = int(words[0]) if words else 5000

    def changed(response: Response, _: Callable[[JSON], bool]) -> Response:
        body = json.loads(response.body)
        kept = {name: value for name, value in body.items() if name != "data"}
        return _with_body(replace(response, status=200), {**kept, "code": code, "message": "The service is busy"})

    return changed


@mishap("odd-status", "answer", "[WORD]")
def odd_status(words: Arguments) -> AnswerEffect:
    """The task's state is a word that no document knows: `queued`, or the one named."""
    if len(words) > 1:
        raise BadFault("odd-status: write one word, or nothing")
    word = words[0] if words else "queued"

    def changed(response: Response, _: Callable[[JSON], bool]) -> Response:
        body = json.loads(response.body)
        for record in _objects(body):
            for name in ("task_status", "status_name"):
                if name in record:
                    record[name] = word
        return _with_body(response, body)

    return changed


@mishap("extra-fields", "answer")
def extra_fields(words: Arguments) -> AnswerEffect:
    """Each object has a field that no document knows."""
    no_arguments(words)
    return lambda response, _: _with_body(response, _extended(json.loads(response.body)))


@mishap("absent-fields", "answer")
def absent_fields(words: Arguments) -> AnswerEffect:
    """Every field that may be absent is."""
    no_arguments(words)
    return lambda response, is_valid: _with_body(response, _stripped(json.loads(response.body), is_valid))


@mishap("null-fields", "answer")
def null_fields(words: Arguments) -> AnswerEffect:
    """Every field that may be absent is null."""
    no_arguments(words)

    def changed(response: Response, is_valid: Callable[[JSON], bool]) -> Response:
        body = json.loads(response.body)
        kept = _stripped(json.loads(response.body), is_valid)
        return _with_body(response, _nulled(body, kept))

    return changed


def _with_body(response: Response, body: JSON) -> Response:
    return replace(response, body=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


def _extended(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {**{name: _extended(item) for name, item in value.items()}, "x_mock": {"new": [1, "two"]}}
    return [_extended(item) for item in value] if isinstance(value, list) else value


def _stripped(body: JSON, is_valid: Callable[[JSON], bool]) -> JSON:
    """Take away each field without which the body is still what the contract has."""
    for holder in list(_objects(body)):
        for name in list(holder):
            value = holder.pop(name)
            if not is_valid(body):
                holder[name] = value
    return body


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
