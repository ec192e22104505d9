"""The kit: payloads made from the contract, and judges of servers and clients.

* ``check_server(url, …)`` and ``check_client(testee, …)``: judge, and return a ``Verdict``
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.kit.client.runner import check_client
    from mockserver.kit.server.runner import check_server
    from mockserver.kit.verdict import Finding, Verdict

__all__ = ["Finding", "Verdict", "check_client", "check_server"]

_HOMES = {
    "Finding": "verdict",
    "Verdict": "verdict",
    "check_client": "client.runner",
    "check_server": "server.runner",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: whoever needs one thing does not pay for all."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__]
