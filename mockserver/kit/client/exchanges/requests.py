"""Requests: what is wrong with one request by itself, whoever sent it. Each function has the name of its check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from mockserver.kit.client.exchanges.places import does
from mockserver.kit.transcript import Exchange
from mockserver.secrecy import is_secret


def credentials_are_a_bearer_token(exchange: Exchange) -> str | None:
    """Say what other credentials a request to a service has; a scheme has no case (RFC 9110, 11.1)."""
    if exchange.operation is None or does(exchange) == "fetch" or (exchange.scheme or "").lower() == "bearer":
        return None
    what = f"the scheme {exchange.scheme}" if exchange.scheme else "no Authorization"
    return f"{exchange.request.method} {exchange.request.path} has {what}"


def no_key_in_the_url(exchange: Exchange) -> str | None:
    """Say which parameter of a request has the name of a secret."""
    parameters = {} if does(exchange) == "fetch" else exchange.request.parameters
    name = next((name for name, value in parameters.items() if value and is_secret(name)), None)
    return f"{exchange.request.method} {exchange.request.path}?{name}=…" if name is not None else None


def results_are_fetched_without_credentials(exchange: Exchange) -> str | None:
    """Say which credentials a download has."""
    if does(exchange) != "fetch" or exchange.scheme is None:
        return None
    return f"{exchange.request.method} {exchange.request.path} has Authorization: {exchange.scheme} …"


IN_A_REQUEST: Mapping[str, Callable[[Exchange], str | None]] = MappingProxyType(
    {
        find.__name__.replace("_", "-"): find
        for find in (credentials_are_a_bearer_token, no_key_in_the_url, results_are_fetched_without_credentials)
    }
)
"""What is wrong with one request, by the id of the check; of each account with each service, the first is told."""
