"""Forgeries: tokens that a server must refuse, because their account did not sign them, or not as documented (kling 5);
and keys that are nearly right.

What a lenient library takes without harm is not among them: padding in the Base64, ``bearer`` in lower case, a number
with a fraction for a time.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from mockserver.kit.server.credentials import LIFETIME_SECONDS, Credentials
from mockserver.kit.server.expectations import Expectations
from mockserver.types import JSON, Millis

_YEAR_SECONDS = 365 * 24 * 3600
_LATER_SECONDS = 60
"""By so much the end of a token is put off, so that it is another token."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who forges tokens, and when: an access key, and one of another account."""

    own: Credentials
    stranger: Credentials
    now: Millis

    @property
    def claims(self) -> dict[str, JSON]:
        """The claims of a good token."""
        return self.own.claims(self.now)

    @property
    def parts(self) -> tuple[str, str, str]:
        """The parts of a good token."""
        header, claims, signature = self.own.signed(self.now).split(".")
        return header, claims, signature


@dataclass(frozen=True, slots=True)
class Forgery:
    """A token that no server should take.

    * ``name``: what it is, as a finding says it
    * ``make``: returns what stands behind the word Bearer
    * ``is_sound``: only the documents are against it, and who sends it does know the secret
    * ``reading``: the question and the reading under which it must be refused; ``None`` for always
    """

    name: str
    make: Callable[[Signer], str]
    is_sound: bool = False
    reading: tuple[str, str] | None = None


def forgeries(expectations: Expectations) -> Iterator[Forgery]:
    """Yield the tokens that must be refused under the readings that are settled."""
    for each in FORGERIES:
        if each.reading is None or expectations.possible(each.reading[0]) == {each.reading[1]}:
            yield each


def _of_algorithm(algorithm: str | None, *, is_signed: bool = False) -> Callable[[Signer], str]:
    """Return what makes a token that claims an algorithm, with the signature of a good token or none."""
    named: dict[str, JSON] = {} if algorithm is None else {"alg": algorithm}

    def make(signer: Signer) -> str:
        _, claims, signature = signer.parts
        return f"{_part({**named, 'typ': 'JWT'})}.{claims}.{signature if is_signed else ''}"

    return make


def _signed_by(algorithm: str, digest: str) -> Callable[[Signer], str]:
    """Return what makes a token that is signed with the right secret by an algorithm that is not documented."""
    return lambda signer: _sealed(signer.claims, signer.own.secret, {"alg": algorithm, "typ": "JWT"}, digest)


def _with_secret(secret: Callable[[Signer], str | None], **header: JSON) -> Callable[[Signer], str]:
    """Return what makes a token that is signed with a secret that is not the account's."""
    return lambda signer: _sealed(signer.claims, secret(signer), {"alg": "HS256", "typ": "JWT", **header})


def _saying(**claims: JSON) -> Callable[[Signer], str]:
    """Return what makes a token of some other claims, rightly signed; ``None`` leaves one out."""
    return lambda signer: signer.own.signed(signer.now, **claims)


def _of_parts(make: Callable[[str, str, str], str]) -> Callable[[Signer], str]:
    """Return what makes a token of the header, the claims and the signature of a good one."""
    return lambda signer: make(*signer.parts)


def _flipped_bit(signer: Signer) -> str:
    header, claims, signature = signer.parts
    first, *rest = urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    return f"{header}.{claims}.{_part(bytes([first ^ 1, *rest]))}"


def _signature_of_another(signer: Signer) -> str:
    header, claims, _ = signer.parts
    later = signer.own.signed(signer.now, exp=_end(signer) + _LATER_SECONDS)
    return f"{header}.{claims}.{later.rpartition('.')[2]}"


def _later_end(signer: Signer) -> str:
    header, _, signature = signer.own.expired(signer.now).split(".")
    return f"{header}.{_part(signer.claims)}.{signature}"


def _altered_claims(signer: Signer) -> str:
    header, _, signature = signer.parts
    return f"{header}.{_part({**signer.claims, 'exp': _end(signer) + _LATER_SECONDS})}.{signature}"


def _altered_issuer(signer: Signer) -> str:
    header, _, signature = signer.stranger.signed(signer.now).split(".")
    return f"{header}.{_part(signer.claims)}.{signature}"


def _own_key_in_header(signer: Signer) -> str:
    key = "a secret of the one who forges it"
    header = {"alg": "HS256", "typ": "JWT", "jwk": {"kty": "oct", "k": _part(key.encode())}}
    return _sealed(signer.claims, key, header)


def _claims_in_list(signer: Signer) -> str:
    return _sealed([signer.claims], signer.own.secret)


def _twice(signer: Signer) -> str:
    token = signer.own.signed(signer.now)
    return f"{replace(signer.own, secret=signer.stranger.secret).signed(signer.now)}, Bearer {token}"


