"""Servers that mix two accounts up, and servers that take forged tokens."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mockserver.contract.layout import path
from mockserver.kit.task_view import at
from mockserver.types import JSON, Request, Response
from tests.mutants.servers.harness import NOON, OTHER_SIGNER, OTHER_TOKEN, SIGNER, TOKEN, Ask, Wrong
from tests.mutants.servers.mutant import VIDEO, Mutants, doing, payload, refusal, with_body

ACCOUNTS = Mutants()
FORGERIES = Mutants()

OF_USEAPI: dict[str, Any] = {"service": "useapi", "operation": None}


def _as(request: Request, header: str) -> Request:
    return replace(request, headers={**request.headers, "authorization": header})


def _as_the_other(request: Request) -> Request:
    """Return a request as the other of the two accounts would send it."""
    header = request.headers.get("authorization", "")
    for one, other in ((TOKEN.token, OTHER_TOKEN), (OTHER_TOKEN, TOKEN.token)):
        if header == f"Bearer {one}":
            return _as(request, f"Bearer {other}")
    is_first = _said(request, 1).get("iss") == SIGNER.access_key
    return _as(request, f"Bearer {(OTHER_SIGNER if is_first else SIGNER).signed(NOON)}")


def _id(request: Request) -> str:
    return request.path.rpartition("/")[2]


def _shared(id: str, check: str, is_shared: Callable[[Request], bool], **about: Any) -> None:
    """Add a mutant that does what one account is refused as the other account."""

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        return ask(_as_the_other(request)) if is_shared(request) and 400 <= response.status < 500 else response

    ACCOUNTS.add(id, check, lambda: Wrong(respond), **about)


def _merged(id: str, check: str, does: str, place: str, **about: Any) -> None:
    """Add a mutant whose lists have what both accounts have."""

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        if doing(request) != does or response.status != 200:
            return response
        body, other = (json.loads(answer.body) for answer in (response, ask(_as_the_other(request))))
        items = at(body, path(place))
        assert isinstance(items, list)
        items += [item for item in at(other, path(place)) or [] if item not in items]
        return with_body(response, body)

    ACCOUNTS.add(id, check, lambda: Wrong(respond), **about)


SHOWN = r"shows the task \d+ of the other account"


def _is_by_id(request: Request) -> bool:
    return doing(request) == "get" and _id(request).isdecimal()


_shared("tasks-shared-between-accounts", "others-task-is-missing", _is_by_id, told=SHOWN)
_shared("films-shared-between-accounts", "others-task-is-missing", _is_by_id, operation=VIDEO, told=SHOWN)
_shared("tasks-shared-between-access-keys", "others-task-is-missing", _is_by_id, is_signing=True, told=SHOWN)
_shared("tasks-shared-between-tokens-of-useapi", "others-task-is-missing", _is_by_id, **OF_USEAPI, told=SHOWN)
_shared(
    "names-shared-between-accounts",
    "others-name-is-missing",
    lambda request: doing(request) == "get" and not _is_by_id(request),
    told=SHOWN,
)
_shared(
    "anybody-stops-a-job",
    "others-task-is-untouched",
    lambda request: doing(request) == "stop",
    **OF_USEAPI,
    told=r"done to the task \d+ of the other account",
)

_shared(
    "anybody-deletes-a-task",
    "others-task-is-untouched",
    lambda request: doing(request) == "delete",
    **OF_USEAPI,
    told=r'done to the task \d+ of the other account: 200 {"deleted"',
)

LISTED = r"lists the task \d+ of the other account"

_merged("list-shows-all-accounts", "others-task-is-unlisted", "list", "data", told=LISTED)
_merged("list-shows-all-tokens", "others-task-is-unlisted", "list", "history", **OF_USEAPI, told=LISTED)
_merged("all-that-runs-is-shown", "others-task-is-unlisted", "running", "", **OF_USEAPI, told=LISTED)
_merged("all-that-executes-is-shown", "others-task-is-unlisted", "available", "executing", **OF_USEAPI, told=LISTED)
_merged(
    "list-shows-all-files",
    "others-file-is-unlisted",
    "uploaded",
    "uploadAssetsList",
    **OF_USEAPI,
    told="lists .*, which the other account uploaded",
)


@ACCOUNTS.respond("others-task-is-missing", told="403 ")
def others_task_is_forbidden(ask: Ask, request: Request) -> Response:
    """The server tells that there is such a task."""
    response = ask(request)
    is_others = doing(request) == "get" and response.status == 400 and ask(_as_the_other(request)).status == 200
    return refusal(403, 1103, "not yours") if is_others else response


@ACCOUNTS.make("name-is-free-beside-others", told="a name that the other account uses is refused: 400")
def name_taken_by_the_other_account() -> Wrong:
    """One index of names serves all accounts."""
    taken: set[str] = set()

    def respond(ask: Ask, request: Request) -> Response:
        name = payload(request).get("external_task_id") if doing(request) == "create" else None
        if name and name in taken:
            return refusal(400, 1201, f"External_task_id {name} already exists")
        taken.add(str(name))
        return ask(request)

    return Wrong(respond)


@ACCOUNTS.respond("name-is-free-beside-others", told=r"the task \d+ of the other account")
def name_finds_the_first_task(ask: Ask, request: Request) -> Response:
    """A name finds the task of the account that had it first."""
    if doing(request) == "get" and not _is_by_id(request):
        first = ask(_as(request, f"Bearer {OTHER_TOKEN}"))
        return first if first.status == 200 and ask(request).status == 200 else ask(request)
    return ask(request)


@ACCOUNTS.respond("others-file-is-missing", **OF_USEAPI, told="http.* of the other account is taken: 200")
def anybodys_asset_is_found(ask: Ask, request: Request) -> Response:
    """A file is looked for by its URL alone."""
    response = ask(request)
    if doing(request) == "create" and response.status == 404:
        return ask(replace(request, body=json.dumps({**payload(request), "image_1": ""}).encode()))
    return response


def _said(request: Request, part: int) -> dict[str, Any]:
    """Return the header or the claims of a request's token, whoever signed it; nothing if it has no token."""
    parts = request.headers.get("authorization", "").removeprefix("Bearer ").split(".")
    try:
        found = json.loads(urlsafe_b64decode(parts[part] + "=" * (-len(parts[part]) % 4)))
    except (ValueError, IndexError):
        return {}
    return found if isinstance(found, dict) else {}


