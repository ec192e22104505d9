"""What ``import mockserver`` and ``import mockserver.kit`` offer: a few names, each where it is said to be."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from types import ModuleType

import pytest

import mockserver
from mockserver import kit

NAMES = [pytest.param(package, name, id=name) for package in (mockserver, kit) for name in package.__all__]


@pytest.mark.parametrize(("package", "name"), NAMES)
def test_each_name_leads_to_a_thing_of_that_name(package: ModuleType, name: str) -> None:
    assert getattr(package, name).__name__ == name


def test_the_names_are_sorted_and_all_that_is_shown() -> None:
    assert sorted(mockserver.__all__) == mockserver.__all__
    assert set(dir(mockserver)) == {*mockserver.__all__, "__version__"}
    assert sorted(kit.__all__) == kit.__all__ == dir(kit)


def test_any_other_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        mockserver.nothing  # noqa: B018 - the look-up is the test
    with pytest.raises(AttributeError, match="nothing"):
        kit.nothing  # noqa: B018 - the look-up is the test


def test_the_version_is_the_distributions() -> None:
    assert mockserver.__version__ == importlib.metadata.version("kling-mockserver")


@pytest.mark.parametrize(("package", "imported"), [("mockserver", []), ("mockserver.kit", ["mockserver.kit"])])
def test_an_import_alone_imports_nothing_else_of_ours(package: str, imported: list[str]) -> None:
    probe = f"import sys, {package}; print([name for name in sys.modules if name.startswith('mockserver.')])"
    found = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str(imported)
