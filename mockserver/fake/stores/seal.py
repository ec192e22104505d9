"""The seal: what is secret in an exchange is masked before it leaves the process.

What is shown of a sealed exchange is the same as of the exchange itself: the scheme of its credentials, the claims of
a JWT, and whether a name in them says that the request means to be refused.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import astuple, replace
from functools import lru_cache

import jsonschema_rs

from mockserver.contract.credentials import KEY_HEADER
from mockserver.contract.differences import Difference
from mockserver.contract.validation import Violation
from mockserver.fake.faults.meant import NAME
from mockserver.fake.intake import auth
from mockserver.fake.journal import Entry
from mockserver.secrecy.mask import SCHEMES, Mask, is_secret, masked, secrets, spellings
from mockserver.types import JSON, Reason, Request

_NAMED = r"[^a-z0-9\"'=]*[\"'=]"
_LETTERS = r"[-_][0-9a-z_+/=-]{12}"

# Wherever Mask masks something by its form or by the name beside it, this finds something, in letters of lower case.
# An escape may stand for a letter of such a word; Chinese that is escaped does not. It is searched by the engine of the
# validator, which takes a fifteenth of the time that Python's takes, at most linear in the length of the text.
_looks_secret = jsonschema_rs.validator_for(
    {
        "pattern": rf"(?:token|pwd|jwt|sid|secret|passw(?:or)?d|passphrase|auth(?:orization)?|sig(?:n|nature)?"
        rf"|credentials?|cookies?|session_?[^a-z0-9]*_?id|key){_NAMED}"
        rf"|(?:[spa]k|whsec|ghp|api-key){_LETTERS}"
        r"|eyj|bearer |\\u00[2-7]|%[0-9a-f][0-9a-f]|://[^ \t\n\r\f\x0b\"<>\\/?#]*@"
    },
    pattern_options=jsonschema_rs.RegexOptions(),
).is_valid

_LONG_LETTERS = 16
"""Of a longer text a mask shows both ends, of another only the beginning."""

_MOST_SCHEME_LETTERS = 12
"""A longer word in the place of a scheme may be the secret itself."""

_MOST_KEPT_LETTERS = 4096
"""Longer headers are sealed anew each time, or those that are remembered would fill the memory."""

_NO_HEADER = urlsafe_b64encode(b'{"alg":""}').decode().rstrip("=")


def sealed(entry: Entry) -> Entry:
    """Return an exchange without its secrets."""
    request, response = entry.request, entry.response
    asked, sent = _split(request.headers)
    answered, got = _split(response.headers)
    known = (*_known(sent), *_known(got)) if sent or got else ()
    told = _bytes("\n".join((request.path, request.query, *asked, *answered, *_told(entry))))
    if not _is_plain(b"%b\n%b\n%b" % (told, request.body, response.body), known):
        return _masked(entry, entry.mask)
    if sent:
        hidden = {**request.headers, **{name: _hidden(name, value) for name, value in sent}}
        request = Request(request.method, request.path, request.query, hidden, request.body, request.scheme)
    if got:
        hidden = {**response.headers, **{name: masked(value) for name, value in got}}
        response = replace(response, headers=hidden)
    return Entry(
        entry.number,
        entry.at,
        entry.service,
        entry.operation,
        entry.account,
        request,
        response,
        entry.violations,
        entry.sizes,
        entry.differences,
    )


def sealed_document(document: bytes) -> bytes:
    """Return a payload without its secrets."""
    return document if _is_plain(document, ()) else _body(document, Mask.of(Request("POST", "", body=document)))


def _is_plain(data: bytes, known: tuple[bytes, ...]) -> bool:
    """Whether there is surely nothing to be masked."""
    return not any(secret in data for secret in known) and not _looks_secret(data.lower().decode("latin-1"))


def _masked(entry: Entry, mask: Mask) -> Entry:
    request, response = entry.request, entry.response
    asked, answered = _body(request.body, mask), _body(response.body, mask)
    return replace(
        entry,
        request=replace(
            request,
            path=mask.text(request.path),
            query=mask.query(request.query),
            headers=_headers(request.headers, mask),
            body=asked,
        ),
        response=replace(
            response, headers=_headers(response.headers, mask), body=answered, reason=_reason(response.reason, mask)
        ),
        violations=tuple(_violation(violation, mask) for violation in entry.violations),
        sizes=(entry.sizes[0] + len(asked) - len(request.body), entry.sizes[1] + len(answered) - len(response.body)),
        differences=tuple(Difference(*mask.json(list(astuple(found)))) for found in entry.differences),
    )


def _body(body: bytes, mask: Mask) -> bytes:
    """Mask a body; what is not UTF-8 in it stays as it is."""
    return mask.text(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _violation(violation: Violation, mask: Mask) -> Violation:
    path = tuple(mask.text(step) if isinstance(step, str) else step for step in violation.path)
    return replace(violation, path=path, fact=mask.text(violation.fact), value=mask.json(violation.value))


def _reason(reason: Reason | None, mask: Mask) -> Reason | None:
    return None if reason is None else Reason(*mask.json(list(astuple(reason))))


def _headers(headers: Mapping[str, str], mask: Mask) -> dict[str, str]:
    return {
        mask.text(name): _hidden(name, value, mask) if is_secret(name) else mask.text(value)
        for name, value in headers.items()
    }


def _told(entry: Entry) -> Iterator[str]:
    """Yield the texts that say what was wrong with an exchange, and may repeat what was in it."""
    for violation in entry.violations:
        yield violation.fact
        yield violation.pointer
        if violation.value is not None:
            yield json.dumps(violation.value, default=str)
    for difference in entry.differences:
        yield from astuple(difference)
    if (reason := entry.response.reason) is not None:
        yield from (reason.sentence, reason.id or "")


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:  # a key of the cache
    return is_secret(name)


def _split(headers: Mapping[str, str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the names and values of headers that are no secret, and the headers that are one."""
    plain: list[str] = []
    secret: list[tuple[str, str]] = []
    for name, value in headers.items():
        if _is_secret(name):
            secret.append((name, value))
        else:
            plain += name, value
    return plain, secret


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _known(headers: list[tuple[str, str]]) -> Iterator[bytes]:
    """Yield the secrets that headers name, in every spelling."""
    for name, value in headers:
        known = _spelled if len(value) <= _MOST_KEPT_LETTERS else _spelled.__wrapped__
        yield from known(name, value)


