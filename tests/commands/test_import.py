"""``mockserver import``, ``new`` and ``--schemas``: from a document to a service that is served and judged."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from mockserver.adapters.testing.live import live
from mockserver.adapters.testing.patch import patch
from mockserver.cli import main
from mockserver.contract.catalog import load, read
from mockserver.errors import BadSetting
from mockserver.kit.server.runner import run as judged
from mockserver.kit.server.settings import Settings as Judging
from mockserver.resources import SCHEMAS, folder
from tests.conftest import PATIENCE
from tests.importing.documents import DOCUMENTS, GATEWAY, PLAIN
from tests.support.process import MAIN, PIP, ROOT, started

OURS = sorted(load().services)
DOCUMENT = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")


def mockserver(*words: str, expected: int = 0) -> Result:
    """Run a command in this process."""
    result = CliRunner().invoke(main, list(words))
    assert result.exit_code == expected, (words, result.output, result.exception)
    assert os.environ.get(SCHEMAS, "") == ""  # what one command loads is not there for the next
    return result


@pytest.fixture
def contracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a service made of each document, by the command."""
    monkeypatch.delenv(SCHEMAS, raising=False)
    for name, text in DOCUMENTS.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
        mockserver("import", str(tmp_path / f"{name}.yaml"), "--service", name, "--out", str(tmp_path / "contracts"))
    return tmp_path / "contracts"


