"""What the tests of importing share: documents on the disk, and a fake that serves what was made of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mockserver.contract.catalog import read
from mockserver.contract.service import Service
from mockserver.fake.core import Fake
from mockserver.importing.folder import write
from mockserver.importing.service import Imported, imported
from mockserver.resources import folder
from mockserver.settings import Settings
from mockserver.types import JSON, Request

Import = Callable[..., Imported]
Serve = Callable[..., Fake]


@pytest.fixture
def bring(tmp_path: Path) -> Import:
    """Return a function that imports a document: a text, or what becomes JSON."""

    def made(document: str | JSON, name: str = "acme", beside: Mapping[str, str] | None = None) -> Imported:
        is_text = isinstance(document, str)
        file = tmp_path / ("openapi.yaml" if is_text else "openapi.json")
        file.write_text(document if is_text else json.dumps(document), encoding="utf-8")
        for other, text in (beside or {}).items():
            (tmp_path / other).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / other).write_text(text, encoding="utf-8")
        return imported([file], name)

    return made


@pytest.fixture
def served(tmp_path: Path, bring: Import) -> Serve:
    """Return a function that serves what an import has made, and nothing else."""

    def made(document: str | JSON, name: str = "acme", **settings: JSON) -> Fake:
        found = bring(document, name)
        write(tmp_path / "out" / name, found.files, found.notes, "openapi")
        catalog = read(folder("schemas"), [tmp_path / "out" / name])
        return Fake(Settings(services=(name,), **settings), catalog=catalog)

    return made


def service(fake: Fake) -> Service:
    (found,) = fake.world.services
    return found


def ask(fake: Fake, method: str, path: str, payload: JSON = None, query: str = "") -> tuple[int, JSON]:
    """Send a request, and return the status and the body of the answer."""
    body = b"" if payload is None else json.dumps(payload).encode()
    headers = {"authorization": "Bearer me", "content-type": "application/json"}
    answer = fake.respond(Request(method, path, query, headers, body))
    return answer.status, json.loads(answer.body)
