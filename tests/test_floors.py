"""The laws of the house: imports go down, the judge and the defendant are strangers, a start is light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent


class Storey(NamedTuple):
    """Some modules of one package. A module may import those of a lower floor, and those left of a `<`.

    Storeys on the same floor are strangers: kit/ judges what fake/ does, so neither may know the other.
    """

    floor: int
    package: str
    steps: str


HOUSE = (
    Storey(0, "mockserver", "types < curl errors < durations resources settings"),
    Storey(
        1,
        "mockserver.contract",
        "forms keywords readings < rules soundness < validation vectors < catalog"
        " < components differences evidence routes < openapi",
    ),
    Storey(
        3,
        "mockserver.fake",
        "artifacts clock ids lettering lifecycle patterns refusal signature < auth bodies judgement pictures uploads"
        " < films journal plan store < media agenda verification < faults limits"
        " < mishaps.shape < mishaps.answers mishaps.tasks < mishaps.lines < spells < world < results"
        " < dialects.kling dialects.useapi_task steering snapshot < dialects.useapi_accounts"
        " < dialects.useapi_assets < dialects.useapi < core",
    ),
    Storey(
        3,
        "mockserver.kit",
        "budget certificates choices credentials excerpts files findings letter records references reports.text shapes"
        " testee transcript"
        " < baseline lexicon numbers oddities reports.summary sums terms texts"
        " < evidence meeting reports.junit reports.page reports.record reports.sarif reports.terminal"
        " < alternatives growth model receiver signatures < branches server_checks.promise swaps"
        " < mending payloads server_checks.answers server_checks.callbacks server_checks.credentials"
        " server_checks.lifecycle server_checks.lists server_checks.queries server_checks.readings"
        " server_checks.requests server_checks.results server_checks.stateful"
        " < orders probe server_checks.roster strategies ways < acts.accounts breaks bundles commission"
        " < acts.acceptance acts.anyorder acts.burst acts.credentials acts.lives acts.noise acts.queries acts.refusals"
        " examples mutations papers samples < acts.programme outlay < examination < collector"
        " < scene stage < client_checks.registry scenes < conductor < client_checks.calling_back client_checks.outcomes"
        " client_checks.results client_checks.retrying client_checks.waiting client_checks.wire < client_checks.roster"
        " < casting < performance variations < booking < audition < improvisation traffic < client_collector"
        " < client_checks < report",
    ),
    Storey(
        5,
        "mockserver.adapters",
        "callbacks copies events guard handle headers redaction views"
        " < control fixtures inspection scopes switchboard wire < results upstream"
        " < pages recordings witness < asgi replay < proxy server < live patch",
    ),
    Storey(
        6,
        "mockserver",
        "options < commands.suites < commands.client commands.example commands.openapi commands.proxy"
        " < commands.run commands.server < commands.check < cli pytest_plugin < __init__ __main__",
    ),
)

# What a start must not pay for: each is imported by the function that needs it.
HEAVY = ("PIL", "aiohttp", "av", "httpx", "hypothesis", "jinja2", "jsonschema", "jwt", "respx", "rich")
DOORS = ("mockserver", "mockserver.adapters.asgi", "mockserver.cli", "mockserver.pytest_plugin")


def sources(folder: str) -> dict[str, Path]:
    """Return the modules under a folder by their dotted names; a package goes by the name of its folder."""
    found = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = sources("mockserver")
EVERYTHING = {
    name: path for top in ("mockserver", "contract_tests", "benchmarks", "tests") for name, path in sources(top).items()
}


def places() -> dict[str, tuple[Storey, int]]:
    """Return where each declared module stands: its storey and its step, counted from the left."""
    found = {}
    for storey in HOUSE:
        for step, names in enumerate(storey.steps.split("<")):
            for name in names.split():
                found[f"{storey.package}.{name}".removesuffix(".__init__")] = (storey, step)
    return found


PLACES = places()


def may_import(importer: str, imported: str) -> bool:
    """Tell whether the law lets one declared module import another."""
    (above, step), (below, lower_step) = PLACES[importer], PLACES[imported]
    return lower_step < step if below is above else below.floor < above.floor


def imports(source: str, package: str) -> Iterator[str]:
    """Yield each name that a module imports, in functions and for types too: to know is to depend.

    `from a import b` yields `a.b`, which may be a module or a name in the module `a`. A relative import
    is resolved against the package that the module is in.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            yield from (".".join([*parents, *filter(None, [node.module]), alias.name]) for alias in node.names)


