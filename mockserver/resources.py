"""Resources: where the data folders are, in a checkout and in an installation, and those of one's own services."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mockserver.configuration.environment import items
from mockserver.configuration.file import found as configured
from mockserver.errors import BadSetting

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent

SCHEMAS = "MOCKSERVER_SCHEMAS"
"""The environment variable with folders of services, separated as those of PATH: what we start loads the same."""

SERVICE_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""What the folder of a service may be called: its name is the beginning of paths, ids and references."""

CONTROL = "control"
"""What the control API is called where services go by their names; so no service may have this one."""


def folder(name: Literal["schemas", "fixtures", "contract_tests", "examples"]) -> Traversable:
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
        "install it again from its wheel or its checkout: pip install --force-reinstall PATH"
    )


def own_schemas() -> tuple[str, ...]:
    """Return the folders that ``MOCKSERVER_SCHEMAS`` names, or else the file of the configuration.

    Raises ``BadSetting``.
    """
    if named := os.environ.get(SCHEMAS):
        return tuple(items(named, os.pathsep))
    file = configured()
    return file.schemas if file is not None else ()


def schemas_words() -> list[str]:
    """Return the options by which a command loads the same folders."""
    return [word for folder in own_schemas() for word in ("--schemas", folder)]


@contextmanager
def loaded(folders: Iterable[str | Path]) -> Iterator[None]:
    """Let this process, and those that it starts, load these folders of services: see ``own_services``."""
    before = os.environ.get(SCHEMAS)
    absolute = (os.path.abspath(each) for each in folders)  # noqa: PTH100 - resolve() would follow links
    os.environ[SCHEMAS] = os.pathsep.join(dict.fromkeys(absolute))
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(SCHEMAS, None)
        else:
            os.environ[SCHEMAS] = before


def own_services(folders: Iterable[str | Path]) -> dict[str, Path]:
    """Return the services in some folders by name: a folder is one, if it has a ``service.json``, or has several.

    Raises ``BadSetting``.
    """
    found: dict[str, Path] = {}
    for place in (place for each in folders for place in _services(Path(each).absolute())):
        name, known = place.name, found.get(place.name)
        if known is not None and not known.samefile(place):
            raise BadSetting("--schemas", f"{known} and {place} are both the service {name!r}. Rename one of them.")
        if not SERVICE_NAME.fullmatch(name):
            text = (
                f"{str(place)!r} cannot be the name of a service. Rename the folder to small letters, digits and '-'."
            )
            raise BadSetting("--schemas", text)
        if name == CONTROL:
            raise BadSetting("--schemas", f"{str(place)!r}: the control API is called {name!r}. Rename the folder.")
        ours = folder("schemas") / name
        if (ours / "service.json").is_file():
            if isinstance(ours, Path) and ours.samefile(place):
                continue
            text = f"{str(place)!r}: a service of ours is called {name!r} already. Rename the folder."
            raise BadSetting("--schemas", text)
        found[name] = place
    return found


def _services(place: Path) -> Iterator[Path]:
    try:
        inside = sorted(place.iterdir())
    except OSError as error:
        text = f"{str(place)!r} is no folder that can be read: {error.strerror}. Name one with a service.json."
        raise BadSetting("--schemas", text) from error
    services = (
        [place]
        if (place / "service.json").is_file()
        else [each for each in inside if not each.name.startswith(".") and (each / "service.json").is_file()]
    )
    if not services:
        text = f"{str(place)!r} has no service.json, and no folder in it has one. Name the folder of a service."
        raise BadSetting("--schemas", text)
    yield from services