def _end(signer: Signer) -> int:
    return signer.now // 1000 + LIFETIME_SECONDS


FORGERIES = (
    Forgery("a token with alg none and no signature", _of_algorithm("none")),
    Forgery("a token with alg none and an old signature", _of_algorithm("none", is_signed=True)),
    Forgery("a token with alg None", _of_algorithm("None")),
    Forgery("a token with alg NONE", _of_algorithm("NONE")),
    Forgery("a token with no alg and no signature", _of_algorithm(None)),
    Forgery("a token without its signature", _of_parts(lambda header, claims, _: f"{header}.{claims}.")),
    Forgery("a token without its last part", _of_parts(lambda header, claims, _: f"{header}.{claims}")),
    Forgery(
        "a token with half its signature",
        _of_parts(lambda header, claims, signature: f"{header}.{claims}.{signature[: len(signature) // 2]}"),
    ),
    Forgery("a token with one bit of its signature flipped", _flipped_bit),
    Forgery("a token with the signature of another token", _signature_of_another),
    Forgery("a token whose exp was put off after it was signed", _later_end),
    Forgery("a token whose claims were altered after it was signed", _altered_claims),
    Forgery("a token whose iss was altered after it was signed", _altered_issuer),
    Forgery(
        "a token whose header was altered after it was signed",
        _of_parts(
            lambda _, claims, signature: f"{_part({'alg': 'HS256', 'typ': 'JWT', 'kid': '1'})}.{claims}.{signature}"
        ),
    ),
    Forgery("a token signed with the secret of another account", _with_secret(lambda signer: signer.stranger.secret)),
    Forgery("a token signed with its own access key", _with_secret(lambda signer: signer.own.access_key)),
    Forgery("a token signed with an empty secret", _with_secret(lambda _: "")),
    Forgery("a token with a kid of /dev/null, signed with nothing", _with_secret(lambda _: "", kid="../../dev/null")),
    Forgery("a token with a key of its own in the header", _own_key_in_header),
    Forgery("a token without iss", _saying(iss=None)),
    Forgery("a token with an empty iss", _saying(iss="")),
    Forgery("a token with a list of claims", _claims_in_list),
    Forgery(
        "a token with a header that is no JSON",
        _of_parts(lambda _, claims, signature: f"{_part(b'HS256')}.{claims}.{signature}"),
    ),
    Forgery("a token with nothing between its dots", _of_parts(lambda header, _, signature: f"{header}..{signature}")),
    Forgery("a token of two dots", lambda _: ".."),
    Forgery(
        "a token of four parts",
        _of_parts(lambda header, claims, signature: f"{header}.{claims}.{signature}.{signature}"),
    ),
    Forgery("a token signed with HS384", _signed_by("HS384", "sha384"), is_sound=True),
    Forgery("a token signed with HS512", _signed_by("HS512", "sha512"), is_sound=True),
    Forgery("a token of HS256 that says RS256", _signed_by("RS256", "sha256"), is_sound=True),
    Forgery("a token without exp", _saying(exp=None), is_sound=True),
    Forgery("a token with exp as a text", lambda each: _saying(exp=str(_end(each)))(each), is_sound=True),
    Forgery(
        "a token with a space in it",
        _of_parts(lambda header, claims, signature: f"{header}.{claims}. {signature}"),
        is_sound=True,
    ),
    Forgery("two tokens in one header", _twice, is_sound=True),
    Forgery(
        "a token that lives for a year",
        lambda signer: _saying(exp=_end(signer) + _YEAR_SECONDS)(signer),
        reading=("jwt-lifetime", "1800"),
    ),
    Forgery("a token without nbf", _saying(nbf=None), reading=("jwt-nbf", "required")),
)


NEAR_KEYS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "a key without its last letter": lambda key: key[:-1],
        "a key without its first letter": lambda key: key[1:],
        "a key with a letter behind it": lambda key: key + "0",
        "a key with another last letter": lambda key: key[:-1] + ("1" if key.endswith("0") else "0"),
        "a key with its letters in the other case": str.swapcase,
        "a pattern that the key fits": lambda key: f"{key[:1]}%",
    }
)
"""What is nearly a key, and what makes it of the key."""


def _sealed(claims: JSON, secret: str | None, header: JSON = None, digest: str = "sha256") -> str:
    """Return a token of any header and claims, signed with an HMAC; libraries refuse to make some of these."""
    content = f"{_part(header or {'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    return f"{content}.{_part(hmac.digest((secret or '').encode(), content.encode(), digest))}"


def _part(content: JSON | bytes) -> str:
    text = content if isinstance(content, bytes) else json.dumps(content, separators=(",", ":")).encode()
    return urlsafe_b64encode(text).rstrip(b"=").decode()
