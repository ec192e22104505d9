"""The contract's pages as Markdown, for programs that read: each thing that has a name has a heading ``## NAME``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from mockserver.adapters.docs import places
from mockserver.adapters.docs.sources import Quoted
from mockserver.adapters.docs.told import ToldQuestion, ToldRow, ToldRule

_MOST_VECTORS = 3
"""Payloads that are shown for each side of a rule: the first of them show it best."""


def markdown(kind: str, shown: Mapping[str, Any]) -> str:
    """Return a page of a kind, with what its template would show."""
    return "\n".join(PAGES[kind](**shown)) + "\n"


def _index(services: Iterable[Any], **_: object) -> Iterator[str]:
    yield from ("# The contract", "", "What this fake serves, and by which rules, as it behaves now.", "")
    for service in services:
        yield from (f"## {service.id}", "", f"{service.title}. {len(service.operations)} operations.", "")
        for place in (places.operations(service.id), places.readings(service.id), places.errors(service.id)):
            yield f"* {_link(place)}"
        yield ""
    yield from ("## All services", "", *(f"* {_link(each)}" for each in _COMMON))


_COMMON = (places.FAULTS, places.CREDENTIALS, places.SOURCES)


def _operations(service: Any, exists: Mapping[str, bool], **_: object) -> Iterator[str]:
    yield from (f"# {service.title}", "", "Each operation has a page of its rules.", "")
    for id, operation in service.operations.items():
        off = "" if exists[id] else " Not under the readings that are taken."
        yield from (
            f"## {operation.name}",
            "",
            f"`{operation.method} {operation.path}`: {_link(places.operation(id))}{off}",
            "",
        )


def _rules(operation: Any, exists: bool, is_strict: bool, rules: Iterable[ToldRule], **_: object) -> Iterator[str]:
    warned = "refused, too: this fake is strict" if is_strict else "accepted, and the warning is recorded"
    yield from (f"# {operation.id}", "", f"`{operation.method} {operation.path}`", "")
    if not exists:
        yield from ("It does not exist under the readings that are taken.", "")
    yield from (f"A request that breaks an error is refused. One that breaks a warning is {warned}.", "")
    for rule in rules:
        yield from _rule(rule)


def _credentials(schema: Mapping[str, Any], rules: Iterable[ToldRule], **_: object) -> Iterator[str]:
    yield from ("# Credentials", "", f"{schema['title']}. {schema['description']}", "")
    for rule in rules:
        yield from _rule(rule)


def _rule(told: ToldRule) -> Iterator[str]:
    rule = told.rule
    yield from (f"## {told.anchor} ({told.level})", "")
    if told.about:
        yield from (told.about, "")
    if rule.fact and rule.fact != rule.description:
        yield f"* A violation says: {rule.field or 'the body'} {rule.fact}"
    if rule.message:
        yield f"* The answer says: {rule.message}"
    yield f"* Source: {_sources(told.sources, rule.confidence)}"
    for switch in told.switches:
        yield f"* `{switch.name}` makes it {switch.level}{' (taken)' if switch.is_taken else ''}"
    for name, vectors in (("Kept by", told.accept), ("Broken by", told.reject)):
        yield from (f"* {name}: `{_in_a_line(each)}`" for each in vectors[:_MOST_VECTORS])
    yield ""


def _readings(service: Any, questions: Iterable[ToldQuestion], **_: object) -> Iterator[str]:
    yield from (f"# Readings of {service.id}", "")
    yield from ("Here the documents contradict each other or say nothing.", "")
    for question in questions:
        yield from (f"## {question.id}", "", question.question, "")
        for reading in question.readings:
            marks = [name for name, is_so in (("default", reading.is_default), ("taken", reading.is_taken)) if is_so]
            marked = f" ({', '.join(marks)})" if marks else ""
            yield f"* `{reading.id}`: {reading.means}{marked}"
            for rule, level, operations in reading.levels:
                at = ", ".join(operation.name for operation in operations)
                yield f"  * `{rule}` is {level}{f', at {at}' if at else ''}"
        yield from (f"* Source: {_sources(question.sources, question.confidence)}", "")


def _errors(service: Any, rows: Iterable[ToldRow], **_: object) -> Iterator[str]:
    yield from (f"# Errors of {service.id}", "", "Each is a fault, too, by which one asks for it.", "")
    for told in rows:
        yield from (f"## {told.row.id} (HTTP {told.row.status})", "", told.text, "")
        if told.row.description:
            yield f"* When: {told.row.description}"
        yield from (f"* Body: `{_in_a_line(told.body)}`", f"* Fault: `{told.fault}`")
        yield from (f"* Source: {_sources(told.sources, told.row.confidence)}", "")


def _faults(faults: Iterable[Any], profiles: Iterable[Any], **_: object) -> Iterator[str]:
    yield from ("# Faults", "", "A fault is one line:")
    yield from ("`NAME [ARGUMENT…] [xTIMES] [#NTH] [PERCENT%] [on SERVICE[/OPERATION]] [for ACCOUNT]`.", "")
    for told in faults:
        yield from (f"## {told.kind.name} ({told.kind.stage})", "", told.kind.means, "")
        yield from (f"* Arguments: `{told.kind.usage}`",) if told.kind.usage else ()
        yield from (f"* Example: `{told.example}`", "")
    for profile in profiles:
        yield from (f"## {profile.name} (profile)", "", f"It imitates {profile.imitates}.", "")
        yield from (*(f"* `{line}`" for line in profile.lines), "")


def _all_sources(documents: Mapping[str, Iterable[Any]], confidences: str, **_: object) -> Iterator[str]:
    yield from ("# Sources", "", confidences, "")
    for document, found in documents.items():
        yield from (f"## {document}", "", *(f"* {each.tags}: {each.what}" for each in found), "")


PAGES: Mapping[str, Callable[..., Iterator[str]]] = MappingProxyType(
    {
        "index": _index,
        "operations": _operations,
        "rules": _rules,
        "readings": _readings,
        "errors": _errors,
        "faults": _faults,
        "credentials": _credentials,
        "sources": _all_sources,
    }
)
"""Those that can be read so, by their kind: all but the viewer, which is a program."""


def _link(place: str) -> str:
    """Name a page by its path behind ``docs/``, which is also what a tool or a resource calls it."""
    return f"`{unquote(place.removeprefix(places.DOCS))}`"


def _sources(found: Iterable[Quoted], confidence: str) -> str:
    return f"{'; '.join(each.text for each in found)} ({confidence})"


def _in_a_line(text: str) -> str:
    """Write JSON on one line; a backquote in it would end what it stands in."""
    return json.dumps(json.loads(text), ensure_ascii=False).replace("`", "\\u0060")
