"""What ``mockserver`` and ``mockserver.kit`` offer: a few names, each where it is said to be."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from types import ModuleType

import pytest

import mockserver
import mockserver.kit

FACES = (mockserver, mockserver.kit)
NAMES = [(face, name) for face in FACES for name in face.__all__]


@pytest.mark.parametrize(("face", "name"), NAMES, ids=[f"{face.__name__}.{name}" for face, name in NAMES])
def test_each_name_leads_to_a_thing_of_that_name(face: ModuleType, name: str) -> None:
    assert getattr(face, name).__name__ == name
    assert getattr(face, name).__doc__


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.__name__)
def test_the_names_are_sorted_and_all_that_is_shown(face: ModuleType) -> None:
    assert sorted(face.__all__) == face.__all__
    assert {*dir(face)} - {"__version__"} == {*face.__all__}
    assert all(name in (face.__doc__ or "") for name in face.__all__ if name[0].islower())


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.__name__)
def test_any_other_name_is_an_attribute_error(face: ModuleType) -> None:
    with pytest.raises(AttributeError, match="nothing"):
        _ = face.nothing


def test_the_version_is_the_distributions() -> None:
    assert mockserver.__version__ == importlib.metadata.version("kling-mockserver")


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.__name__)
def test_an_import_alone_imports_nothing_of_ours(face: ModuleType) -> None:
    probe = f"import sys, {face.__name__}; print([name for name in sys.modules if name.startswith('mockserver.')])"
    found = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert {*found.stdout.strip("[]\n' ").split("', '")} <= {"", "mockserver.kit"}
