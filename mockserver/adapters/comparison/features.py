"""Features of an answer, by which two are compared: what came of the request, which fields there are, and their values.

What is another one each time is compared by its kind: a time, an id, a URL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from itertools import combinations

from mockserver.contract.layout import Layout
from mockserver.contract.service import Service
from mockserver.kit.task_view import TaskView, at
from mockserver.secrecy.mask import json_of
from mockserver.types import JSON, Path, Response, is_url, pointer, value

Features = Mapping[str, str]
"""What stands at each place, in words. A place that is not there is ``ABSENT``."""

ABSENT = "absent"

HEADERS = ("retry-after", "allow")
"""Headers of answers that say something of a reading."""

_SECONDS, _MILLIS = range(1_500_000_000, 4_000_000_000), range(1_500_000_000_000, 4_000_000_000_000)
"""Numbers that are times: between 2017 and 2096."""

_MOST_ORDERED = 30
"""Tasks of a list whose order is compared, pair by pair."""

_LONGEST_SENTENCE = 500
"""No service says more when it refuses; a pattern would take long over a text of megabytes."""

_PLACE = re.compile(r"\{\w+\}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*|\d\d:\d\d(:\d\d)?")
ID = re.compile(r"[0-9]{6,24}(-\d+)?|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{12,40}|(?=[\w-]{0,63}\d)[\w-]{12,64}")
"""What an id looks like: many digits, a UUID, or a long word with a digit in it."""


@value
class Answer:
    """An answer as it is compared, from what matters most to what matters least.

    * ``outcome``: the status, and the service's code if the answer is a refusal
    * ``forms``: which fields there are, and which of them are empty
    * ``values``: what is in them
    * ``counts``: how many items lists have, by which nothing is told apart: other tasks may be among them
    * ``sentence``: the one in which the service refuses for a reason of its own; ``None`` for all else
    """

    outcome: Features
    forms: Features
    values: Features
    counts: Mapping[str, int] = field(default_factory=dict)
    sentence: str | None = None

    @property
    def tiers(self) -> tuple[Features, ...]:
        """The features in their order."""
        return self.outcome, self.forms, self.values


Sentences = Mapping[str, re.Pattern[str]]
"""What a service says when it refuses, each with a pattern for what it has in its places."""


def sentences(service: Service) -> Sentences:
    """Return the sentences of a service's error table that say something of themselves."""
    texts = (at(row.body, service.layout.error_message) for row in service.errors.values())
    parts = {text: _PLACE.split(text) for text in texts if isinstance(text, str)}
    return {text: re.compile(".*".join(map(re.escape, found))) for text, found in parts.items() if any(found)}


def answer(response: Response, layout: Layout, known: Sentences) -> Answer:
    """Return the features of an answer of a service that refuses in ``known`` sentences."""
    document = json_of(response.body)
    if document is None and response.body:
        document = response.body.decode(errors="replace")
    outcome = {"": f"HTTP {response.status}"}
    if response.status >= 400 and layout.error_code is not None:
        code = at(document, layout.error_code)
        if code is not None:
            outcome[pointer(layout.error_code)] = f"code {code}"
    forms, values = _listed(document, layout)
    counts = {pointer(way): len(found) for way, found in _walk(document, (), layout) if isinstance(found, list)}
    for name in HEADERS:
        if name in response.headers:
            forms[f"header {name}"], values[f"header {name}"] = "text", response.headers[name]
    return Answer(outcome, forms, values, counts, _sentence(response, document, layout, known))


def _sentence(response: Response, document: JSON, layout: Layout, known: Sentences) -> str | None:
    found = at(document, layout.error_message) if response.status >= 400 else None
    if not isinstance(found, str) or len(found) > _LONGEST_SENTENCE:
        return None
    return next((text for text, pattern in known.items() if pattern.fullmatch(found)), None)


def told(document: JSON, layout: Layout, state: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the forms and values of the body of a callback about a state."""
    forms, values = _listed(document, layout)
    return (
        {f"{state}{place}": form for place, form in forms.items()},
        {f"{state}{place}": found for place, found in values.items()},
    )


def _listed(document: JSON, layout: Layout) -> tuple[dict[str, str], dict[str, str]]:
    forms, values = dict[str, str](), dict[str, str]()
    for way, found in _walk(document, (), layout):
        place = pointer(way)
        if way and way[-1] == layout.request_id:
            continue
        forms[place] = _form(found)
        if not isinstance(found, dict | list):
            values[place] = _said(found)
    for place, order in _orders(document, layout):
        values[place] = order
    return forms, values


def _walk(found: JSON, way: Path, layout: Layout) -> Iterator[tuple[Path, JSON]]:
    """Yield all that a document has. A task in a list goes by its id: where it stands is told apart."""
    yield way, found
    if isinstance(found, dict):
        for name, inner in found.items():
            yield from _walk(inner, (*way, name), layout)
    elif isinstance(found, list):
        for place, inner in enumerate(found):
            id = TaskView(inner, layout).id if isinstance(inner, dict) else None
            yield from _walk(inner, (*way, place if id is None else f"[{id}]"), layout)


def _orders(document: JSON, layout: Layout) -> Iterator[tuple[str, str]]:
    items = at(document, layout.tasks)
    if isinstance(items, list):
        ids = [id for item in items[:_MOST_ORDERED] if (id := TaskView(item, layout).id) is not None]
        for one, other in combinations(ids, 2):
            first, second = sorted((one, other))
            yield f"{pointer(layout.tasks)}[{first}, {second}]", str(first == one)


def _form(found: JSON) -> str:
    if isinstance(found, dict | list | str):
        kind = {dict: "object", list: "list"}.get(type(found), "text")
        return kind if found else f"empty {kind}"
    return "null" if found is None else "boolean" if isinstance(found, bool) else "number"


def _said(found: JSON) -> str:
    if isinstance(found, int) and not isinstance(found, bool):
        return (
            "a time in seconds" if found in _SECONDS else "a time in milliseconds" if found in _MILLIS else f"{found}"
        )
    if not isinstance(found, str):
        return repr(found)
    if is_url(found):
        return "a URL"
    if _TIME.fullmatch(found):
        return "a time"
    return "an id" if ID.fullmatch(found) else found
