"""Differences: where an answer is not as documented, each with what is documented and what came.

An answer has a status, and a body that is either what its operation answers with or one of its service's refusals.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Literal

import jiter

from mockserver.contract.catalog import Catalog
from mockserver.contract.service import Operation, Service
from mockserver.types import JSON, Path, Schema, pointer, value

_MOST_DIFFERENCES = 100
"""Differences that are kept of one answer: a list of a thousand wrong tasks says the same a thousand times."""

_MOST_LETTERS = 200
"""As much of a value is quoted in a difference."""

_ROOT = "mockserver:///schemas/"


@value
class Difference:
    """One place where an exchange differs from the contract.

    * ``side``: which side differs, the client's or the service's
    * ``pointer``: the place in the body; empty for the body as a whole, and for what is outside of it
    * ``keyword``: what is broken: a keyword of JSON Schema, or ``status``, ``code``, ``json``, ``media-type``, …
    * ``documented`` and ``received``: what the contract says and what came, as JSON or in words, at most 200 letters
    * ``where``: the place in the contract, ``kling/envelope.json#/properties/code/const``
    """

    side: Literal["request", "answer"]
    pointer: str
    keyword: str
    documented: str
    received: str
    where: str


@value
class _Break:
    """One keyword that a document breaks, at the place that is to blame; for a missing field that is the field."""

    path: Path
    keyword: str
    documented: str
    received: str
    where: str
    tested: frozenset[Path]


class Answers:
    """Compares answers with the schemas of a service."""

    def __init__(self, catalog: Catalog, service: Service) -> None:
        self._catalog, self._service = catalog, service

    def differences(
        self, operation: Operation, status: int, media_type: str, body: bytes | None
    ) -> tuple[Difference, ...]:
        """Compare an answer with the contract, and name each place that differs once, at most a hundred.

        ``body`` is ``None`` when it is not known; then only the status is compared.
        """
        found = list(self._of_status(operation, status))
        if body is not None:
            found += self._of_body(operation, status, media_type, body)
        return tuple(found[:_MOST_DIFFERENCES])

    def _of_status(self, operation: Operation, status: int) -> Iterator[Difference]:
        refusals = sorted({row.status for row in self._service.errors.values()})
        if status not in (operation.answer_status, *refusals):
            documented = f"{operation.answer_status}, or for a refusal {', '.join(map(str, refusals))}"
            yield Difference("answer", "", "status", documented, str(status), self._place(operation))

    def _of_body(self, operation: Operation, status: int, media_type: str, body: bytes) -> list[Difference]:
        is_refusal = status >= 400
        file = self._service.refusal if is_refusal else operation.answer
        if file is None or 300 <= status < 400:
            return []
        try:
            document = jiter.from_json(body, allow_inf_nan=False, catch_duplicate_keys=True)
        except ValueError as error:
            received = f"{error}: {body[:_MOST_LETTERS].decode(errors='replace')}"
            return [Difference("answer", "", "json", "a JSON document", _cut(received), file)]
        found: list[Difference] = []
        if media_type.partition(";")[0].strip().lower() != "application/json":
            found.append(Difference("answer", "", "media-type", "application/json", _cut(media_type or "none"), file))
        wrong = self._of_document(file, document)
        if wrong and not is_refusal and self._is_refusal(document):
            refused = f"{status} with a refusal: {json.dumps(document, ensure_ascii=False)}"
            documented = "a refusal has a status of its own"
            return [*found, Difference("answer", "", "status", documented, _cut(refused), self._place(operation))]
        return [*found, *wrong, *(self._of_code(status, document) if is_refusal and not wrong else ())]

    def _of_code(self, status: int, document: JSON) -> Iterator[Difference]:
        """Check that the error table has a refusal's code with its status, if it has codes for that status."""
        rows = [row.body for row in self._service.errors.values() if row.status == status]
        known = sorted({body["code"] for body in rows if "code" in body}, key=str)
        if known and "code" in document and document["code"] not in known:
            documented = f"with {status}: {', '.join(map(str, known))}"
            place = f"{self._service.id}/service.json#/errors"
            yield Difference("answer", "/code", "code", documented, _said(document["code"]), place)

    def _is_refusal(self, document: JSON) -> bool:
        """Whether a document is a refusal and nothing else: a task that failed may have an error, too."""
        file = self._service.refusal
        known = self._catalog.documents[file]["properties"]
        return (
            isinstance(document, dict)
            and known.keys() >= document.keys()
            and self._catalog.validator(file).is_valid(document)
        )

    def _of_document(self, file: str, document: JSON) -> list[Difference]:
        errors = islice(self._catalog.validator(file).iter_errors(document), _MOST_DIFFERENCES * 10)
        breaks = [self._break(file, leaf) for error in errors for leaf in _leaves(error)]
        blamed: dict[Path, _Break] = {}
        for found in _independent(breaks):
            if found.path not in blamed or found.keyword == "type":
                blamed[found.path] = found
        return [
            Difference("answer", pointer(found.path), found.keyword, found.documented, found.received, found.where)
            for found in blamed.values()
        ]

    def _break(self, file: str, error: Any) -> _Break:
        path, keyword = tuple(error.instance_path), error.kind.name
        documented, received = _asked(getattr(error.kind, "value", None)), _said(error.instance)
        if keyword == "required":
            path, documented, received = (*path, error.kind.property), "a field that is always there", "nothing"
        where = (error.absolute_keyword_location or file).removeprefix(_ROOT)
        tested = frozenset(self._tested(file, tuple(error.evaluation_path), tuple(error.instance_path)))
        return _Break(path, keyword, documented, received, where, tested)

    def _tested(self, file: str, evaluation: Path, instance: Path) -> Iterator[Path]:
        """Yield the fields that the ``if`` before each ``then`` and ``else`` on the way to a keyword looks at."""
        schema: Any = self._catalog.documents[file]
        depth, steps = 0, iter(evaluation)
        for step in steps:
            if step in ("then", "else"):
                yield from (instance[:depth] + path for path in _fields(schema["if"]))
            if step == "$ref":
                file, schema = self._referred(file, schema["$ref"])
                continue
            schema = schema[step]
            if step == "properties":
                schema, depth = schema[next(steps)], depth + 1
            elif step in ("allOf", "anyOf"):
                schema = schema[next(steps, 0)]
            elif step in ("items", "additionalProperties"):
                depth += 1

    def _referred(self, file: str, reference: str) -> tuple[str, Schema]:
        name, _, place = reference.partition("#")
        if name:
            file = name.removeprefix("../") if name.startswith("../") else f"{file.partition('/')[0]}/{name}"
        schema: Any = self._catalog.documents[file]
        for step in place.split("/")[1:]:
            schema = schema[step]
        return file, schema

    def _place(self, operation: Operation) -> str:
        return f"{self._service.id}/service.json#/operations/{operation.name}"


