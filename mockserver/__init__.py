"""A fake of the Kling Omni-Image and Omni-Video APIs, and a kit that checks clients and servers against their contract.

* ``patch(…)``: answer httpx calls to the real hosts in this process, without a socket
* ``live(…)``: run the fake on a thread, for clients of any library
* ``Fake(Settings(…))``: the fake itself; its ``respond`` is a function from ``Request`` to ``Response``
* ``mockserver.kit``: generated payloads, and the checks of clients and servers
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.adapters.testing.live import Live, live
    from mockserver.adapters.testing.patch import Patch, patch
    from mockserver.fake.core import Fake
    from mockserver.settings import Key, Settings
    from mockserver.types import Request, Response

__version__ = "0.1.0"

__all__ = ["Fake", "Key", "Live", "Patch", "Request", "Response", "Settings", "live", "patch"]

_HOMES = {
    "Fake": "fake.core",
    "Key": "settings",
    "Live": "adapters.testing.live",
    "Patch": "adapters.testing.patch",
    "Request": "types",
    "Response": "types",
    "Settings": "settings",
    "live": "adapters.testing.live",
    "patch": "adapters.testing.patch",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used, so that a program pays only for what it needs."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
