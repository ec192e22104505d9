"""Refusals: the form of a document's errors, and the rows of an error table that has it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mockserver.importing.answers.shape import Leaf, Shape, body
from mockserver.importing.notes import Kind, Notes
from mockserver.importing.reading.references import References
from mockserver.importing.routes import Route
from mockserver.importing.schemas import Schemas
from mockserver.types import JSON, Schema

_MESSAGES = (
    "message",
    "msg",
    "error_message",
    "err_msg",
    "detail",
    "reason",
    "error_msg",
    "description",
    "error",
    "title",
)
_CODES = ("code", "error_code", "err_code", "status_code", "errno", "status")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_ROWS: Mapping[int, tuple[str, ...]] = {
    400: ("invalid", "unreadable", "media-type"),
    401: ("no-credentials", "bad-credentials", "unknown-key"),
    404: ("missing-task", "no-route"),
    429: ("too-fast", "no-slot"),
    500: ("internal",),
    503: ("unavailable",),
}
"""The rows that a documented status is the word of, the nearest first."""

_OWN_TEXTS = frozenset({"invalid", "unreadable", "media-type", "no-route"})
"""Rows whose text says what is wrong, and not what an example shows."""

_REQUEST_IDS = frozenset({"request_id", "trace_id", "log_id"})
_FIELD = re.compile(r"[A-Za-z0-9_]+\Z")


@dataclass(frozen=True, slots=True)
class Refusals:
    """The error table of a service.

    * ``rows``: the table; ``template``: what wraps the body of a row; ``schema``: that of the result
    * ``code`` and ``message``: where these are; ``faults``: how a fake is asked for what can go wrong
    """

    rows: Mapping[str, JSON]
    template: JSON
    schema: Schema
    code: str | None
    message: str
    faults: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Form:
    """The form of an error: its message, its code, and what else it has, each by its name in the body of a row."""

    message: Leaf
    code: Leaf | None
    others: Mapping[str, Leaf]
    source: str

    @property
    def text(self) -> str:
        """The message of an example."""
        return next((_plain(each) for each in self.message.examples if isinstance(each, str)), "")


def refusals(
    usual: Mapping[str, JSON],
    routes: Iterable[Route],
    schemas: Schemas,
    references: References,
    notes: Notes,
    place: str,
) -> Refusals:
    """Return the error table of a document. ``usual`` are the rows that every service must have, with their texts."""
    forms: dict[int, _Form] = {}
    for route in routes:
        for code, each in route.spot.get("responses").fields():
            if re.fullmatch(r"[45]\d\d", code) and int(code) not in forms:
                shape = body(references.resolved(each), int(code), schemas, references)
                if shape is not None and (form := _form(shape)) is not None:
                    forms[int(code)] = form
    form = next((forms[status] for status in sorted(forms)), None)
    if form is None:
        form = _Form(Leaf(("message",), {"type": "string"}), Leaf(("code",), {"type": "integer"}), {}, "ours")
        notes.add(
            Kind.GUESSED,
            place,
            "",
            "no error is described; it has code and message. Correct it in errors and templates",
        )
    rows = {
        name: {
            "status": row["status"],
            "body": _body(form, None, _text(row["body"]), row["status"], name),
            "confidence": "unknown",
            "source": "ours",
        }
        for name, row in usual.items()
    }
    for status, own in forms.items():
        for name in _ROWS.get(status, (f"http-{status}",)):
            is_ours = name in _OWN_TEXTS and name in usual
            text = _text(usual[name]["body"]) if is_ours else own.text or f"HTTP {status}"
            rows[name] = {
                "status": status,
                "body": _body(form, own, text, status, name),
                "confidence": "documented",
                "source": own.source,
            }
    code_place = form.code.place if form.code else None
    return Refusals(rows, _template(form), _schema(form), code_place, form.message.place, _faults(rows))


def _form(shape: Shape) -> _Form | None:
    leaves = [leaf for leaf in shape.leaves() if "*" not in leaf.steps and leaf.can_be_named]
    texts = [leaf for leaf in leaves if "string" in leaf.kinds or not leaf.kinds]
    message = _likeliest([leaf for leaf in texts if leaf.name in _MESSAGES], _MESSAGES)
    if message is None:
        return None
    rest = [leaf for leaf in leaves if leaf.steps != message.steps]
    codes = [leaf for leaf in rest if leaf.name in _CODES and leaf.kinds in (["integer"], ["string"])]
    code = _likeliest([leaf for leaf in codes if leaf.steps[:-1] == message.steps[:-1]] or codes, _CODES)
    others = {
        "_".join(leaf.steps): leaf
        for leaf in rest
        if leaf is not code
        and (leaf.examples or leaf.steps[-1] in (shape.at(leaf.steps[:-1]) or {}).get("required", ()))
    }
    source = f"{shape.spot.document.name} {shape.spot.place.partition('#')[2]}"
    return _Form(message, code, others, source)


def _likeliest(leaves: list[Leaf], names: tuple[str, ...]) -> Leaf | None:
    return min(leaves, key=lambda leaf: (names.index(leaf.name), len(leaf.steps)), default=None)


def _body(form: _Form, own: _Form | None, text: str, status: int, name: str) -> JSON:
    """Return the body of a row, in the service's form; the values are those of the example of its ``own`` status."""
    found: dict[str, JSON] = {"message": text}
    usual = name.replace("-", "_")
    is_first = _ROWS.get(status, (name,))[0] == name
    if form.code is not None:
        is_same = own is not None and own.code is not None and own.code.steps == form.code.steps
        shown = own.code.examples if own is not None and own.code is not None and is_same and is_first else []
        found["code"] = _code(form.code, shown, status, usual)
    for each, leaf in form.others.items():
        if leaf.name in _REQUEST_IDS:
            continue
        value = usual if own is None and "string" in leaf.kinds else _value((own or form).others.get(each, leaf))
        if value is not None:
            found[each] = value
    return found


