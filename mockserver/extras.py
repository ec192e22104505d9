"""Extras: packages that only parts of us need, and that pip brings on demand."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.errors import MissingPackage

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "import": ("yaml",),
    "kit": ("httpx", "hypothesis", "pytest", "respx"),
    "mcp": ("httpx2", "mcp"),
    "redis": ("hiredis", "redis"),
}
"""The modules that each extra brings, as pyproject.toml lists their packages."""


def require(user: str, *modules: str) -> None:
    """Raise ``MissingPackage`` if something, ``user``, lacks a module of an extra, before it has done half its work."""
    for module in modules:
        if not _is_there(module):
            raise MissingPackage(user, module, _extra(module) or module)


def missing(user: str, error: ModuleNotFoundError) -> MissingPackage | None:
    """Return the error of something, ``user``, that met this one; ``None`` if the module comes with no extra."""
    module = (error.name or "").partition(".")[0]
    extra = _extra(module)
    return None if extra is None else MissingPackage(user, module, extra)


def _extra(module: str) -> str | None:
    return next((extra for extra, modules in EXTRAS.items() if module in modules), None)


def _is_there(module: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(module) is not None
    except ImportError:  # something forbids it
        return False
    except ValueError:  # it is imported already, in a way of its own
        return True
