"""Requests: what is wrong with one request by itself, whoever sent it. Each function has the name of its check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from mockserver.contract.catalog import load
from mockserver.contract.credentials import KEY_HEADER
from mockserver.kit.client.exchanges.places import does
from mockserver.kit.transcript import Exchange
from mockserver.secrecy.mask import is_secret


def credentials_are_a_bearer_token(exchange: Exchange) -> str | None:
    """Say what other credentials a request to a service has; a scheme has no case (RFC 9110, 11.1)."""
    if exchange.operation is None or does(exchange) == "fetch":
        return None
    kinds, scheme = load().services[exchange.operation.partition("/")[0]].credentials, (exchange.scheme or "").lower()
    if scheme == KEY_HEADER in kinds or (scheme == "bearer" and {*kinds} != {KEY_HEADER}):
        return None
    wanted = KEY_HEADER if {*kinds} == {KEY_HEADER} else "Authorization"
    what = f"the scheme {exchange.scheme}" if exchange.scheme else f"no {wanted}"
    return f"{exchange.request.method} {exchange.request.path} has {what}"


def no_key_in_the_url(exchange: Exchange) -> str | None:
    """Say which parameter of a request to a service has the name of a secret."""
    name = _secret_parameter(exchange) if does(exchange) != "fetch" else None
    return f"{exchange.request.method} {exchange.request.path}?{name}=…" if name is not None else None


def results_are_fetched_without_credentials(exchange: Exchange) -> str | None:
    """Say which credentials a download has, in its header or its URL."""
    asked = f"{exchange.request.method} {exchange.request.path}"
    if does(exchange) != "fetch":
        return None
    if exchange.scheme is not None:
        return f"{asked} has Authorization: {exchange.scheme} …"
    name = _secret_parameter(exchange)
    return f"{asked}?{name}=… has a credential" if name is not None else None


def content_type_is_json(create: Exchange) -> str | None:
    """Say which media type a create has that its operation does not take."""
    kind = create.request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() in load().operation(str(create.operation)).media_types:
        return None
    return f"Content-Type is {kind}" if kind else "there is no Content-Type"


def _secret_parameter(exchange: Exchange) -> str | None:
    parameters = exchange.request.parameters
    return next((name for name, value in parameters.items() if value and is_secret(name)), None)


IN_A_REQUEST: Mapping[str, Callable[[Exchange], str | None]] = MappingProxyType(
    {
        find.__name__.replace("_", "-"): find
        for find in (credentials_are_a_bearer_token, no_key_in_the_url, results_are_fetched_without_credentials)
    }
)
"""What is wrong with one request, by the id of the check; of each account with each service, the first is told."""
