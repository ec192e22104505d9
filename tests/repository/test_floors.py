"""The laws of the house: imports go down, the judge and the defendant are strangers, a start is light."""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


FLOORS = (
    {
        "configuration",
        "decoding",
        "destinations",
        "durations",
        "errors",
        "extras",
        "files",
        "options",
        "recent",
        "resources",
        "secrecy",
        "settings",
        "suggestions",
        "templates",
        "trust",
        "types",
        "value_checks",
    },
    {"contract", "har"},
    {"fake", "importing", "kit"},
    {"adapters"},
    {"commands"},
    {"cli", "pytest_plugin"},
    {"__main__"},
)
"""The rooms under mockserver/, from the ground up. A module imports from lower floors and from its own room."""

UNKNOWN = {
    "mockserver.fake": ("mockserver.kit",),  # the judge shares no code with the defendant
    "mockserver.kit": ("mockserver.fake",),
    "mockserver.kit.generation": ("mockserver.kit.server", "mockserver.kit.client"),
    "mockserver.kit.server": ("mockserver.kit.client",),
    "mockserver.kit.client": ("mockserver.kit.server",),
}
"""The rooms that a room must not import, although they are no higher than it is."""

FACES = ("mockserver", "mockserver.kit")
"""The packages that offer names: those of their modules, imported when they are first used."""

# What a start must not pay for: each is imported by the function that needs it.
HEAVY = (
    "PIL",
    "aiohttp",
    "av",
    "anyio",
    "cryptography",
    "httpx",
    "httpx2",
    "hypothesis",
    "jinja2",
    "jsonschema",
    "jwt",
    "mcp",
    "platformdirs",
    "pydantic",
    "respx",
    "rich",
    "starlette",
    "trustme",
    "yaml",
)
DOORS = ("mockserver", "mockserver.adapters.http.asgi", "mockserver.cli", "mockserver.kit", "mockserver.pytest_plugin")


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


def room(name: str) -> str:
    """Return the room of a module: ``kit`` for ``mockserver.kit.verdict``."""
    return name.split(".")[1] if "." in name else name


def floor(name: str) -> int | None:
    """Return the floor of a module, counted from the ground; ``None`` for the package itself."""
    return next((index for index, rooms in enumerate(FLOORS) if room(name) in rooms), None)


def is_in(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")


def may_import(importer: str, imported: str) -> bool:
    """Tell whether the law lets one module import another."""
    above, below = floor(importer), floor(imported)
    if above is None or below is None or importer in FACES:
        return above is None or below == 0 or (importer in FACES and imported.startswith(importer))
    goes_down = below < above or room(importer) == room(imported) or {above, below} == {0}
    is_unknown = any(
        is_in(importer, who) and is_in(imported, other) for who, others in UNKNOWN.items() for other in others
    )
    return goes_down and not is_unknown


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


@cache
def imported() -> dict[str, set[str]]:
    """Return what each of our modules imports; ours are read once, and only by who asks."""
    return {name: modules_imported_by(name, path) for name, path in MODULES.items()}


def is_package(name: str) -> bool:
    return MODULES[name].name == "__init__.py" and name not in FACES


def test_every_module_has_a_floor() -> None:
    assert [name for name in MODULES if name != "mockserver" and floor(name) is None] == []


def test_imports_go_down() -> None:
    assert [
        f"{name} imports {each}" for name in MODULES for each in imported()[name] if not may_import(name, each)
    ] == []


def test_no_import_leads_back_to_where_it_came_from() -> None:
    order = TopologicalSorter({name: found - {*FACES} for name, found in imported().items()})
    assert len([*order.static_order()]) >= len(MODULES) - len(FACES)


def test_a_folder_has_at_most_sixteen_modules() -> None:
    folders = Counter(path.parent for path in MODULES.values() if path.name != "__init__.py")
    assert {str(folder): count for folder, count in folders.items() if count > 16} == {}


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
        ("mockserver.kit.generation.valid", "mockserver.kit.server.spending.plan", False),
        ("mockserver.kit.server.spending.plan", "mockserver.kit.generation.valid", True),
        ("mockserver.kit.server.spending.plan", "mockserver.kit.client.plan", False),
        ("mockserver.kit.client.plan", "mockserver.kit.server.spending.plan", False),
        ("mockserver.kit.client.plan", "mockserver.kit.verdict", True),
        ("mockserver.fake.core", "mockserver.contract.catalog", True),
        ("mockserver.contract.catalog", "mockserver.fake.clock", False),
        ("mockserver.kit.reports.folder", "mockserver.fake.clock", False),
        ("mockserver.kit.reports.folder", "mockserver.adapters.http.asgi", False),
        ("mockserver.fake.core", "mockserver.kit.transcript", False),
        ("mockserver.adapters.http.asgi", "mockserver.fake.core", True),
        ("mockserver.types", "mockserver", False),
        ("mockserver.kit", "mockserver.extras", True),
        ("mockserver.kit", "mockserver.fake.clock", False),
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


def test_a_module_fits_on_a_few_screens() -> None:
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in EVERYTHING.items()}
    assert {name: count for name, count in lines.items() if count > 300 and not name.startswith("tests.")} == {}


def test_a_module_has_a_noun_for_a_name() -> None:
    empty = {"util", "utils", "helper", "helpers", "common", "base", "manager", "managers", "misc"}
    assert [name for name in EVERYTHING if name.rpartition(".")[2].removeprefix("test_").strip("_") in empty] == []
