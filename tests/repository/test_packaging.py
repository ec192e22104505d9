"""The wheel, built as a release is: it takes one name in site-packages and finds its folders there."""

import os
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from zipfile import ZipFile

import pytest

from mockserver.adapters.testing.live import live

ROOT = Path(__file__).parents[2]
FOLDERS = ("schemas", "fixtures", "contract_tests", "examples")


@dataclass(frozen=True, slots=True)
class Wheel:
    """The built wheel, and the paths that the checkout says it must hold."""

    path: Path
    expected: frozenset[str]

    def names(self) -> frozenset[str]:
        with ZipFile(self.path) as archive:
            return frozenset(archive.namelist())

    def dist_info(self, name: str) -> str:
        """Return the text of one file of the wheel's .dist-info."""
        with ZipFile(self.path) as archive:
            (path,) = (each for each in archive.namelist() if each.endswith(f".dist-info/{name}"))
            return archive.read(path).decode("utf-8")

    def unpack(self, site: Path) -> None:
        with ZipFile(self.path) as archive:
            archive.extractall(site)


def sources(folder: str) -> list[Path]:
    """Return the files of a folder, relative to it, without caches and hidden files."""
    paths = (path.relative_to(ROOT / folder) for path in (ROOT / folder).rglob("*") if path.is_file())
    return [path for path in paths if not any(part.startswith((".", "__pycache__")) for part in path.parts)]


def folders_as_seen_from(site: Path, *names: str) -> subprocess.CompletedProcess[str]:
    """Ask a fresh interpreter, with the site (a directory or a zip) first on its path, for the folders."""
    code = (
        f"import sys; sys.path.insert(0, {str(site)!r}); from mockserver.resources import folder\n"
        f"for name in {names!r}:\n"
        "    found = folder(name)\n"
        "    print(found, any(found.iterdir()))"
    )
    command = [sys.executable, "-I", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=site.parent)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    """Build the sdist and from it the wheel, so that a file lost on either way is missed."""
    out = tmp_path_factory.mktemp("dist")
    places = {"mockserver": "mockserver"} | {name: f"mockserver/_shipped/{name}" for name in FOLDERS}
    expected = [f"{place}/{path.as_posix()}" for name, place in places.items() for path in sources(name)]
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = out.glob("*.whl")
    return Wheel(path, frozenset(expected))


def test_the_wheel_takes_only_the_name_mockserver(wheel: Wheel) -> None:
    tops = {name.split("/")[0] for name in wheel.names()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"mockserver"}


def test_the_wheel_holds_every_file_of_the_package_and_its_folders_and_nothing_else(wheel: Wheel) -> None:
    assert {name for name in wheel.names() if ".dist-info/" not in name} == wheel.expected


def test_the_wheel_has_the_metadata_of_the_project(wheel: Wheel) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"Version: {project['version']}\n" in wheel.dist_info("METADATA")
    for name in project["license-files"]:
        assert wheel.dist_info(f"licenses/{name}") == (ROOT / name).read_text(encoding="utf-8")


def test_the_licence_of_whatever_is_not_ours_comes_with_it(wheel: Wheel) -> None:
    viewer = "mockserver/adapters/docs/viewer"
    assert {f"{viewer}/{name}" for name in ("LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt")} <= wheel.names()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "Apache-2.0" in project["license"]
    assert f"{viewer}/LICENSE" in project["license-files"]


def test_every_door_that_the_wheel_announces_is_there(wheel: Wheel) -> None:
    announced = ConfigParser(delimiters="=")
    announced.read_string(wheel.dist_info("entry_points.txt"))
    doors = [EntryPoint(*door, group) for group in announced.sections() for door in announced[group].items()]
    assert "mockserver" in {door.name for door in doors}
    for door in doors:
        door.load()


def test_an_installation_finds_its_own_folders(wheel: Wheel, tmp_path: Path) -> None:
    site = tmp_path / "site"
    wheel.unpack(site)
    seen = folders_as_seen_from(site, *FOLDERS)
    expected = [f"{site / 'mockserver' / '_shipped' / name} True" for name in FOLDERS]
    assert seen.stdout.splitlines() == expected, seen.stderr


def test_an_installation_loads_services_of_ones_own_beside_its_own(wheel: Wheel, tmp_path: Path) -> None:
    site = tmp_path / "site"
    wheel.unpack(site)
    code = f"import sys; sys.path.insert(0, {str(site)!r}); from mockserver.cli import main; main()"
    for words in (["new", "service", "acme", "--out", "own"], ["list", "operations", "--schemas", "own"]):
        command = [sys.executable, "-I", "-c", code, *words]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert ended.returncode == 0, ended.stderr
    assert "acme/omni-image.create  POST /acme/v1/images/omni-image" in ended.stdout
    assert "kling/omni-image.create" in ended.stdout


@pytest.mark.torture
def test_an_installation_runs_the_contract_tests(wheel: Wheel, tmp_path: Path) -> None:
    site = tmp_path / "site"
    wheel.unpack(site)
    with live(pace="instant") as server:
        suite = str(site / "mockserver" / "_shipped" / "contract_tests")
        words = ("-q", "-n", "2", "-p", "no:cacheprovider", suite, "--server", server.url, "--only", "credentials")
        environment = {**os.environ, "PYTHONPATH": str(site)}
        command = [sys.executable, "-m", "pytest", *words]
        found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert " passed" in found.stdout


def test_a_wheel_on_the_path_as_a_zip_finds_its_own_folders(wheel: Wheel) -> None:
    seen = folders_as_seen_from(wheel.path, *FOLDERS)
    expected = [f"{wheel.path}/mockserver/_shipped/{name}/ True" for name in FOLDERS]
    assert seen.stdout.splitlines() == expected, seen.stderr


def test_an_installation_without_its_folders_says_so_and_takes_no_strangers(wheel: Wheel, tmp_path: Path) -> None:
    site = tmp_path / "site"
    wheel.unpack(site)
    (site / "mockserver" / "_shipped").rename(tmp_path / "elsewhere")
    (site / "schemas").mkdir()
    (site / "schemas" / "stranger.json").touch()
    seen = folders_as_seen_from(site, "schemas")
    assert seen.returncode == 1
    assert seen.stderr.splitlines()[-1].startswith(
        "FileNotFoundError: mockserver was installed without its 'schemas' folder"
    )