def _token(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def _signature(request: Request) -> str:
    return _token(request).rpartition(".")[2]


def _is_signed(request: Request, secret: str | None, digest: str = "sha256") -> bool:
    content, _, signature = _token(request).rpartition(".")
    made = hmac.digest((secret or "").encode(), content.encode(), digest)
    return urlsafe_b64encode(made).rstrip(b"=").decode() == signature


def _resigned(request: Request) -> Request:
    """Return a request with the claims that it has, as its account would sign them now."""
    fresh: dict[str, JSON] = {"exp": NOON // 1000 + 1800}
    return _as(request, f"Bearer {SIGNER.signed(NOON, **{**_said(request, 1), **fresh})}")


def _taken(id: str, told: str, is_taken: Callable[[Request], bool], check: str = "", **about: Any) -> None:
    """Add a mutant that takes some tokens, whoever signed them."""

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        is_forged = response.status == 401 and _said(request, 1).get("iss") == SIGNER.access_key
        return ask(_resigned(request)) if is_forged and is_taken(request) else response

    check = check or "altered-token-refused"
    FORGERIES.add(id, check, lambda: Wrong(respond), is_signing=True, told=f"accepted {told}: 200", **about)


def _algorithm(request: Request) -> str:
    return str(_said(request, 0).get("alg"))


_taken("accepts-alg-none", "a token with alg none and no signature", lambda request: _algorithm(request) == "none")
_taken("accepts-alg-none-in-capitals", "a token with alg NONE", lambda request: _algorithm(request) == "NONE")
_taken(
    "accepts-no-alg", "a token with no alg and no signature", lambda request: "alg" not in _said(request, 0) and
    bool(_said(request, 0))
)  # fmt: skip
_taken("accepts-missing-signature", "a token without its signature", lambda request: not _signature(request))
_taken("accepts-two-parts", "a token without its last part", lambda request: _token(request).count(".") == 1)
_taken(
    "accepts-cut-signature",
    "a token with half its signature",
    lambda request: (
        0 < len(_signature(request)) < 43 and SIGNER.signed(NOON).rpartition(".")[2].startswith(_signature(request))
    ),
)
_taken(
    "looks-at-the-end-of-a-signature",
    "a token with one bit of its signature flipped",
    lambda request: _signature(request)[2:] == SIGNER.signed(NOON).rpartition(".")[2][2:],
)
_taken("accepts-four-parts", "a token of four parts", lambda request: _token(request).count(".") == 3)
_taken(
    "any-secret-of-the-service-will-do",
    "a token signed with the secret of another account",
    lambda request: _is_signed(request, OTHER_SIGNER.secret),
)
_taken("reads-the-secret-at-kid", "a token with a kid of /dev/null, signed with nothing",
       lambda request: "dev/null" in str(_said(request, 0).get("kid")))  # fmt: skip
_taken("takes-the-key-from-the-header", "a token with a key of its own in the header",
       lambda request: "jwk" in _said(request, 0))  # fmt: skip
_taken(
    "signed-with-the-access-key",
    "a token signed with its own access key",
    lambda request: _is_signed(request, SIGNER.access_key),
)
_taken(
    "accepts-hs512",
    "a token signed with HS512",
    lambda request: _is_signed(request, SIGNER.secret, "sha512"),
    "undocumented-token-refused",
)
_taken("needs-no-exp", "a token without exp", lambda request: "exp" not in _said(request, 1),
       "undocumented-token-refused")  # fmt: skip
_taken("takes-the-second-token", "two tokens in one header", lambda request: ", Bearer " in _token(request),
       "undocumented-token-refused")  # fmt: skip


def _opened(id: str, told: str, is_opened: Callable[[str, str], bool], **about: Any) -> None:
    """Add a mutant that takes some keys for the one of the account."""

    def respond(ask: Ask, request: Request) -> Response:
        is_near = _token(request) != TOKEN.token and is_opened(_token(request), str(TOKEN.token))
        return ask(_as(request, f"Bearer {TOKEN.token}") if is_near else request)

    FORGERIES.add(id, "near-key-refused", lambda: Wrong(respond), told=f"accepted {told}: 200", **about)


_opened("compares-the-beginning-of-keys", "a key with a letter behind it", lambda key, own: key.startswith(own))
_opened("compares-as-much-as-was-sent", "a key without its last letter",
        lambda key, own: bool(key) and own.startswith(key))  # fmt: skip
_opened("ignores-the-case-of-keys", "a key with its letters in the other case",
        lambda key, own: key.lower() == own.lower(), service="useapi", operation=None)  # fmt: skip
_opened("looks-keys-up-by-a-pattern", "a pattern that the key fits",
        lambda key, own: key.endswith("%") and own.startswith(key[:-1]),
        service="chainhub", operation="chainhub/omni-image.create")  # fmt: skip


@FORGERIES.make(
    "altered-token-refused",
    is_signing=True,
    told="accepted a token whose claims were altered after it was signed: 200",
)
def remembers_signatures() -> Wrong:
    """A signature that was good once is not checked again, whatever it is under."""
    good: set[str] = set()

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        if response.status == 200:
            good.add(_signature(request))
        return ask(_resigned(request)) if response.status == 401 and _signature(request) in good else response

    return Wrong(respond)


@FORGERIES.respond(
    "altered-token-refused",
    is_signing=True,
    chosen={"jwt-lifetime": "1800"},
    told="accepted a token that lives for a year: 200",
)
def lets_tokens_live(ask: Ask, request: Request) -> Response:
    """Not even a reading that limits a token's life does."""
    return ask(request)


@FORGERIES.respond("altered-token-refused", is_signing=True, told="to a token of two dots: 400")
def malformed_tokens_are_bad_requests(ask: Ask, request: Request) -> Response:
    return refusal(400, 1200, "malformed token") if _token(request) == ".." else ask(request)
