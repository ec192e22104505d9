"""Resources: where the data folders are, in a checkout and in an installation."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

_CHECKOUT = Path(__file__).parent.parent


def folder(name: Literal["schemas", "fixtures", "contract_tests"]) -> Traversable:
    """Return one of the folders that live beside the package in the checkout and inside it in the wheel.

    Raises `FileNotFoundError` if the folder is in neither place. A folder of that name in site-packages
    belongs to another project and is not taken: only a checkout has a pyproject.toml there.
    """
    shipped = files("mockserver") / "_shipped" / name
    if shipped.is_dir():
        return shipped
    beside = _CHECKOUT / name
    if beside.is_dir() and (_CHECKOUT / "pyproject.toml").is_file():
        return beside
    raise FileNotFoundError(
        f"mockserver was installed without its {name!r} folder (looked in {shipped} and beside the package); "
        "install it again: pip install --force-reinstall kling-mockserver"
    )
