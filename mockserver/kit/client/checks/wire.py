"""Checks of what a client sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from mockserver.contract import places
from mockserver.contract.catalog import load
from mockserver.kit.checks import Family
from mockserver.kit.client.checks.changes import payload_changes
from mockserver.kit.client.checks.defaults import without_spelled_defaults
from mockserver.kit.client.evidence import Evidence
from mockserver.kit.client.exchanges import requests
from mockserver.kit.client.exchanges.places import product
from mockserver.kit.transcript import Exchange
from mockserver.types import JSON

WIRE = Family[Evidence, str]("wire")

_LONGEST_TOKEN_SECONDS = 86_400
"""A day. The documents recommend 30 minutes; a token that is valid much longer is worth stealing."""

_CLOCK_SECONDS = 60
"""How far the clock of a client may be off before its tokens count as too long-lived."""


@WIRE.check(
    "plain",
    "any-payload",
    "unusual-payload",
    "exact-text",
    "results",
    why="The user pays for what arrives, not for what was meant.",
    source="kling 1.2, 1.4",
)
def payload_arrives_unchanged(evidence: Evidence) -> Iterator[str]:
    """Each field of the payload arrives with its name, type and value: big numbers, any characters, empty lists."""
    if not evidence.creates:
        yield f"the client sent no create; {evidence.report}"
    for exchange in evidence.creates[:1]:
        if not isinstance(exchange.sent, dict):
            yield f"the body is not a JSON object: {exchange.request.body[:200]!r}"
        else:
            yield from payload_changes(evidence.payload, _asked_for(evidence, exchange.sent))


@WIRE.check(
    "plain",
    "any-payload",
    "unusual-payload",
    why="One service ignores an unknown or unwanted field, and the next one refuses it.",
    source="clients in the wild",
)
def nothing_is_invented(evidence: Evidence) -> Iterator[str]:
    """The client sends no field that the user did not ask for, unless it has the default that is documented for it."""
    for exchange in evidence.creates[:1]:
        sent = _asked_for(evidence, exchange.sent) if isinstance(exchange.sent, dict) else {}
        if extra := sorted(sent.keys() - evidence.payload.keys()):
            yield f"the body also has {', '.join(extra)}"


@WIRE.check(
    "plain",
    why="Another path makes another thing, by another model, or wants another body.",
    source="kling 1.1; family 1.1 P13",
)
def creates_at_the_right_path(evidence: Evidence) -> Iterator[str]:
    """A create goes to the path of the operation that was asked for."""
    operation = load().operation(evidence.operation)
    for exchange in evidence.creates[:1]:
        if exchange.operation != operation.id and not exchange.request.path.endswith(operation.path):
            yield (
                f"the client was asked for {evidence.product}, and created at {exchange.request.path}, "
                f"a path of {product(exchange)}"
            )


@WIRE.check("plain", why="Without it the service does not read the body.", source="kling 1.1")
def content_type_is_json(evidence: Evidence) -> Iterator[str]:
    """A create has the header Content-Type: application/json."""
    yield from _first(requests.content_type_is_json, evidence.creates[:1])


@WIRE.check("plain", "signed", why="The service answers anything else with 401.", source="kling 5")
def credentials_are_a_bearer_token(evidence: Evidence) -> Iterator[str]:
    """Each request has the header Authorization: Bearer with one token."""
    yield from _first(requests.credentials_are_a_bearer_token, evidence.calls)


@WIRE.check("plain", "signed", why="URLs end up in logs.", source="clients in the wild")
def no_key_in_the_url(evidence: Evidence) -> Iterator[str]:
    """No URL contains a credential."""
    yield from _first(requests.no_key_in_the_url, evidence.calls)


@WIRE.check(
    "signed", why="A service refuses a token without these times, and a thief can use one for long.", source="kling 5"
)
def jwt_has_its_claims(evidence: Evidence) -> Iterator[str]:
    """A JWT names its issuer, is valid now, and expires within a day."""
    for exchange in evidence.creates[:1]:
        claims, now = exchange.claims, exchange.at / 1000
        if claims is None:
            yield "the token is not a JWT, although the client was given an access key and a secret"
            return
        if "iss" not in claims or "exp" not in claims:
            yield f"the claims are {', '.join(sorted(claims)) or 'none'}, but iss and exp are required"
            return
        if claims.get("nbf", 0) > now + 1:
            yield f"nbf is {claims['nbf'] - now:.0f} s ahead"
        if not now < claims["exp"] <= now + _LONGEST_TOKEN_SECONDS + _CLOCK_SECONDS:
            yield f"exp is {claims['exp'] - now:.0f} s ahead"


@WIRE.check("signed", why="The service answers anything else with 401.", source="kling 5")
def tokens_are_signed_with_the_secret(evidence: Evidence) -> Iterator[str]:
    """The client signs its tokens with its secret key, by HS256."""
    for exchange in evidence.creates[:1]:
        if exchange.status == 401 and not list(jwt_has_its_claims(evidence)):
            yield f"the service refused a token whose claims are right: {evidence.error(exchange).get('message')}"


@WIRE.check(
    "invalid",
    "any-mistake",
    why="If a payload is changed silently, the user pays for something that nobody wanted.",
    source="kling 4.3",
)
def mistakes_are_not_repaired(evidence: Evidence) -> Iterator[str]:
    """If a payload breaks a rule, the client refuses it or reports the refusal; it never changes it silently."""
    for exchange in evidence.creates[:1]:
        sent = without_spelled_defaults(evidence, exchange.sent) if isinstance(exchange.sent, dict) else {}
        yield from payload_changes(evidence.payload, sent)
    if evidence.outcome != "error" and not evidence.is_accepted:
        yield evidence.report


def _asked_for(evidence: Evidence, sent: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return what was sent without what a client may add: defaults, a name of its own, and a URL for callbacks."""
    asked = without_spelled_defaults(evidence, sent)
    for place in (evidence.layout.external_id_field, evidence.layout.callback_field):
        if place is not None and not any(places.located(place, evidence.payload)):
            left = places.without(place, asked)
            # An object that was empty, and got nothing but this, is empty again.
            asked = {**{name: {} for name in asked if name in evidence.payload}, **left}
    return asked


def _first(find: Callable[[Exchange], str | None], exchanges: Iterable[Exchange]) -> Iterator[str]:
    """Yield the first fault that is found in one of some requests by itself."""
    yield from islice(filter(None, map(find, exchanges)), 1)
