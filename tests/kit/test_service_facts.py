"""Facts of services are in schemas/: no code of the kit knows a field, or the name, of one service."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import mockserver.kit
from mockserver.contract.catalog import load
from mockserver.resources import folder

KIT = Path(str(mockserver.kit.__file__)).parent
MODULES = {str(path.relative_to(KIT)): path for path in sorted(KIT.rglob("*.py"))}
SERVICES = load().services

ALLOWED: Mapping[str, Mapping[str, str]] = {
    "client/checks/waiting.py": {"task_id": "a word of the protocol of testees, schemas/testee.json"},
    "generation/generator.py": {"negative_prompt": "a sample for texts of two services, and of none but by its name"},
    "reports/sarif.py": {"kling": "this program is called kling-mockserver"},
    "server/settings.py": {"kling": "the contract that is meant unless another one is named, as for the command"},
}
"""What a module may know all the same, and why."""


def words(text: str) -> set[str]:
    """Return the names in a text without white space: of ``task_info.external_task_id`` both. Prose has none."""
    return set() if re.search(r"\s", text) else set(re.findall(r"[A-Za-z_][A-Za-z_0-9]*", text))


def properties(schema: Any) -> Iterator[str]:
    """Yield the names of all fields in a schema, at any depth."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from properties(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from properties(part)


def texts(value: Any) -> Iterator[str]:
    """Yield all texts in a value of JSON that are not names of its fields."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)
    elif isinstance(value, str):
        yield value


def unknown_to_a_dialect() -> dict[str, str]:
    """Return the field names of requests and layouts that some dialect does without, with a dialect that knows them."""
    known: dict[str, set[str]] = {}
    for id, service in SERVICES.items():
        source = json.loads((folder("schemas") / id / "service.json").read_text(encoding="utf-8"))
        names = {name for operation in service.operations.values() for name in properties(operation.schema)}
        places = [text for text in texts(source.get("layout", {})) if text]
        names |= {name for place in places for name in words(place)}
        known.setdefault(service.dialect, set()).update(names)
    of_all = set[str].intersection(*known.values())
    return {name: dialect for dialect, names in known.items() for name in names - of_all}


def ours() -> set[str]:
    """Return the words of our own meta-schemas: who says them names a role, or a keyword of JSON Schema."""
    metas = [json.loads((folder("schemas") / name).read_text(encoding="utf-8"))
             for name in ("service.meta.json", "schema.meta.json")]  # fmt: skip
    return {name for meta in metas for name in properties(meta)} | set(texts(metas))


ORDINARY = frozenset(
    {"data", "key", "length", "limit", "mode", "n", "options", "request", "resource", "response", "scene", "secret",
     "seed", "settings", "sort", "state", "text", "url", "values", "version", "waiting", "x", "y"}
)  # fmt: skip
"""Names of fields that are also words for other things, such as the URL of a server, or the seed of a run."""


@cache
def foreign() -> Mapping[str, str]:
    """Return the names of fields that are of no meaning to some dialect, each with a dialect that knows it."""
    usual = {*ours(), *ORDINARY}
    return {name: dialect for name, dialect in unknown_to_a_dialect().items() if name not in usual}


def said(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the names that a module's code says, in texts and as keywords of calls, with their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body and isinstance(node.body[0], ast.Expr)
    }  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node not in documentation:
            text = node.value.decode(errors="replace") if isinstance(node.value, bytes) else node.value
            if isinstance(text, str):
                yield from ((node.lineno, word) for word in sorted(words(text)))
        elif isinstance(node, ast.keyword) and node.arg is not None:
            yield node.value.lineno, node.arg


def test_the_names_are_those_that_another_dialect_would_not_have() -> None:
    assert {"email", "createdAfter", "callback_url", "watermark_info", "element_list", "element_1", "replyRef"} <= {
        *foreign()
    }
    assert not {"prompt", "task", "type", "id"} & {*foreign()}


@pytest.mark.parametrize("module", MODULES)
def test_the_kit_knows_no_field_of_one_service(module: str) -> None:
    allowed = ALLOWED.get(module, {})
    names = {**foreign(), **{id: id for id in SERVICES}}
    found = {word: line for line, word in said(MODULES[module]) if word in names}
    told = {word: f"line {line}: {word} is a fact of {names[word]}" for word, line in found.items()}
    assert [text for word, text in told.items() if word not in allowed] == []
    assert found.keys() >= allowed.keys(), "an exception that is no longer needed"