def modules_imported_by(name: str, path: Path) -> set[str]:
    """Return those of our modules that a module imports."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for imported in imports(path.read_text(encoding="utf-8"), package):
        nearest = imported if imported in MODULES else imported.rpartition(".")[0]
        found |= {nearest} & MODULES.keys()
    return found


def is_package(name: str) -> bool:
    return MODULES[name].name == "__init__.py" and name != "mockserver"


def test_every_module_has_a_place_in_the_house() -> None:
    assert sorted(name for name in MODULES if not is_package(name) and name not in PLACES) == []


@pytest.mark.parametrize("name", [name for name in MODULES if name in PLACES])
def test_imports_go_down(name: str) -> None:
    imported = {each for each in modules_imported_by(name, MODULES[name]) if each in PLACES}
    assert sorted(each for each in imported if not may_import(name, each)) == []


@pytest.mark.parametrize("name", [name for name in MODULES if is_package(name)])
def test_a_package_says_what_it_is_and_holds_nothing(name: str) -> None:
    """Code in an __init__ would run for whoever imports any module beside it, and would stand on no floor."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert [ast.unparse(node) for node in tree.body[1:]] == []


@pytest.mark.parametrize(
    ("importer", "imported", "allowed"),
    [
        ("mockserver.fake.core", "mockserver.fake.clock", True),
        ("mockserver.fake.clock", "mockserver.fake.core", False),
        ("mockserver.fake.clock", "mockserver.fake.ids", False),
        ("mockserver.fake.core", "mockserver.contract.catalog", True),
        ("mockserver.contract.catalog", "mockserver.fake.clock", False),
        ("mockserver.kit.report", "mockserver.fake.clock", False),
        ("mockserver.kit.report", "mockserver.adapters.asgi", False),
        ("mockserver.fake.core", "mockserver.kit.transcript", False),
        ("mockserver.adapters.asgi", "mockserver.fake.core", True),
        ("mockserver.types", "mockserver", False),
        ("mockserver.cli", "mockserver.types", True),
    ],
)
def test_the_law_knows_up_from_down(importer: str, imported: str, allowed: bool) -> None:
    assert may_import(importer, imported) is allowed


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import a.b", ["a.b"]),
        ("from a import b, c", ["a.b", "a.c"]),
        ("def f():\n    from a import b", ["a.b"]),
        ("if TYPE_CHECKING:\n    from a import b", ["a.b"]),
        ("from . import b", ["here.there.b"]),
        ("from ..a import b", ["here.a.b"]),
    ],
)
def test_an_import_is_seen_wherever_it_stands(source: str, expected: list[str]) -> None:
    assert list(imports(source, "here.there")) == expected


@pytest.mark.parametrize("name", sources("contract_tests"))
def test_the_suites_that_judge_never_know_the_fake(name: str) -> None:
    known = modules_imported_by(name, EVERYTHING[name])
    assert sorted(each for each in known if f"{each}.".startswith("mockserver.fake.")) == []


@pytest.mark.parametrize("door", [door for door in DOORS if door in MODULES])
def test_a_door_opens_without_anything_heavy(door: str) -> None:
    code = f"import sys, {door}; print(*sorted({{*{HEAVY!r}}} & sys.modules.keys()))"
    command = [sys.executable, "-c", code]
    opened = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (opened.stdout, opened.stderr) == ("\n", "")


@pytest.mark.parametrize("name", [name for name in EVERYTHING if name.partition(".")[0] != "tests"])
def test_a_module_fits_on_a_few_screens(name: str) -> None:
    assert len(EVERYTHING[name].read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("name", EVERYTHING)
def test_a_module_has_a_noun_for_a_name(name: str) -> None:
    last = name.rpartition(".")[2].removeprefix("test_").strip("_")
    assert last not in {"util", "utils", "helper", "helpers", "common", "base", "manager", "managers", "misc"}
