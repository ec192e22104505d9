"""How tasks, exchanges and documents are written as bytes for a disk or a server, and read again.

A record is one line of JSON, and after it the bytes of bodies as they are. An exchange is written without its secrets
(see ``seal``). Read again it says what it said before, but for the values of rules across fields and their examples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple, fields
from json import loads
from typing import Any

import jiter

from mockserver.contract.differences import Difference
from mockserver.contract.rules import Rule
from mockserver.contract.validation import Violation
from mockserver.fake.encoding import writer
from mockserver.fake.journal import Entry
from mockserver.fake.lifecycle import Source, Task
from mockserver.fake.stores.seal import sealed, sealed_document
from mockserver.types import JSON, Reason, Request, Response, Wire

_END = b"\n"
"""Between the line of JSON, in which every line end is escaped, and the bytes after it."""

_HEAD = tuple(field.name for field in fields(Task) if field.name != "document")
"""What is on the line of a task, in order. A new field is the last one: tasks of earlier releases are read, too."""

_as_text = writer()


def written(value: JSON) -> bytes:
    """Write a JSON value on one line; half a surrogate pair, which UTF-8 does not know, is written, too."""
    text = _as_text(value)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def read(data: bytes) -> JSON:
    """Read what was ``written``."""
    try:
        return jiter.from_json(data, cache_mode="none")
    except ValueError:
        return loads(data.decode("utf-8", "surrogatepass"))


def written_task(task: Task) -> bytes:
    """Write a task; the secrets in the payload that it keeps are masked.

    Its callback URL is whole: without the secrets in it no callback would arrive.
    """
    head = [getattr(task, name) for name in _HEAD[:-1]]
    head.append(task.cause and astuple(task.cause))
    return b"%b\n%b" % (written(head), sealed_document(task.document))


def read_task(data: bytes) -> Task:
    """Read a task that was ``written_task``."""
    head, _, document = data.partition(_END)
    values = dict(zip(_HEAD, read(head), strict=False))  # one of an earlier release is shorter
    source, cause = values.pop("source", None), values.pop("cause", None)
    steps = tuple([(start, status) for start, status in values.pop("timeline")])
    return Task(
        **values, timeline=steps, document=document, source=source and Source(*source), cause=cause and Reason(*cause)
    )


def written_entry(entry: Entry) -> bytes:
    """Write an exchange without its secrets and without its number, which a store knows only in the end."""
    entry = sealed(entry)
    request, response, wire, why = entry.request, entry.response, entry.response.wire, entry.response.reason
    rules: dict[int, int] = {}
    violations = [
        (
            rules.setdefault(id(violation.rule), len(rules)),
            violation.level,
            violation.path,
            violation.fact,
            violation.value,
        )
        for violation in entry.violations
    ]
    broken = {id(violation.rule): violation.rule for violation in entry.violations}
    head = (
        entry.at,
        entry.service,
        entry.operation,
        entry.account,
        (request.method, request.path, request.query, dict(request.headers), request.scheme),
        (
            response.status,
            dict(response.headers),
            wire and astuple(wire),
            response.task,
            why and astuple(why),
            response.took and round(response.took, 3),
        ),
        [_written_rule(rule) for rule in broken.values()],
        violations,
        entry.sizes,
        [astuple(difference) for difference in entry.differences],
        len(request.body),
    )
    return b"%b\n%b%b" % (written(head), request.body, response.body)


def read_entry(number: int, data: bytes) -> Entry:
    """Read an exchange that was ``written_entry``."""
    head, _, bodies = data.partition(_END)
    at, service, operation, account, asked, answered, rules, violations, sizes, differences, length = read(head)
    method, path, query, headers, scheme = asked
    status, answer_headers, wire, *more = answered
    task, why, took = more or (None, None, None)  # one of an earlier release has none of them
    return Entry(
        number,
        at,
        service,
        operation,
        account,
        Request(method, path, query, headers, bodies[:length], scheme),
        Response(status, bodies[length:], answer_headers, wire and Wire(*wire), task, why and Reason(*why), took),
        tuple(_violations(rules, violations)) if violations else (),
        tuple(sizes),
        tuple([Difference(*difference) for difference in differences]),
    )


def _written_rule(rule: Rule) -> tuple[JSON, ...]:
    """Write what is told of a broken rule. The value of one across fields is a schema as long as a request."""
    value = None if rule.is_anchored else rule.value
    return (
        rule.id,
        rule.operation,
        rule.path,
        rule.field,
        rule.keyword,
        value,
        rule.level,
        rule.confidence,
        rule.source,
        rule.description,
        rule.message,
    )


def _violations(rules: Iterable[list[JSON]], violations: Iterable[list[JSON]]) -> Iterator[Violation]:
    known = [_rule(*rule) for rule in rules]
    for rule, level, path, fact, value in violations:
        yield Violation(known[rule], level, tuple(path), fact, value)


def _rule(id: str, operation: str, path: list[str | int], *rest: Any) -> Rule:
    no_examples: list[Any] = [(), ()]
    return Rule(id, operation, tuple(path), *rest, *no_examples)