def _leaves(error: Any) -> list[Any]:
    """Return an error; of one with alternatives, the errors of the alternative that has the fewest."""
    branches = error.kind.context if error.kind.name == "anyOf" else ()
    found = [[leaf for inner in branch for leaf in _leaves(inner)] for branch in branches]
    return min(found, key=len) if found else [error]


def _independent(breaks: list[_Break]) -> list[_Break]:
    """Leave out errors that follow from another wrong field, unless nothing else is left."""
    wrong = {found.path for found in breaks}

    def follows(found: _Break) -> bool:
        is_list = found.keyword == "contains"
        inside = is_list and any(path[: len(found.path)] == found.path for path in wrong - {found.path})
        return inside or bool(found.tested & (wrong - {found.path}))

    return [found for found in breaks if not follows(found)] or breaks


def _fields(schema: Schema, path: Path = ()) -> Iterable[Path]:
    for name, inner in schema.get("properties", {}).items():
        yield (*path, name)
        yield from _fields(inner, (*path, name))


def _asked(value: JSON) -> str:
    """Write the value of a keyword: words as they are, a list with commas, what is there as number and text once."""
    if isinstance(value, list):
        return _cut(", ".join(dict.fromkeys(map(_asked, value))))
    return _cut(value) if isinstance(value, str) else _said(value)


def _said(value: JSON) -> str:
    return _cut(json.dumps(value, ensure_ascii=False, default=str))


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else text[: _MOST_LETTERS - 1] + "…"
