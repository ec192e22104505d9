"""Opening a store by its URL: ``memory:``, ``sqlite:PATH`` or ``redis://HOST:PORT/DB``."""

from __future__ import annotations

from mockserver.errors import BadSetting
from mockserver.extras import require
from mockserver.fake.stores.memory.store import Memory
from mockserver.fake.stores.store import Bounds, Store
from mockserver.suggestions import near_names, quoted

_SCHEMES = ("memory", "sqlite", "redis")
_REDIS = frozenset({"redis", "rediss", "valkey", "valkeys", "unix"})
"""Redis without and with TLS, the same by the name of Valkey, and a socket of this machine: ``unix:///PATH?db=0``."""


def opened(url: str | None, bounds: Bounds) -> Store:
    """Return the store of a URL, or one in memory. Raises ``BadSetting``."""
    scheme, colon, rest = ("memory:" if url is None else url).partition(":")
    if colon and scheme == "memory" and not rest:
        return Memory(bounds)
    if colon and scheme == "sqlite":
        return _sqlite(rest, bounds)
    if colon and scheme.lower() in _REDIS:
        return _redis(url or "", bounds)
    from mockserver.secrecy.mask import Mask

    shown = Mask().text(url or "")
    near = near_names(scheme, _SCHEMES) if colon and scheme not in _SCHEMES else []
    hint = f"Did you mean {near[0]}:?" if near else "Write sqlite:PATH or redis://HOST:PORT/DB."
    raise BadSetting("--store", f"{quoted(shown)} is no store. {hint}")


def _sqlite(rest: str, bounds: Bounds) -> Store:
    """Open a file: what follows the scheme is its path as it is, or after two slashes and no host an absolute one."""
    path = "/" + rest.removeprefix("//").lstrip("/") if rest.startswith("///") else rest
    if not path or path.startswith("//") or "\0" in path:
        raise BadSetting("--store", f"{quoted('sqlite:' + rest)} names no file. Write sqlite:PATH.")
    from mockserver.fake.stores.sqlite.store import SQLite

    return SQLite(path, bounds)


def _redis(url: str, bounds: Bounds) -> Store:
    """Open a database of a server. Raises ``MissingPackage`` where the extra is not installed."""
    require("--store redis", "redis")
    from mockserver.fake.stores.redis.store import Redis

    return Redis(url, bounds)
