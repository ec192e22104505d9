"""A service: one API, its operations, and what is known of its errors, questions and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.contract.layout import Layout
from mockserver.contract.library import Judged, Library
from mockserver.contract.places import first, schema_at, with_value
from mockserver.contract.readings import Questions, Readings
from mockserver.contract.rules import Rule
from mockserver.types import JSON, Payload, Schema, value


@value
class Operation:
    """One request that a service answers.

    * ``id``: ``kling/omni-image.create``; ``name`` is the part after the service
    * ``does``: the action of the service's dialect that carries it out
    * ``schema``: the schema of its body, or without a body of its query string
    * ``rules``: the rules of that schema
    * ``answer``: the file of the schema of its answer, and ``answer_status`` its HTTP status
    * ``when``: the readings under which it exists; none means always
    * ``task``: for an operation that creates tasks, which field of the payload decides what of the result
    * ``payloads``: for an operation that creates tasks, the fields that ask for something special, by what they ask for
    * ``uploads``: for an operation whose body is a file, the limits of each media type
    * ``shows``: the template of its answer, where the dialect fills templates; ``None`` is that of what it ``does``
    * ``record``: the template of what its record has besides, once a task has succeeded; ``None`` is the dialect's own
    * ``data``: the template of what the envelope holds, where that is no task
    * ``files``: what an answer at once has URLs of, each like the ``task`` of an operation
    * ``refuses``: the row of the error table with which it refuses everything, where it does that
    * ``info``: for an operation that creates tasks, how a service repeats requests that does so in terms of another
    * ``keeps``: for an operation about what an account keeps, such as elements: its ``kind``, and how it is chosen from
    * ``finds``: the parameter or field of a request that names a task, such a thing, or one of its ``library``;
      ``finds_name`` names a task by the client's own name
    * ``names``: the libraries whose things its requests name, each with the place where they do
    * ``judged``: the rules that depend on what an account has of them, if there are any
    * ``shows_others``: whether what is shown of its tasks depends on other tasks, too, such as one that they work on
    * ``defaults``: the value of each field when it is not sent; ``default`` knows those that depend on another field
    """

    id: str
    service: str
    name: str
    does: str
    method: str
    path: str
    media_types: tuple[str, ...]
    schema: Schema
    rules: tuple[Rule, ...]
    answer: str | None
    answer_status: int
    callback: str | None
    when: Mapping[str, str]
    task: Mapping[str, Any]
    payloads: Mapping[str, Mapping[str, JSON]]
    uploads: Mapping[str, Mapping[str, Any]]
    shows: JSON
    record: JSON
    data: JSON
    files: tuple[Mapping[str, Any], ...]
    refuses: str | None
    info: Mapping[str, Any]
    keeps: Mapping[str, Any]
    finds: str
    finds_name: str
    library: str | None
    names: tuple[tuple[str, str], ...]
    judged: Judged | None
    shows_others: bool
    defaults: Mapping[str, JSON]

    def default(self, place: str, payload: Mapping[str, JSON]) -> JSON:
        """Return the value at a place that a payload does not send; ``None`` if nothing is known of it."""
        choice = self.task.get("defaults")
        if choice is not None:
            chosen = first(choice["field"], payload) or self._own_default(choice["field"])
            depending = choice["by_value"].get(chosen, {}) if isinstance(chosen, str) else {}
            if place in depending:
                return depending[place]
        return self._own_default(place)

    def part(self, place: str | None) -> Schema | None:
        """Return the schema of what stands at a place of its request; ``None`` if it has no such field."""
        return None if place is None else schema_at(place, self.schema)

    def has(self, place: str | None) -> bool:
        """Whether its request has a field at a place; one in which only an empty text may stand is none."""
        part = self.part(place)
        return part is not None and part.get("maxLength") != 0

    def put(self, place: str | None, payload: Mapping[str, JSON], value: JSON) -> Payload:
        """Return a payload with a value at a place, if its request has such a field."""
        return dict(payload) if place is None or not self.has(place) else with_value(place, payload, value)

    def _own_default(self, place: str) -> JSON:
        found = self.defaults.get(place)
        return found if "." not in place else (self.part(place) or {}).get("default")

    @property
    def has_body(self) -> bool:
        """Whether its payload is the body of a request; else it is the query string, or there is none."""
        return self.method == "POST" and bool(self.schema) and not self.uploads

    @property
    def every_rule(self) -> tuple[Rule, ...]:
        """Its rules, and those that depend on what an account has."""
        return self.rules if self.judged is None else (*self.rules, *self.judged.rules)

    @property
    def product(self) -> str:
        """The part of its name before the verb: ``omni-image``."""
        return self.name.rpartition(".")[0]


@value
class Route:
    """Where an operation is asked for, and what it ``does``: what is known of it before its schema is read."""

    does: str
    method: str
    path: str
    when: Mapping[str, str]


@value
class Row:
    """One error that a service is known to send: a status, and a body whose texts may have ``{fields}``.

    ``description`` says when it is sent, or what is known of its text; it is empty where the text says that itself.
    ``reason`` is the kind and the sentence by which the fake tells why it has refused with a row that no code names.
    """

    id: str
    status: int
    body: Mapping[str, JSON]
    confidence: str
    source: str
    description: str
    reason: tuple[str, str] | None = None


@value
class Service:
    """One API: the official one, or that of a gateway.

    ``operations`` has the same keys as ``routes``; the schema of one is read when it is asked for. Services of one
    ``family`` are asked about the tasks of the same accounts.
    """

    id: str
    title: str
    dialect: str
    hosts: tuple[str, ...]
    credentials: tuple[str, ...]
    routes: Mapping[str, Route]
    operations: Mapping[str, Operation]
    unserved: Mapping[str, Mapping[str, JSON]]
    errors: Mapping[str, Row]
    messages: Mapping[str, str]
    questions: Questions
    refusal: str
    reasons: Mapping[str, str]
    statuses: Mapping[str, JSON]
    faults: Mapping[str, str]
    templates: Mapping[str, JSON]
    packs: Mapping[str, Mapping[str, JSON]]
    libraries: Mapping[str, Library]
    ids: str
    layout: Layout
    family: str

    def exists(self, operation: str, readings: Readings) -> bool:
        """Whether it has an operation under its readings."""
        return all(readings.get(question) == reading for question, reading in self.routes[operation].when.items())
