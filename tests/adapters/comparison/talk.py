"""A talk: all that is said to a service to learn its readings, and what a HAR file keeps of it.

It goes by the contract, so that a new service, question or rule is asked for by being there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from heapq import merge
from io import BytesIO
from itertools import islice
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import jwt

from mockserver.contract.credentials import carried
from mockserver.contract.keywords import OF_PICTURES
from mockserver.contract.places import first
from mockserver.contract.service import Operation, Service
from mockserver.contract.vectors import vectors
from mockserver.fake import archive
from mockserver.fake.callbacks.delivery import Attempt
from mockserver.fake.core import Fake
from mockserver.har.archive import Archive
from mockserver.har.reading import read
from mockserver.har.writing import pieces
from mockserver.kit.task_view import TaskView, task_views
from mockserver.secrecy.mask import json_of
from mockserver.settings import Settings
from mockserver.types import JSON, Request, Response

SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
HOOK = "http://hook.example:8123/here"
START = 1_790_000_000_000
PAUSES = ("3s", "3s", "3s", "6m", "1h", "3h")
"""Between attempts at a callback: some readings try again after seconds, some after hours."""

TOKEN, OTHER = "key-of-a-talk-0123456789", "key-of-another-0123456789"

_FAMOUS = 1
"""Rules of one question that are broken at each operation."""


class Talk:
    """A fake under some readings, and what is said to it."""

    def __init__(self, service: str, readings: Mapping[str, str], **settings: Any) -> None:
        chosen = {f"{service}/{question}": reading for question, reading in readings.items()}
        self.fake = Fake(
            Settings(services=(service,), readings=chosen, seed=7, pace="polls:50", webhook_secret=SECRET, **settings)
        )
        self.fake.clock.freeze()
        self.fake.clock.set(START)
        self.service: Service = self.fake.world.services[0]
        self.readings = self.fake.world.readings[service]

    def archive(self) -> Archive:
        """Return what was exchanged, through a HAR file."""
        exchanges = map(archive.entry, reversed([*self.fake.requests]))
        sent = sorted(archive.attempts(self.fake.callbacks, self.fake.signature), key=lambda each: each.at or 0)
        found = merge(exchanges, sent, key=lambda each: each.at or 0)
        return read(BytesIO(b"".join(pieces(found))), "talk.har")

    def send(
        self, method: str, path: str, payload: JSON = None, *, raw: bytes | None = None, token: str = TOKEN,
        headers: Mapping[str, str] | None = None, query: str = "",
    ) -> Response:  # fmt: skip
        """Send a request, one millisecond after the last."""
        self.fake.clock.advance(1)
        name, key = carried(f"Bearer {token}", self.service.credentials)
        body = raw if raw is not None else b"" if payload is None else json.dumps(payload).encode()
        usual = {"host": "localhost", name: key, **({"content-type": "application/json"} if body else {})}
        return self.fake.respond(Request(method, path, query, usual if headers is None else headers, body))

    def tell(self, operation: Operation, payload: JSON, **how: Any) -> Response:
        """Send a payload to an operation: as its body, or as its query."""
        path = operation.path
        for name in ("id", "task_id", "email", "upload_id", "element", "jobid", "user"):
            path = path.replace(f"{{{name}}}", "1")
        if operation.method == "POST":
            return self.send("POST", path, payload, **how)
        given = payload if isinstance(payload, dict) else {}
        return self.send(operation.method, path, query=urlencode(given), **how)

    def id_of(self, response: Response) -> str | None:
        view = TaskView.of(json_of(response.body), self.service.layout)
        return None if view is None else view.id

    def deliver(self, statuses: Iterator[int] | None = None) -> None:
        """Deliver the callbacks that are due, each answered with the next status."""
        while due := self.fake.due():
            for each in due:
                status = 200 if statuses is None else next(statuses)
                self.fake.attempted(each, Attempt(self.fake.clock.now(), 0, status))

    @property
    def operations(self) -> list[Operation]:
        return [each for each in self.service.operations.values() if self.service.exists(each.id, self.readings)]

    @property
    def makers(self) -> list[Operation]:
        return [each for each in self.operations if each.task]

    def queries(self, maker: Operation) -> list[Operation]:
        """Return what shows the tasks of a maker."""
        others = {each.product for each in self.makers} - {maker.product}
        return [each for each in self.operations if each.does in ("get", "list") and each.product not in others]

    def look(self, maker: Operation, id: str) -> None:
        """Ask for a task in each way there is."""
        for query in self.queries(maker):
            self.ask(query, id)

    def ask(self, query: Operation, id: str) -> Response:
        """Send a query: for a task, if it can name one, and otherwise for all."""
        path = query.path.replace("{id}", quote(id)).replace("{task_id}", quote(id))
        is_named = "{" not in query.path and query.finds in query.schema.get("properties", {})
        named = {query.finds: id} if is_named else {}
        if query.method == "GET":
            return self.send("GET", path, query=urlencode(named))
        return self.send("POST", path, named)


def talk(service: str, readings: Mapping[str, str]) -> Talk:
    """Say to a service all that tells its readings apart."""
    found = Talk(service, readings)
    filled = [each for each in found.makers if _without_defaults(found, each)]
    listed = [each for each in found.makers if any(query.does == "list" for query in found.queries(each))][:1]
    for maker in {each.id: each for each in [*found.makers[:2], *listed, *filled]}.values():
        _lives(found, maker)
    for maker in {each.id: each for each in [*found.makers[:1], *listed]}.values():
        _twins(found, maker)
        _oddities(found, maker)
        _edges(found, maker)
    _things(found)
    _rules(found)
    _discards(found)
    _unserved(found)
    _tokens(found)
    _account(found)
    _full(found)
    _late(found)
    _accounts(found)
    return found


def _examples(maker: Operation) -> list[dict[str, Any]]:
    return [each for each in maker.schema.get("examples", [{}]) if isinstance(each, dict)]


def _lives(talk: Talk, maker: Operation) -> None:
    """Let tasks succeed and fail, and look at them in each state; callbacks are heard, or refused for a while."""
    layout = talk.service.layout
    whole = _examples(maker)
    examples = [*whole[:3], *[each for each in whole[3:] if "series" in each.values()][:1]]
    for number, example in enumerate([*examples, *_without_defaults(talk, maker), examples[0]]):
        is_last = number > 0 and example is examples[0]
        payload = dict(example)
        statuses = iter([500, 500, 500, 500, *[200] * 90]) if number == 0 else None
        if layout.callback_field is not None:
            payload = maker.put(layout.callback_field, payload, HOOK)
        if layout.external_id_field is not None and number == 1:
            payload = maker.put(layout.external_id_field, payload, f"mine-{maker.name}-{talk.fake.clock.now()}")
        id = talk.id_of(talk.tell(maker, payload))
        if id is None:
            continue
        task = next(iter(talk.fake.tasks))
        for state in ("submitted", "processing", "failed" if is_last else "succeed"):
            talk.fake.tasks.force(task, state)
            task = talk.fake.tasks.get(talk.service.id, task.id) or task
            for pause in PAUSES if statuses else PAUSES[:1]:
                talk.deliver(statuses)
                talk.fake.clock.advance(pause)
            talk.look(maker, id)
        if number == 0:
            for result in _urls(talk, maker, id):
                talk.fake.fetch(Request("GET", urlsplit(result).path, headers={"host": "localhost"}))


def _without_defaults(talk: Talk, maker: Operation) -> list[dict[str, Any]]:
    """Return payloads without the fields that a reading fills in."""
    filled = {
        name
        for question in talk.service.questions.values()
        for reading in question.readings.values()
        for name in reading.fills.get(maker.name, {})
    }
    return [{name: part for name, part in _examples(maker)[0].items() if name not in filled}] if filled else []


def _urls(talk: Talk, maker: Operation, id: str) -> list[str]:
    for query in talk.queries(maker):
        if query.does == "get":
            document = json_of(talk.ask(query, id).body)
            one = TaskView.of(document, talk.service.layout)
            views = [one] if one is not None else task_views(document, talk.service.layout)
            if views:
                return views[0].urls
    return []


def _twins(talk: Talk, maker: Operation) -> None:
    """Use a name again: that of a failed task, and the id of another task."""
    field = talk.service.layout.external_id_field
    if field is None or not maker.has(field):
        return
    example = _examples(maker)[0]
    name = f"again-{talk.fake.clock.now()}"
    id = talk.id_of(talk.tell(maker, maker.put(field, example, name)))
    if id is None:
        return
    task = next(iter(talk.fake.tasks))
    talk.fake.tasks.force(task, "failed")
    talk.look(maker, id)
    talk.tell(maker, maker.put(field, example, name))
    talk.tell(maker, maker.put(field, example, id))
    talk.look(maker, id)
    for query in talk.queries(maker):
        if query.does == "list" and field in query.schema.get("properties", {}):
            talk.send("GET", query.path, query=urlencode({field: name}))


def _oddities(talk: Talk, maker: Operation) -> None:
    """Send what is nearly a payload, and ask for what is not there."""
    example = _examples(maker)[0]
    body = json.dumps(example).encode()
    name, key = carried(f"Bearer {TOKEN}", talk.service.credentials)
    talk.tell(maker, None, raw=body, headers={"host": "localhost", name: key})
    for field, part in islice(maker.schema.get("properties", {}).items(), 12):
        kind = part.get("type")
        talk.tell(maker, {**example, field: None})
        if kind in ("integer", "boolean", "number"):
            talk.tell(maker, {**example, field: json.dumps(first(field, example) or part.get("default", 5))})
            talk.tell(maker, {**example, field: "no number"})
        if kind == "string":
            talk.tell(maker, {**example, field: ""})
    talk.look(maker, "123456789012345678")
    talk.look(maker, "no-such-task-1")


def _edges(talk: Talk, maker: Operation) -> None:
    """Send wrong pictures, and ask for pages that are out of range."""
    for rule in maker.rules:
        if rule.keyword in OF_PICTURES:
            for payload in vectors(rule, maker.schema)[1][:1]:
                talk.tell(maker, payload)
    for query in talk.queries(maker):
        if query.does == "list":
            for rule in query.rules:
                if rule.keyword in ("minimum", "maximum"):
                    for payload in vectors(rule, query.schema)[1]:
                        talk.tell(query, payload)
            for payload in _examples(query):  # at any time: the times of an example are long gone
                talk.tell(query, {name: part for name, part in payload.items() if "time" not in name})


def _rules(talk: Talk) -> None:
    """Break each rule whose level is a question, and no other; keep it, too."""
    open_rules = {
        rule: id
        for id, question in talk.service.questions.items()
        for reading in question.readings.values()
        for rule in reading.levels
    }
    told: dict[str, int] = {}
    for operation in talk.operations:
        for rule in operation.rules:
            if rule.id in open_rules and told.get(rule.id, 0) < _FAMOUS:
                told[rule.id] = told.get(rule.id, 0) + 1
                for payload in vectors(rule, operation.schema)[1][:1]:
                    talk.tell(operation, payload)


def _things(talk: Talk) -> None:
    """Name elements, voices and films that are not there, and discard what is."""
    for maker in talk.operations:
        for _, place in maker.names:
            example = next((each for each in _examples(maker) if first(place, each) is not None), _examples(maker)[0])
            talk.tell(maker, maker.put(place, example, "160123456789012345"))
        if "video_id" in maker.schema.get("properties", {}):
            talk.tell(maker, {**_examples(maker)[0], "video_id": "160123456789012345", "video_url": None})


def _discards(talk: Talk) -> None:
    """Make what an account can keep, and discard it."""
    for operation in talk.operations:
        is_kept = "element" in operation.id or "voice" in operation.id
        if not (operation.keeps or is_kept) or operation.does not in ("create", "make") or not operation.schema:
            continue
        id = talk.id_of(talk.tell(operation, _examples(operation)[0]))
        task = next(iter(talk.fake.tasks), None)
        if id is None or task is None:
            continue
        talk.fake.tasks.force(task, "succeed")
        talk.look(operation, id)
        documents = [json_of(each.response.body) for each in islice(talk.fake.requests, 3)]
        for discard in talk.operations:
            made = [id for document in documents for id in _named(document, discard.finds)]
            if discard.does == "discard" and made:
                talk.tell(discard, {discard.finds: made[0]})


def _named(document: JSON, name: str) -> Iterator[JSON]:
    """Yield what has a name in a document."""
    if isinstance(document, dict):
        yield from (inner for key, inner in document.items() if key == name)
    for inner in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from _named(inner, name)


def _full(talk: Talk) -> None:
    """Create more than an account may at once."""
    maker = talk.makers[0]
    talk.fake.limit(TOKEN, slots=1)
    for _ in range(3):
        talk.tell(maker, _examples(maker)[0])


def _unserved(talk: Talk) -> None:
    """Ask for the operations that exist under some readings only."""
    for operation in talk.service.operations.values():
        if operation.when:
            if operation.task:
                talk.tell(operation, _examples(operation)[0])
            else:
                talk.send(operation.method, operation.path.replace("{id}", "1"))


def _tokens(talk: Talk) -> None:
    """Send tokens that live long, or have no beginning."""
    if "jwt" not in talk.service.credentials:
        return
    now = talk.fake.clock.now() // 1000
    path = next(each.path for each in talk.operations if each.does == "list")
    for claims in (
        {"iss": "ak", "exp": now + 1800, "nbf": now - 5},
        {"iss": "ak", "exp": now + 86_400, "nbf": now - 5},
        {"iss": "ak", "exp": now + 1800},
    ):
        talk.send("GET", path, token=jwt.encode(claims, "s" * 32))


def _account(talk: Talk) -> None:
    """Ask what has no payload, or stands on its own: accounts, packs, lists of things."""
    for operation in talk.operations:
        if operation.task or operation.does in ("get", "list", "refuse", "delete", "remove"):
            continue
        for example in (operation.schema.get("examples") or [{}])[:2]:
            talk.tell(operation, example)
            talk.tell(operation, example)


def _late(talk: Talk) -> None:
    """Fetch results when they are gone."""
    now = talk.fake.clock.now()
    done = [each for each in talk.fake.tasks if each.state(now).status == "succeed"]
    for task in done:
        if urls := _urls(talk, talk.service.operations[task.operation], task.id):
            talk.fake.clock.advance("31d")
            talk.fake.fetch(Request("GET", urlsplit(urls[0]).path, headers={"host": "localhost"}))
            return


def _accounts(talk: Talk) -> None:
    """Stop a job, name an account that is not there, and remove one; as somebody else, who has room for jobs."""
    whose = {each.does: each for each in talk.operations}
    maker = talk.makers[0]
    if "stop" in whose:
        id = talk.id_of(talk.tell(maker, _examples(maker)[0], token=OTHER))
        talk.send("DELETE", whose["stop"].path.replace("{task_id}", quote(id or "none")), token=OTHER)
    if "configure" not in whose:
        return
    example = _examples(whose["configure"])[0]
    for email in ("first@example.com", "second@example.com"):
        talk.tell(whose["configure"], {**example, "email": email}, token=OTHER)
    talk.tell(maker, {**_examples(maker)[0], "email": "nobody@example.com"}, token=OTHER)
    talk.send("DELETE", whose["remove"].path.replace("{email}", "first@example.com"), token=OTHER)