def _code(leaf: Leaf, shown: list[JSON], status: int, name: str) -> JSON:
    wanted = str if leaf.kinds == ["string"] else int
    usual: JSON = name if wanted is str else status
    return next((_plain(each) for each in shown if isinstance(each, wanted) and not isinstance(each, bool)), usual)


def _value(leaf: Leaf) -> JSON:
    for each in (*leaf.examples, *leaf.schema.get("enum", ())):
        return _plain(each)
    return {"string": "", "integer": 0, "number": 0, "boolean": False}.get(next(iter(leaf.kinds), ""))


def _plain(value: JSON) -> JSON:
    """Return a value as the text of a row may have it: braces would be filled in."""
    return value.replace("{", "(").replace("}", ")") if isinstance(value, str) else value


def _template(form: _Form) -> JSON:
    ways: dict[tuple[str, ...], JSON] = {form.message.steps: "{error.message}"}
    if form.code is not None:
        ways[form.code.steps] = "{error.code}"
    for each, leaf in form.others.items():
        if leaf.name in _REQUEST_IDS and "string" in leaf.kinds:
            ways[leaf.steps] = "{request_id}"
        elif _FIELD.match(each):
            ways[leaf.steps] = f"{{error.{each}}}"
    return _nested(ways)


def _nested(ways: Mapping[tuple[str, ...], JSON]) -> JSON:
    found: dict[str, JSON] = {}
    for steps, value in ways.items():
        holder = found
        for step in steps[:-1]:
            holder = holder.setdefault(step, {})
        holder[steps[-1]] = value
    return found


def _text(body: Mapping[str, JSON]) -> str:
    return str(body.get("message") or body.get("error") or "")


def _schema(form: _Form) -> Schema:
    """Return the schema of an error: the message is there, and what else there is has its type."""
    found: Schema = {"type": "object", "required": [form.message.steps[0]], "properties": {}}
    for leaf in (form.message, *([form.code] if form.code else ()), *form.others.values()):
        holder = found
        for step in leaf.steps[:-1]:
            holder = holder["properties"].setdefault(step, {"type": "object", "properties": {}})
        is_message = leaf is form.message
        kinds = ["string"] if is_message else leaf.kinds if leaf == form.code else []
        holder["properties"][leaf.steps[-1]] = {"type": kinds[0]} if kinds else {}
    return {"$schema": _DIALECT, "title": "A refusal", "x-source": form.source, **found}


def _faults(rows: Mapping[str, JSON]) -> dict[str, str]:
    """Return how a fake is asked for what can go wrong, by its role in scenarios: by rows of the table."""
    own = next((name for name in ("http-403", "http-402") if name in rows), None)
    return {
        **({} if own is None else {"refused": own, "forbidden": own}),
        "at-capacity": "no-slot",
        "too-fast": "too-fast",
        "server-error": "bare 500",
        "refused-key": "unknown-key",
        "not-found": "missing-task",
    }
