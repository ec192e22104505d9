"""The kit: payloads made from the contract, and checks of servers and clients. It shares no code with the fake.

* ``valid_payloads(operation)``: a Hypothesis strategy for payloads that the service accepts
* ``invalid_payloads(operation)``: one for payloads that break a single rule, each an ``InvalidPayload``
* ``check_server(url, …)`` and ``check_client(testee, …)``: check against the contract, and return a ``Verdict``
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.kit.client.runner import check_client
    from mockserver.kit.generation.invalid import InvalidPayload
    from mockserver.kit.generation.strategies import invalid_payloads, valid_payloads
    from mockserver.kit.server.runner import check_server
    from mockserver.kit.verdict import Finding, Verdict

__all__ = [
    "Finding",
    "InvalidPayload",
    "Verdict",
    "check_client",
    "check_server",
    "invalid_payloads",
    "valid_payloads",
]

_HOMES = {
    "Finding": "verdict",
    "InvalidPayload": "generation.invalid",
    "Verdict": "verdict",
    "check_client": "client.runner",
    "check_server": "server.runner",
    "invalid_payloads": "generation.strategies",
    "valid_payloads": "generation.strategies",
}

_NEEDS = {
    "check_client": ("httpx", "hypothesis"),
    "check_server": ("httpx", "hypothesis"),
    "invalid_payloads": ("hypothesis",),
    "valid_payloads": ("hypothesis",),
}
"""The modules of the extra ``kit`` that a name cannot do without."""


def __getattr__(name: str) -> Any:
    """Import a name when it is first used, so that nobody waits for what they do not need.

    Raises ``MissingPackage``.
    """
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mockserver.extras import require

    require(f"{__name__}.{name}", *_NEEDS.get(name, ()))
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__]
