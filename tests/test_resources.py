"""The data folders as a checkout sees them; tests/repository/test_packaging.py has the installed side."""

from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal, get_args, get_type_hints

import pytest

from mockserver import resources

ROOT = Path(__file__).parent.parent
FOLDERS = get_args(get_type_hints(resources.folder, localns={"Traversable": Traversable})["name"])


@pytest.mark.parametrize("name", FOLDERS)
def test_a_checkout_has_each_folder_beside_the_package(name: Literal["schemas"]) -> None:
    assert resources.folder(name) == ROOT / name


def test_a_folder_that_is_nowhere_is_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(resources, "_CHECKOUT", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"without its 'schemas' folder.*pip install"):
        resources.folder("schemas")


def test_a_folder_without_a_checkout_around_it_is_a_strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "schemas").mkdir()
    monkeypatch.setattr(resources, "_CHECKOUT", tmp_path)
    with pytest.raises(FileNotFoundError, match="'schemas'"):
        resources.folder("schemas")
