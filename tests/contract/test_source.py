"""The source: what a start reads of a folder, and when it may take one for whole without reading it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from mockserver.contract import catalog
from mockserver.contract.service import Operation
from mockserver.contract.source import known, wholeness
from mockserver.contract.source.files import Files
from mockserver.contract.source.known import is_known, remember, state
from mockserver.errors import BadContract
from mockserver.fake.core import Fake
from mockserver.fake.dialects.known import DIALECTS
from mockserver.importing.skeleton import skeleton
from mockserver.resources import folder
from mockserver.settings import Settings
from mockserver.types import JSON, Request
from tests.support.process import ROOT
from tests.support.sampling import draws

SCHEMAS = Path(str(folder("schemas")))
FILES = sorted(str(path.relative_to(SCHEMAS)) for path in SCHEMAS.glob("*/*.json"))
CREATES = [
    each
    for service in catalog.load().services.values()
    for each in service.operations.values()
    if each.task and each.media_types == ("application/json",)
]


class Reads(Files):
    """Files that note which of them were read."""

    def __init__(self) -> None:
        super().__init__(SCHEMAS, are_checked=False)
        self.names: set[str] = set()

    def _json(self, name: str) -> JSON:
        self.names.add(name)
        return super()._json(name)


def fake_of(files: Files, *services: str) -> Fake:
    return Fake(Settings(services=services), catalog=catalog._catalog(files))


def test_a_start_reads_only_the_routes_of_a_folder_that_is_known() -> None:
    files = Reads()
    fake_of(files)
    assert files.names == {name for name in FILES if name.endswith("service.json")}


@pytest.mark.parametrize("service", catalog.load().services)
def test_a_start_reads_nothing_of_a_service_that_it_does_not_serve(service: str) -> None:
    files = Reads()
    fake_of(files, service)
    extended = files.sources[service].data.get("extends", service)
    read = {name for name in FILES if name.endswith("service.json")}
    assert files.names == {name for name in read if name.partition("/")[0] in (service, extended)}


@pytest.mark.parametrize("operation", CREATES, ids=lambda each: each.id)
def test_a_request_reads_the_schema_of_its_operation_and_of_no_other_service(operation: Operation) -> None:
    files = Reads()
    fake = fake_of(files, operation.service)
    payload = b'{"prompt": "A cat"}'
    headers = {"authorization": "Bearer key", "content-type": "application/json", "host": "localhost"}
    assert fake.respond(Request("POST", operation.path, "", headers, payload)).status != 500
    sources = {operation.service, files.sources[operation.service].data.get("extends", operation.service)}
    owner = {name.partition("/")[0] for name, schema in catalog.load().documents.items() if schema is operation.schema}
    assert {name.partition("/")[0] for name in files.names} <= sources | owner
    if sources == {operation.service}:
        beside = {name for name in files.names if name.endswith(".request.json")}
        assert len(beside) == 1, beside


def test_a_catalog_that_is_read_late_is_the_one_that_is_read_at_once() -> None:
    at_once, late = catalog.read(SCHEMAS), catalog._catalog(Files(SCHEMAS, are_checked=False))
    assert list(late.services) == list(at_once.services)
    for id, service in at_once.services.items():
        assert late.services[id] == service


@pytest.fixture
def schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the contract, and keep what is known of it in another place."""
    monkeypatch.setattr(known, "_place", lambda: tmp_path / "__pycache__" / "known.whole")
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return Path(shutil.copytree(SCHEMAS, tmp_path / "schemas"))


def test_a_folder_is_known_once_it_is_remembered(schemas: Path) -> None:
    assert not is_known(state(schemas))
    remember(state(schemas))
    assert is_known(state(schemas))
    assert [path.name for path in (schemas.parent / "__pycache__").iterdir()] == ["known.whole"]


def test_beside_a_folder_that_is_known_only_what_is_new_is_checked(
    schemas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    monkeypatch.setattr(wholeness, "_check_operations", lambda own, _: checked.append(own.id))
    own = schemas.parent / "acme"
    own.mkdir()
    (own / "service.json").write_text(json.dumps(skeleton("acme", "kling")["service.json"]), encoding="utf-8")
    ours = {*catalog.read(schemas).services}
    assert {*checked} == ours
    checked.clear()
    catalog.read(schemas, [own])
    assert {*checked} == {*ours, "acme"}
    remember(state(schemas))
    checked.clear()
    catalog.read(schemas, [own])
    assert checked == ["acme"]
    (own / "service.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadContract, match=r"acme/service\.json"):
        catalog.read(schemas, [own])


CHANGES: dict[str, Callable[[Path], object]] = {
    "longer": lambda file: file.write_bytes(file.read_bytes() + b" "),
    "touched": lambda file: os.utime(file, ns=(0, file.stat().st_mtime_ns + 1)),
    "gone": lambda file: file.unlink(),
    "another": lambda file: file.with_name(f"another-{file.name}").write_text("{"),
    "renamed": lambda file: file.rename(file.with_name(f"renamed-{file.name}")),
}


@pytest.mark.drawn
@pytest.mark.parametrize("change", CHANGES)
def test_a_folder_in_which_any_file_has_changed_is_not_known(schemas: Path, change: str) -> None:
    for file in (*Random(change).sample(FILES, draws(len(FILES))), "service.meta.json", "schema.meta.json"):
        remember(state(schemas))
        assert is_known(state(schemas)), file
        CHANGES[change](schemas / file)
        assert not is_known(state(schemas)), file


def test_a_folder_is_not_known_to_another_code(schemas: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    remember(state(schemas))
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "rules.py").write_text("")
    monkeypatch.setattr(known, "_CODE", tmp_path / "code")
    assert not is_known(state(schemas))


@pytest.mark.parametrize("why", ["bytecode", "place"])
def test_where_nothing_can_be_kept_nothing_is_known(schemas: Path, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    if why == "bytecode":
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
    else:  # as on a disk that is read only: there is no folder, and none can be made
        (schemas.parent / "file").write_text("")
        monkeypatch.setattr(known, "_place", lambda: schemas.parent / "file" / "known.whole")
    remember(state(schemas))
    assert not is_known(state(schemas))


def test_a_contract_that_breaks_is_refused_at_the_next_start(tmp_path: Path) -> None:
    for name in ("mockserver", "schemas"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def started() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mockserver", "--port", "0", "--service", "nobody"]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    for _ in range(2):  # the second start knows what the first has found
        assert "no service 'nobody'" in started().stderr
    assert [*tmp_path.rglob("*.whole")]
    (tmp_path / "schemas" / "useapi" / "created.json").write_text('{"type": 5}')
    for _ in range(2):
        found = started()
        assert (found.returncode, found.stderr.count("\n")) == (2, 1), found.stderr
        assert "useapi/created.json#/type: " in found.stderr


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_actions_that_the_meta_schema_lists_are_those_of_the_dialect(dialect: str) -> None:
    meta = Files(SCHEMAS, are_checked=False)._json("service.meta.json")
    assert meta["$defs"][f"does-{dialect}"]["properties"]["does"]["enum"] == sorted(DIALECTS[dialect].actions)
    assert meta["properties"]["dialect"]["enum"] == list(DIALECTS)
