"""What ``import mockserver`` offers: a few names, each where it is said to be."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys

import pytest

import mockserver


@pytest.mark.parametrize("name", mockserver.__all__)
def test_each_name_leads_to_a_thing_of_that_name(name: str) -> None:
    assert getattr(mockserver, name).__name__ == name


def test_the_names_are_sorted_and_all_that_is_shown() -> None:
    assert sorted(mockserver.__all__) == mockserver.__all__
    assert set(dir(mockserver)) == {*mockserver.__all__, "__version__"}


def test_any_other_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        mockserver.nothing  # noqa: B018 - the look-up is the test


def test_the_version_is_the_distributions() -> None:
    assert mockserver.__version__ == importlib.metadata.version("kling-mockserver")


def test_an_import_alone_imports_nothing_of_ours() -> None:
    probe = "import sys, mockserver; print([name for name in sys.modules if name.startswith('mockserver.')])"
    found = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
