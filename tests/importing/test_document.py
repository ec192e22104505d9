"""Files that hold a document, and files that do not: what is wrong is told in one line, with place and way out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mockserver.importing.notes import CannotImport, Kind, Notes
from mockserver.importing.reading.document import read
from mockserver.importing.service import imported
from mockserver.types import JSON
from tests.importing.documents import GATEWAY, PLAIN, minimal

BOMB = "a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(20)
)
WRONG: dict[str, tuple[str, str]] = {
    # What a file has, and how the error begins after the name of the file.
    "nothing": ("", r": it has no OpenAPI document"),
    "prose": ("Some words.\n", r": it has no OpenAPI document.*Nothing in it says what an API takes"),
    "a list": ("- openapi: 3.0.0\n", r": it has no OpenAPI document"),
    "Swagger 2.0": ("swagger: '2.0'\npaths: {}\n", r":1#/swagger: it is Swagger 2.0. Convert it to OpenAPI 3 first"),
    "Swagger in JSON": ('{"swagger": "2.0"}', r"#/swagger: it is Swagger 2.0"),
    "another version": ("openapi: 4.0.0\npaths: {}\n", r":1#/openapi: it is OpenAPI '4.0.0'. Write"),
    "other JSON": ('{"a": 1}', r"#/openapi: it is no OpenAPI document, for it has no field 'openapi'"),
    "no paths": ("openapi: 3.0.0\ninfo: {}\n", r"#/paths: it has no paths"),
    "no operation": ("openapi: 3.0.0\npaths: {/a: {}}\n", r":2#/paths: no operation makes a task"),
    "a tab": ("openapi: 3.0.0\npaths:\n\t/a: {}\n", r":3: it is not YAML: the line begins with a tab. Indent"),
    "a field twice": ("openapi: 3.0.0\npaths: {}\npaths: {}\n", r":3: .*'paths' stands here and in line 2"),
    "a field twice in JSON": ('{"openapi": "3.0.0", "openapi": "3.0.1"}', r": it is not JSON: .*[Dd]uplicate"),
    "an open bracket": ("openapi: 3.0.0\npaths: {\n", r":3: it is not YAML"),
    "broken JSON": ('{"openapi": "3.0.0", "paths": ', r": it is not JSON"),
    "a bomb of aliases": (f"openapi: 3.0.0\n{BOMB}", r":\d+: it is not YAML: aliases stand for more than 100000 nodes"),
    "an alias of itself": ("openapi: 3.0.0\na: &a [*a]\n", r":2: it is not YAML: the alias \*a stands before, or in"),
    "an unknown alias": ("openapi: 3.0.0\na: *b\n", r":2: it is not YAML"),
    "deep YAML": ("openapi: 3.0.0\na: " + "[" * 500, r":2: it is not YAML"),
    "deeper YAML": ("openapi: 3.0.0\na: " + "[" * 200_000, r":2: it is not YAML"),
    "deep JSON": ('{"openapi": "3.0.0", "a": ' + "[" * 200_000, r": it is not JSON"),
    "a tag": ("openapi: 3.0.0\na: !!python/object:os.system x\n", r":2: it is not YAML: the tag .* is not known"),
    "a control character": ("openapi: 3.0.0\na: \x07\n", r":2: it is not YAML: the letter '\\x07'"),
    "two documents": ("openapi: 3.0.0\n---\nopenapi: 3.0.0\n", r":\d: it is not YAML: it has more than one document"),
    "a key that is a list": ("openapi: 3.0.0\n? [a]\n: b\n", r":2: it is not YAML: the name of a field"),
    "large YAML": ("openapi: 3.0.0\n" + "#" * 5_000_000, r": it has 5000015 bytes, and at most 4194304 are read"),
}


def told(tmp_path: Path, text: str) -> str:
    """Return what an import says of a file that it refuses."""
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CannotImport) as refused:
        imported([file], "acme")
    return str(refused.value)


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_cannot_be_imported_is_told_in_one_line(name: str, tmp_path: Path) -> None:
    text, expected = WRONG[name]
    import re

    found = told(tmp_path, text)
    assert re.match(r"x\.yaml" + expected, found), found
    assert "\n" not in found
    assert len(found) < 700
    assert found.endswith(".")


def test_what_is_no_utf_8_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes("openapi: 3.0.0\n".encode("utf-16"))
    with pytest.raises(CannotImport, match=r"is no UTF-8"):
        imported([tmp_path / "x.yaml"], "acme")


def test_a_schema_that_contains_itself_is_told_where(tmp_path: Path) -> None:
    document = minimal(
        components={"schemas": {"A": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A"}}}}}
    )
    content = document["paths"]["/pictures"]["post"]["requestBody"]["content"]["application/json"]
    content["schema"] = {"$ref": "#/components/schemas/A"}
    assert "#/components/schemas/A: this schema contains itself" in told(tmp_path, json.dumps(document))
    content["schema"] = {"$ref": "#/components/schemas/B"}
    document["components"]["schemas"] = {
        "B": {"$ref": "#/components/schemas/C"},
        "C": {"$ref": "#/components/schemas/B"},
    }
    assert "leads round in a circle" in told(tmp_path, json.dumps(document))


def test_references_that_multiply_are_refused_soon(tmp_path: Path) -> None:
    schemas: dict[str, JSON] = {"A0": {"type": "string"}}
    for n in range(40):
        ref = {"$ref": f"#/components/schemas/A{n}"}
        schemas[f"A{n + 1}"] = {"type": "object", "properties": {"a": ref, "b": ref, "c": ref}}
    document = minimal(components={"schemas": schemas})
    content = document["paths"]["/pictures"]["post"]["requestBody"]["content"]["application/json"]
    content["schema"] = {"$ref": "#/components/schemas/A40"}
    assert "more than 20000 schemas" in told(tmp_path, json.dumps(document))


def test_a_large_document_in_json_is_read(tmp_path: Path) -> None:
    document = minimal(info={"title": "Large", "version": "1", "description": "x" * 10_000_000})
    (tmp_path / "x.json").write_text(json.dumps(document))
    assert imported([tmp_path / "x.json"], "acme").files["service.json"]["title"] == "Large"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            {"status": "queued", "url": "https://x.example/1.png"},
            "no field of the answer of POST /pictures is the id of a task",
        ),
        ({"id": "1", "url": "https://x.example/1.png"}, "says how far a task is"),
        ({"id": "1", "status": 3, "url": "https://x.example/1.png"}, "is a number, and we read only words"),
        ({"id": "1", "status": "queued"}, "holds the URL of a result"),
    ],
)
def test_an_answer_that_lacks_a_part_of_a_task_is_told(answer: JSON, expected: str, tmp_path: Path) -> None:
    document = minimal()
    for method, path in (("post", "/pictures"), ("get", "/pictures/{id}")):
        document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["example"] = answer
    assert expected in told(tmp_path, json.dumps(document))


def test_an_operation_that_shows_nothing_is_told(tmp_path: Path) -> None:
    document = minimal()
    del document["paths"]["/pictures/{id}"]
    assert "no operation shows what POST /pictures makes. Describe a GET of one task." in told(
        tmp_path, json.dumps(document)
    )
    document = minimal()
    del document["paths"]["/pictures/{id}"]["get"]["responses"]
    assert "what GET /pictures/{id} answers is not described" in told(tmp_path, json.dumps(document))


def test_an_unquoted_colon_is_mended_and_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text(GATEWAY, encoding="utf-8")
    notes = Notes()
    (document,) = read(tmp_path / "x.md", notes)
    (note,) = notes.of(Kind.MENDED)
    number = int(note.place.removeprefix("x.md:"))
    line = GATEWAY.splitlines()[number - 1]
    assert line.strip() == note.words == "description: The model Enumeration value: kling-image-o1"
    assert document.place(("paths",)).startswith("x.md:12#")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: b: c\n", {"a": "b: c"}),
        ("a: it's b: c\n", {"a": "it's b: c"}),
        ("a: first\n  second: third\nb: 1\n", {"a": "first second: third", "b": 1}),
        ("- a: b\n  c: @image_1 is: named\n", [{"a": "b", "c": "@image_1 is: named"}]),
        ("a: b:\nc: d\n", {"a": "b:", "c": "d"}),
        ("a:\n  - x: y: z\n", {"a": [{"x": "y: z"}]}),
    ],
)
def test_a_text_that_needs_quotes_gets_them(text: str, value: JSON) -> None:
    from mockserver.importing.reading.mending import read as mended

    assert mended(text)[0] == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            "a: yes\nb: on\nc: 16:9\nd: 2024-01-01\ne: 0o17\n",
            {"a": "yes", "b": "on", "c": "16:9", "d": "2024-01-01", "e": "0o17"},
        ),
        ("a: true\nb: null\nc: ~\nd: 1.5\ne: -3\n", {"a": True, "b": None, "c": None, "d": 1.5, "e": -3}),
        ("200: a\n'n': b\n", {"200": "a", "n": "b"}),
        ("a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n", {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
    ],
)
def test_values_are_those_of_json(text: str, value: JSON) -> None:
    from mockserver.importing.reading.nodes import parsed

    assert parsed(text)[0] == value


def test_a_yaml_document_may_speak_of_markdown(tmp_path: Path) -> None:
    text = PLAIN.replace("info: {", "info:\n  description: |\n    ```yaml\n    openapi: 2.0\n    ```\n  x: {").replace(
        "  x: {title", "  more: {title"
    )
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    (document,) = read(tmp_path / "x.yaml", Notes())
    assert document.root["openapi"] == "3.1.0"
