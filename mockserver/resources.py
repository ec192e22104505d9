"""Resources: where the data folders are, in a checkout and in an installation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent


def folder(name: Literal["schemas", "fixtures", "contract_tests"]) -> Traversable:
    """Return one of the folders that live beside the package in the checkout and inside it in the wheel.

    Raises `FileNotFoundError` if the folder is in neither place. A folder of that name in site-packages
    belongs to another project and is not taken: only a checkout has a pyproject.toml there.
    """
    shipped, beside = _PACKAGE / "_shipped" / name, _CHECKOUT / name
    if shipped.is_dir():
        return shipped
    if beside.is_dir() and (_CHECKOUT / "pyproject.toml").is_file():
        return beside
    from importlib.resources import files  # it takes long to import, and only a package in an archive needs it

    if (packed := files("mockserver") / "_shipped" / name).is_dir():
        return packed
    raise FileNotFoundError(
        f"mockserver was installed without its {name!r} folder (looked in {shipped} and beside the package); "
        "install it again: pip install --force-reinstall kling-mockserver"
    )
