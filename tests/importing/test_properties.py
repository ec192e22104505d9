"""Any document of a task API becomes a service that starts and answers, or is refused in a sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.contract.catalog import read
from mockserver.contract.service import Operation
from mockserver.fake.core import Fake
from mockserver.importing.folder import write
from mockserver.importing.notes import CannotImport
from mockserver.importing.service import imported
from mockserver.kit.generation.choices import Simplest
from mockserver.kit.generation.invalid import InvalidPayloads
from mockserver.kit.generation.valid import ValidPayloads
from mockserver.resources import folder
from mockserver.settings import Settings
from mockserver.types import JSON
from tests.importing.conftest import ask, service
from tests.importing.documents import minimal
from tests.support.sampling import draws

WORDS = st.sampled_from(
    [
        "prompt",
        "model",
        "n",
        "num_images",
        "aspectRatio",
        "resolution",
        "duration",
        "seed",
        "image_list",
        "mode",
        "size",
        "callback_url",
        "external_task_id",
        "input",
        "options",
        "a-b",
        "ünï",
        "9lives",
        "type",
        "id",
        "text",
        "quality",
        "image",
        "items",
        "x y",
    ]
)
PROSE = st.sampled_from(
    [
        "",
        "What to make.",
        "Cannot exceed 20 characters.",
        "Value range: [1, 9]",
        "Value range: [9, 1]",
        "Enumerated values: 1k, 2k",
        "Required.",
        "Enum values: 16:9, 9:16, auto. Defaults to 16:9",
        "Required when mode is pro.",
        "不能超过10个字符",
        "取值范围：[3,10]，默认为5",
        "at most 3 images",
        "Default: none",
        "Enumerated values: , ,",
        "Maximum length: 0",
        "must not exceed 999999999 characters",
        "One of: std | pro",
        "{braces} and `ticks`",
        "The `type` parameter says: `first` or `last`.",
        "Value range: [0.5, 2.5], default: 1",
        "range from 5 to 5. Default: 7",
    ]
)
NUMBERS = st.integers(-3, 12)
PLAIN_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    NUMBERS,
    st.sampled_from(["1k", "std", "16:9", "https://x.example/1.png", "", "é"]),
    st.floats(-2, 2),
)


@st.composite
def schemas(draw: st.DrawFn, depth: int = 0) -> JSON:
    """Draw the schema of a field, sound or not."""
    kinds = ["string", "string", "integer", "number", "boolean"] + (
        ["array", "object", "anyOf", "allOf", "none"] if depth < 3 else []
    )
    kind = draw(st.sampled_from(kinds))
    found: dict[str, Any] = {"description": draw(PROSE)}
    if kind in ("anyOf", "allOf"):
        return {
            **found,
            draw(st.sampled_from([kind, "oneOf"])): draw(st.lists(schemas(depth + 1), min_size=1, max_size=3)),
        }
    if kind != "none":
        found["type"] = draw(st.sampled_from([kind, kind, kind, [kind, "null"], ["null", kind]]))
    extras: dict[str, st.SearchStrategy[Any]] = {
        "nullable": st.booleans(),
        "default": PLAIN_VALUES,
        "example": PLAIN_VALUES,
        "enum": st.lists(PLAIN_VALUES, max_size=4),
        "const": PLAIN_VALUES,
        "readOnly": st.booleans(),
        "deprecated": st.booleans(),
        "format": st.sampled_from(["uri", "date-time", "int64", "x"]),
    }
    own: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "string": {
            "minLength": st.integers(-1, 9),
            "maxLength": st.integers(0, 30),
            "pattern": st.sampled_from(["^a+$", "[", "^https?://", "^\\d{4}$", "(?<=x)y"]),
        },
        "integer": {
            "minimum": NUMBERS,
            "maximum": NUMBERS,
            "exclusiveMinimum": st.one_of(st.booleans(), NUMBERS),
            "multipleOf": NUMBERS,
        },
        "number": {
            "minimum": st.floats(-2, 2),
            "maximum": NUMBERS,
            "exclusiveMaximum": st.one_of(st.booleans(), NUMBERS),
        },
        "array": {
            "minItems": st.integers(0, 3),
            "maxItems": st.integers(0, 5),
            "items": schemas(depth + 1),
            "uniqueItems": st.booleans(),
        },
        "object": {
            "properties": st.dictionaries(WORDS, schemas(depth + 1), max_size=4),
            "required": st.lists(WORDS, max_size=2),
            "additionalProperties": st.booleans(),
        },
    }
    for name, values in {**extras, **own.get(kind, {})}.items():
        if draw(st.integers(0, 3)) == 0 or name == "properties":
            found[name] = draw(values)
    return found


@st.composite
def answers(draw: st.DrawFn) -> JSON:
    """Draw the example of an answer that shows a task, whole or not."""
    id = draw(st.sampled_from(["id", "task_id", "taskId", "uuid", "request_id"]))
    status = draw(st.sampled_from(["status", "state", "task_status", "taskStatus", "phase"]))
    word = draw(st.sampled_from(["queued", "SUCCESS", "succeed", "processing", "weird"]))
    url = "https://cdn.example/1.png"
    results: JSON = draw(
        st.sampled_from(
            [
                {"url": url},
                {"output": [url]},
                {"images": [{"url": url, "width": 5, "index": 0}]},
                {"result": {"videos": [{"url": url, "duration": "5"}]}},
                {"video_url": url, "cover_url": url},
                {"data": {"list": [{"file": {"url": url}}]}},
                {},
            ]
        )
    )
    more: JSON = draw(
        st.sampled_from(
            [
                {},
                {"created_at": 1733836800},
                {"createTime": 1733836800000, "error": {"message": "no"}},
                {"created": "2026-01-01T00:00:00Z", "fail_reason": "x", "progress": "50%"},
            ]
        )
    )
    task = {
        id: draw(st.sampled_from(["8123", 8123, "3f0c3a0e-7d0c-4b0e-9f6e-0d6f2f3b5a11"])),
        status: word,
        **results,
        **more,
    }
    envelope = draw(st.sampled_from([None, "data", "result", "task"]))
    return task if envelope is None else {"code": 0, "message": "ok", envelope: task}


@st.composite
def documents(draw: st.DrawFn) -> JSON:
    """Draw an OpenAPI document of a task API."""
    properties = {
        "prompt": {"type": "string", "description": draw(PROSE)},
        **draw(st.dictionaries(WORDS, schemas(), max_size=6)),
    }
    body: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "required": draw(st.lists(st.sampled_from([*properties, "other"]), max_size=3)),
    }
    if draw(st.integers(0, 4)) == 0:
        body = {"allOf": [{"$ref": "#/components/schemas/Order"}, draw(schemas(2))]}
    media: dict[str, Any] = {"schema": body}
    if draw(st.booleans()):
        media["example"] = draw(st.dictionaries(st.sampled_from([*properties]), PLAIN_VALUES, max_size=4))
    shown = draw(answers())
    made = shown if draw(st.booleans()) else draw(answers())
    path = draw(
        st.sampled_from(["/tasks", "/v1/images/generations", "/createTask", "/a/{model}/run", "/v1/images/omni-image"])
    )
    one = draw(st.sampled_from([f"{path}/{{taskId}}", "/tasks/{id}", "/query", "/tasks/{id}/status"]))
    response = {"200": {"description": "", "content": {"application/json": {"example": shown}}}}
    get: dict[str, Any] = {"responses": response}
    if one == "/query":
        get["parameters"] = [
            {"name": "task_id", "in": "query", "required": draw(st.booleans()), "schema": {"type": "string"}}
        ]
    created = {
        draw(st.sampled_from(["200", "201", "202"])): {
            "description": "",
            "content": {"application/json": {"example": made}},
        }
    }
    error = draw(
        st.sampled_from(
            [
                None,
                {"error": {"code": "x", "message": "no"}},
                {"message": "no"},
                {"detail": "{x}"},
                {"code": 1, "msg": "n", "request_id": "r"},
            ]
        )
    )
    if error is not None:
        created[draw(st.sampled_from(["400", "401", "404", "429", "500"]))] = {
            "description": "",
            "content": {"application/json": {"example": error}},
        }
    paths: dict[str, Any] = {
        path: {"post": {"requestBody": {"content": {"application/json": media}}, "responses": created}}
    }
    paths.setdefault(one, {})["get"] = get
    if draw(st.booleans()):
        listed = {
            "200": {"description": "", "content": {"application/json": {"example": {"items": [shown], "total": 1}}}}
        }
        parameters = [
            {"name": name, "in": "query", "schema": draw(schemas(3))}
            for name in draw(st.lists(st.sampled_from(["page", "page_size", "limit"]), unique=True))
        ]
        paths[path].setdefault("get", {"responses": listed, "parameters": parameters})
    order = {"type": "object", "properties": properties}
    return {
        "openapi": draw(st.sampled_from(["3.0.1", "3.1.0"])),
        "info": {"title": "x", "version": "1"},
        "paths": paths,
        "servers": draw(
            st.sampled_from([[], [{"url": "https://api.x.example/base"}], [{"url": "/v3"}], [{"url": "http://[::1"}]])
        ),
        "components": {"schemas": {"Order": order}},
    }


def refusal(file: Path, place: Path) -> str | None:
    """Import a document into a folder; return why that cannot be, or ``None``."""
    try:
        found = imported([file], place.name)
        write(place, found.files, found.notes, file.name)
    except CannotImport as error:
        return str(error)
    return None


@contextmanager
def served(document: JSON) -> Iterator[Fake | None]:
    """Serve what was made of a document; ``None`` if it was refused, in a sentence."""
    with TemporaryDirectory() as place:
        file = Path(place) / "openapi.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        if (told := refusal(file, Path(place) / "acme")) is not None:
            assert re.fullmatch(r"openapi\.json.*[.)]", told), told
            yield None
            return
        catalog = read(folder("schemas"), [Path(place) / "acme"])
        yield Fake(Settings(services=("acme",), pace="instant"), catalog=catalog)


def path_of(operation: Operation, id: str) -> tuple[str, str]:
    """Return the path and the query of a request about a task."""
    path = operation.path
    if f"{{{operation.finds}}}" in path:
        return path.replace(f"{{{operation.finds}}}", id), ""
    if "{id}" in path:
        return path.replace("{id}", id), ""
    return path, f"{operation.finds}={id}"


@settings(
    deadline=None, max_examples=draws(60), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(documents())
def test_a_document_becomes_a_service_that_answers_or_is_refused_in_a_sentence(document: JSON) -> None:
    with served(document) as fake:
        if fake is None:
            return
        operations = service(fake).operations.values()
        for create in (each for each in operations if each.does == "create"):
            for example in create.schema["examples"]:
                status, _ = ask(fake, "POST", create.path.replace("{", "").replace("}", ""), example)
                assert status == create.answer_status, example
        for get in (each for each in operations if each.does == "get"):
            (task, *_) = fake.tasks
            path, query = path_of(get, task.id)
            status, shown = ask(fake, "GET", path, query=query)
            assert status == get.answer_status, shown
            assert get.answer is not None
            assert fake.world.catalog.validator(get.answer).is_valid(shown), shown
            for url in fake.world.catalog.services["acme"].layout.results:
                assert url
        for listing in (each for each in operations if each.does == "list"):
            assert ask(fake, "GET", listing.path)[0] in (listing.answer_status, 400)
        assert fake.failures == 0


@settings(
    deadline=None, max_examples=draws(50), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(documents())
def test_payloads_can_be_made_that_keep_and_break_each_rule(document: JSON) -> None:
    with served(document) as fake:
        if fake is not None:
            keep_and_break_each_rule(fake)


def keep_and_break_each_rule(fake: Fake, level: str = "error") -> int:
    """Make a payload that breaks each rule of a level alone, and one that breaks none; return how many rules."""
    count = 0
    for create in (each for each in service(fake).operations.values() if each.does == "create"):
        assert ValidPayloads.of(create, is_strict=False).generate(Simplest()) is not None
        invalid = InvalidPayloads.of(create)
        for rule in (each for each in create.rules if each.level == level):
            assert invalid.generate(invalid.rule(rule.id), Simplest()) is not None, rule.id
            count += 1
    return count


NAMES = (
    "9lives",
    "1",
    "01",
    "+1",
    "items",
    "properties",
    "required",
    "type",
    "allOf",
    "$ref",
    "x y",
    "a/b",
    "a~b",
    "数",
    "ünï",
    "_",
)
"""Names that a field may have: they begin with a digit, are keywords, or have no letter that an anchor may have."""


@pytest.mark.parametrize("name", NAMES)
def test_a_field_may_have_any_name(name: str) -> None:
    field = {"type": "string", "enum": ["1k", "2k"], "maxLength": 9}
    inner = {"type": "object", "properties": {name: field}, "required": [name]}
    beside = {"type": "object", "properties": {name: {"type": "array", "items": inner}, "items": inner}}
    properties = {name: field, "other": beside, "prompt": {"type": "string", "maxLength": 20}}
    document = minimal()
    (body,) = document["paths"]["/pictures"]["post"]["requestBody"]["content"].values()
    body["schema"] = {"type": "object", "properties": properties, "required": ["prompt", name]}
    with served(document) as fake:
        assert fake is not None
        assert keep_and_break_each_rule(fake) > 5
    body["example"] = {"prompt": "A boat", name: "4k"}  # so that its values only warn, in a rule with a name
    with served(document) as fake:
        assert fake is not None
        assert keep_and_break_each_rule(fake, "warning") > 0
    body["example"] = {"prompt": "A boat"}  # so that it is only warned of where it is missing
    with served(document) as fake:
        assert fake is not None
        assert keep_and_break_each_rule(fake, "warning") > 0
