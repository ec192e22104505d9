"""What a client puts on the wire."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.checks import Family
from mockserver.kit.client.evidence import Act

WIRE = Family[Act, str]("wire")


@WIRE.check(
    "plain",
    "any-payload",
    "unusual-payload",
    "several-results",
    "series",
    "watermark",
    why="What arrives is what is paid for.",
    source="kling 1.2, 1.4",
)
def payload_arrives_unchanged(act: Act) -> Iterator[str]:
    """Each field of the payload arrives as it was given: name, type, big numbers, letters, empty lists."""
    if not act.creates:
        yield f"no create was sent: outcome {act.told}"
    for exchange in act.creates[:1]:
        sent = exchange.sent
        if not isinstance(sent, dict):
            yield f"a body that is no JSON object: {exchange.request.body[:200]!r}"
            return
        for name, value in act.payload.items():
            if name not in sent:
                yield f"{name} is gone"
            elif not _is_same(sent[name], value):
                yield f"{name} is {sent[name]!r} instead of {value!r}"


@WIRE.check(
    "plain",
    "any-payload",
    "unusual-payload",
    why="An unknown or unwanted field is ignored by one service and refused by the next.",
    source="clients in the wild",
)
def nothing_is_invented(act: Act) -> Iterator[str]:
    """No field is sent that was not asked for."""
    # A client may add a name to find a lost task by, and where to call back.
    known = {*act.payload, act.layout.external_id_field, act.layout.callback_field}
    for exchange in act.creates[:1]:
        if isinstance(sent := exchange.sent, dict) and (extra := sorted(sent.keys() - known)):
            yield f"{', '.join(extra)} in the body"


@WIRE.check("plain", why="Without it the body is not read.", source="kling 1.1")
def content_type_is_json(act: Act) -> Iterator[str]:
    """A create says Content-Type: application/json."""
    for exchange in act.creates[:1]:
        kind = exchange.request.headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() != "application/json":
            yield f"Content-Type: {kind or 'none'}"


@WIRE.check("plain", "signed", why="Anything else is 401.", source="kling 5")
def credentials_are_a_bearer_token(act: Act) -> Iterator[str]:
    """Each request says Authorization: Bearer and one token."""
    for exchange in act.calls:
        if exchange.scheme != "Bearer":
            yield f"{exchange.request.method} {exchange.request.path} with scheme {exchange.scheme or 'none'}"
            return


@WIRE.check("plain", "signed", why="URLs end in logs.", source="clients in the wild")
def no_key_in_the_url(act: Act) -> Iterator[str]:
    """No credential stands in a URL."""
    for exchange in act.calls:
        words = ("key=", "token=", "secret=", "authorization=")
        if any(word in exchange.request.query.lower() for word in words):
            yield f"{exchange.request.method} {exchange.request.path}?{exchange.request.query.partition('=')[0]}=…"
            return


@WIRE.check("signed", why="A token without its times, or valid for ever, is refused or stolen.", source="kling 5")
def jwt_has_its_claims(act: Act) -> Iterator[str]:
    """A JWT names its issuer, and is valid now and not for more than a day."""
    for exchange in act.creates[:1]:
        claims = exchange.claims
        if claims is None:
            yield "a token that is no JWT, where an access key and a secret were given"
            return
        if "iss" not in claims or "exp" not in claims:
            yield f"claims {', '.join(sorted(claims)) or 'none'}; iss and exp are needed"
            return
        now = exchange.at / 1000
        if claims.get("nbf", 0) > now + 1:
            yield f"nbf {claims['nbf'] - now:.0f} s ahead"
        if not now < claims["exp"] <= now + 86_400 + 60:
            yield f"exp {claims['exp'] - now:.0f} s ahead"


@WIRE.check(
    "invalid",
    "any-mistake",
    why="A payload that is silently changed is paid for and is not what was wanted.",
    source="kling 4.3",
)
def mistakes_are_not_repaired(act: Act) -> Iterator[str]:
    """A payload that breaks a rule is refused by the client, or its refusal is told; it is never changed silently."""
    for exchange in act.creates[:1]:
        sent = exchange.sent if isinstance(exchange.sent, dict) else {}
        for name, value in act.payload.items():
            if name not in sent:
                yield f"{name} was {value!r}, and was left out"
            elif not _is_same(sent[name], value):
                yield f"{name} was {value!r}, and {sent[name]!r} was sent"
    if act.outcome != "error" and not act.is_accepted:
        yield f"outcome {act.told}"


def _is_same(one: object, other: object) -> bool:
    """Compare JSON values; 1, 1.0 and true are three things."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return type(one) is type(other) and one == other