@lru_cache(maxsize=256)
def _spelled(name: str, value: str) -> tuple[bytes, ...]:  # a key of the cache
    return tuple({_bytes(form) for secret in secrets({name: value}, {}, None) for form in spellings(secret)})


def _hidden(name: str, value: str, mask: Mask | None = None) -> str:
    """Return what is kept of a header that is a secret; ``mask`` is that of its exchange, if it knows more secrets."""
    if name != "authorization":
        return f"{NAME}…" if name == KEY_HEADER and NAME in value.lower() else masked(value)
    return _credentials(value) if mask is None and len(value) <= _MOST_KEPT_LETTERS else _sealed(value, mask or Mask())


@lru_cache(maxsize=256)
def _credentials(header: str) -> str:  # a key of the cache
    return _sealed(header, Mask())


def _sealed(header: str, mask: Mask) -> str:
    """Mask credentials such that ``auth.form``, ``meant_by`` and a mask say of it what they said before."""
    if header.strip().lower() in ("", *SCHEMES):
        return header
    scheme, _, token = header.partition(" ")
    if not token.strip() or not scheme:
        return _named(header)
    if not scheme.isalpha() or len(scheme) > _MOST_SCHEME_LETTERS:
        scheme = masked(scheme)
    if (claims := auth.form({"authorization": header})["claims"]) is not None:
        return f"{scheme} {_NO_HEADER}.{_claims(claims, mask)}.{_dots(0)}{header[-4:]}"
    is_meant = NAME in header.lower()
    if len(header) <= _LONG_LETTERS:
        return header if is_meant else f"{scheme} ".ljust(_LONG_LETTERS, "…")
    name = f"{NAME}…" if is_meant else ""
    return f"{scheme} {_dots(len(scheme) + len(name))}{name}{header[-4:]}"


def _named(name: str) -> str:
    """Mask what may be a name that means its requests to be refused. One as short as these words has little else."""
    if NAME not in name.lower():
        return masked(name)
    return f"{name[:4]}…{NAME}…{name[-4:]}" if len(name) > _LONG_LETTERS else name


def _claims(claims: Mapping[str, JSON], mask: Mask) -> str:
    shown, issuer = mask.json(dict(claims)), claims.get("iss")
    if isinstance(issuer, str):
        shown["iss"] = _named(issuer) if spellings(issuer) else issuer  # a shorter one is no secret to a mask, either
    return urlsafe_b64encode(json.dumps(shown, separators=(",", ":")).encode()).decode().rstrip("=")


def _dots(others: int) -> str:
    """Return what stands for the hidden letters: as many as make a text one of which a mask shows both ends."""
    return "…" * max(1, _LONG_LETTERS - others - 4)