def test_an_import_prints_what_a_person_has_to_look_at(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(GATEWAY, encoding="utf-8")
    result = mockserver("import", str(tmp_path / "page.md"), "--service", "hub", "--out", str(tmp_path))
    assert "mended: page.md:24: 'description: The model Enumeration value: kling-image-o1'" in result.stderr
    assert "mined" not in result.stderr
    assert result.stdout.startswith(str(tmp_path / "hub" / "service.json"))
    assert (tmp_path / "hub" / "IMPORT.md").is_file()


def test_nothing_is_replaced_without_force_and_nothing_is_left_of_a_refused_import(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(PLAIN, encoding="utf-8")
    (tmp_path / "bad.yaml").write_text("openapi: 3.0.0\npaths: {}\n", encoding="utf-8")
    words = ("--service", "acme", "--out", str(tmp_path / "out"))
    assert "it has no paths" in mockserver("import", str(tmp_path / "bad.yaml"), *words, expected=2).stderr
    assert not (tmp_path / "out").exists()
    mockserver("import", str(tmp_path / "good.yaml"), *words)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out" / "acme").iterdir()}
    refused = mockserver("import", str(tmp_path / "good.yaml"), *words, expected=2).stderr
    assert re.search(r"--out: '.*acme' is there already\. Choose another --out, or --force", refused)
    mockserver("import", str(tmp_path / "bad.yaml"), *words, "--force", expected=2)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out" / "acme").iterdir()} == before
    mockserver("import", str(tmp_path / "good.yaml"), *words, "--force")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["acme"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    held = mockserver(
        "import", str(tmp_path / "good.yaml"), "--service", "mine", "--out", str(tmp_path), "--force", expected=2
    )
    assert "is no folder of a service, and is not replaced" in held.stderr
    assert (tmp_path / "mine" / "notes.txt").exists()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("kling", "a service of ours is called 'kling' already"),
        ("A b", "'A b' is no name of a service"),
        ("../x", "is no name"),
    ],
)
def test_a_name_that_cannot_be_is_refused(name: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(PLAIN, encoding="utf-8")
    assert (
        told
        in mockserver("import", str(tmp_path / "x.yaml"), "--service", name, "--out", str(tmp_path), expected=2).stderr
    )
    assert told in mockserver("new", "service", name, "--out", str(tmp_path), expected=2).stderr


def test_a_file_that_is_not_there_is_told() -> None:
    assert (
        "no-such.yaml: cannot be written or read"
        in mockserver("import", "no-such.yaml", "--service", "x", expected=2).stderr
    )


def commands(group: click.Group, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name in group.commands:
        command = group.commands[name]
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))
        else:
            yield (*before, name)


@pytest.mark.parametrize("command", [*commands(main)], ids=" ".join)
def test_every_command_loads_folders_beside_ours(command: tuple[str, ...]) -> None:
    assert "--schemas DIR" in mockserver(*command, "--help").output


def test_a_folder_that_is_not_there_is_told() -> None:
    assert "is no folder that can be read" in mockserver("readings", "--schemas", "/no/such", expected=2).stderr


def test_the_commands_know_a_service_that_was_imported(contracts: Path, tmp_path: Path) -> None:
    own = ("--schemas", str(contracts))
    assert "plain  Plain pictures" in mockserver("list", "services", *own).output
    rules = json.loads(mockserver("rules", "wrapped", "--json", *own).output)
    assert any(rule["source"].startswith("mined: ") and rule["confidence"] == "inferred" for rule in rules)
    payload = json.loads(mockserver("example", "plain/generations", *own).output)
    assert payload["prompt"]
    broken = json.loads(mockserver("example", "plain/generations", "--break", "numImages.maximum", *own).output)
    (tmp_path / "payload.json").write_text(json.dumps(broken))
    told = mockserver("validate", "plain/generations", str(tmp_path / "payload.json"), *own, expected=1).output
    assert "error: numImages.maximum at /numImages" in told
    assert json.loads(mockserver("openapi", "plain", *own).output)["paths"].keys() >= {"/v2/generations"}
    assert "callback-on" in mockserver("readings", *own).output


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_exported_can_be_imported_again(name: str, contracts: Path, tmp_path: Path) -> None:
    exported = mockserver("openapi", name, "--schemas", str(contracts)).output
    (tmp_path / "again.json").write_text(exported, encoding="utf-8")
    mockserver("import", str(tmp_path / "again.json"), "--service", "again", "--out", str(tmp_path / "out"))
    before, after = (read(folder("schemas"), [place]).services for place in (contracts / name, tmp_path / "out"))
    served = [{(each.does, each.method, each.path) for each in services[id].operations.values()}
              for services, id in ((before, name), (after, "again"))]  # fmt: skip
    assert served[0] == served[1]


@pytest.mark.parametrize("name", ["plain", "asked", "gateway"])
def test_a_served_import_keeps_its_own_contract(name: str, contracts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with started("--schemas", str(contracts), "--service", name, "--pace", "instant", "--key", "my-key") as server:
        monkeypatch.setenv(SCHEMAS, str(contracts))
        only = ["credentials", "lifecycle", "answers", "refusals", "queries"]
        settings = Judging(url=server.url, service=name, token="my-key", only=only, max_creates=20, seconds=PATIENCE)
        verdict = judged(settings)
        assert (verdict.obstacle, verdict.findings) == (None, ())
        assert server.stderr == ""


@pytest.mark.parametrize("like", OURS)
def test_a_service_that_is_like_one_of_ours_starts_and_answers(like: str, tmp_path: Path) -> None:
    mockserver("new", "service", "acme", "--like", like, "--out", str(tmp_path))
    with live(schemas=[tmp_path / "acme"], services=["acme"], pace="instant") as running:
        (create,) = (each for each in running.fake.world.services[0].operations.values() if each.does == "create")
        assert create.path.startswith("/acme/")
        import httpx

        answer = httpx.post(running.url + create.path, json=create.schema["examples"][0],
                            headers={"authorization": "Bearer me", "x-api-key": "me"}, trust_env=False)  # fmt: skip
        assert answer.status_code == create.answer_status, answer.text
    assert sorted(path.name for path in (tmp_path / "acme").iterdir()) == ["service.json"]


def test_a_service_that_is_like_none_is_told(tmp_path: Path) -> None:
    told = mockserver("new", "service", "acme", "--like", "klin", "--out", str(tmp_path), expected=2).stderr
    assert "no service 'klin'; did you mean 'kling'?" in told


def test_a_new_service_keeps_the_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mockserver("new", "service", "acme", "--out", str(tmp_path))
    with started(
        "--schemas", str(tmp_path / "acme"), "--service", "acme", "--pace", "instant", "--key", "my-key"
    ) as server:
        monkeypatch.setenv(SCHEMAS, str(tmp_path / "acme"))
        settings = Judging(
            url=server.url, service="acme", token="my-key", only=["credentials", "lifecycle"], max_creates=20
        )
        verdict = judged(settings)
        assert (verdict.obstacle, verdict.findings) == (None, ())


def test_what_a_command_starts_loads_the_same(contracts: Path) -> None:
    code = """
import os, urllib.request
headers = {"authorization": "Bearer me", "content-type": "application/json"}
url = os.environ["MOCKSERVER_URL"] + "/v2/generations"
print(urllib.request.urlopen(urllib.request.Request(url, b'{"prompt": "A boat"}', headers)).status)
"""
    words = ["run", "--schemas", str(contracts), "--service", "plain", "--", sys.executable, "-c", code]
    ended = subprocess.run(
        [sys.executable, "-m", "mockserver", *words], capture_output=True, text=True, check=False, timeout=2 * PATIENCE
    )
    assert ended.stdout == "202\n", ended.stderr


class TestFolders:
    """Which folders are loaded, and which are refused."""

    @pytest.fixture
    def acme(self, tmp_path: Path) -> Path:
        mockserver("new", "service", "acme", "--out", str(tmp_path / "one"))
        return tmp_path / "one" / "acme"

    def test_a_folder_is_a_service_or_has_several_and_counts_once(self, acme: Path) -> None:
        found = read(folder("schemas"), [acme, acme.parent, acme.parent / "." / "acme"])
        assert [*found.services] == [*OURS, "acme"]

    def test_the_environment_names_folders_and_the_option_adds_to_them(
        self, acme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mockserver("new", "service", "other", "--out", str(tmp_path / "two"))
        monkeypatch.setenv(SCHEMAS, os.pathsep.join([str(acme), "", str(tmp_path / "two")]))
        assert {"acme", "other"} <= load().services.keys()
        with patch(schemas=[acme]) as patched:
            assert {"acme", "other"} <= patched.fake.world.catalog.services.keys()

    def test_our_own_folder_may_be_named(self) -> None:
        assert [*read(folder("schemas"), [str(folder("schemas"))]).services] == OURS

    @pytest.mark.parametrize(
        ("make", "told"),
        [
            (lambda place: place / "none", "is no folder that can be read"),
            (lambda place: place, r"has no service\.json, and no folder in it has one"),
            (lambda place: _service(place / "kling"), "a service of ours is called 'kling' already"),
            (lambda place: _service(place / "Not A Name"), "cannot be the name of a service"),
        ],
    )
    def test_another_folder_is_refused(self, make: Callable[[Path], Path], told: str, tmp_path: Path) -> None:
        with pytest.raises(BadSetting, match=told):
            read(folder("schemas"), [make(tmp_path)])

    def test_two_services_of_one_name_are_refused(self, acme: Path, tmp_path: Path) -> None:
        mockserver("new", "service", "acme", "--out", str(tmp_path / "two"))
        with pytest.raises(BadSetting, match="are both the service 'acme'"):
            read(folder("schemas"), [acme, tmp_path / "two"])

    def test_a_list_of_folders_is_a_list(self) -> None:
        with pytest.raises(BadSetting, match="'contracts' is not a list of folders"):
            patch(schemas="contracts")

    def test_what_is_broken_is_told_with_file_and_place(self, acme: Path) -> None:
        (acme / "service.json").write_text('{"title": 1}')
        told = mockserver("list", "services", "--schemas", str(acme), expected=2).stderr
        assert "acme/service.json#" in told


def _service(place: Path) -> Path:
    place.mkdir()
    (place / "service.json").write_text("{}")
    return place


def test_pytest_loads_the_folders_of_its_setting(tmp_path: Path) -> None:
    mockserver("new", "service", "acme", "--out", str(tmp_path / "contracts"))
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\nmockserver_schemas = ["contracts"]\n')
    (tmp_path / "test_acme.py").write_text(
        "from mockserver.kit import valid_payloads\n"
        "import pytest\n"
        "@pytest.mark.mock_kling(services=['acme'])\n"
        "def test_it(mock_kling_server):\n"
        "    assert [each.id for each in mock_kling_server.fake.world.services] == ['acme']\n"
        "    assert valid_payloads('acme/omni-image')\n"
        "def test_another(mock_kling):\n"
        "    assert 'acme' in mock_kling.fake.world.catalog.services\n"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=tmp_path, timeout=2 * PATIENCE,
    )  # fmt: skip
    assert "2 passed" in ended.stdout, ended.stdout


def test_the_commands_of_the_document_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "openapi.yaml").write_text(PLAIN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    lines = [line.split() for line in DOCUMENT.partition("```sh\n")[2].partition("```")[0].splitlines()]
    (words,) = (line[1:] for line in lines if line[:2] == ["mockserver", "import"])
    mockserver(*words)
    for line in lines:
        if line[:2] in (["mockserver", "serve"], ["mockserver", "check"]):
            named = [word for word in line if word.startswith("--")]
            shown = mockserver(*line[1 : 2 + (line[1] == "check")], "--help").output
            assert all(word in shown for word in named), line
    code = DOCUMENT.partition("```python\n")[2].partition("```")[0]
    exec(compile(code, "import.md", "exec"), {})


def test_an_import_without_its_extra_says_so_in_one_line(tmp_path: Path) -> None:
    code = f"import sys; sys.modules['yaml'] = None\n{MAIN}"
    words = ["import", "openapi.yaml", "--service", "acme", "--out", str(tmp_path / "out")]
    ended = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert ended.stderr == f"mockserver: mockserver import needs yaml: {PIP} 'kling-mockserver[import]'\n"
    assert (ended.returncode, (tmp_path / "out").exists()) == (2, False)


def test_each_row_of_the_document_is_mined_so() -> None:
    from mockserver.importing.requests.prose import mined

    rows = re.findall(r"^\| (`.+`) \| `(\w+)`", DOCUMENT, re.MULTILINE)
    assert len(rows) == 5
    for words, keyword in rows:
        for text in re.findall(r"`([^`]+)`", words):
            kinds = ("string", "integer", "array")
            assert any(
                each.keyword == keyword for kind in kinds for each in mined({"type": kind, "description": text})
            ), text
