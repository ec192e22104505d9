"""Servers that accept what they must refuse, or refuse what they must accept: rules, bytes, credentials."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jwt

from mockserver.types import Request, Response
from tests.mutants.servers.harness import NOON, SIGNER, TOKEN, Ask, Wrong
from tests.mutants.servers.mutant import VIDEO, Mutants, doing, payload, refusal, with_field

REQUESTS = Mutants()
CREDENTIALS = Mutants()

GOOD = json.dumps({"prompt": "A red bicycle in the rain"}).encode()


LENGTHS = [str(seconds) for seconds in range(3, 16)]


def _lenient(id: str, name: str, is_wrong: Callable[[Any], bool], value: Any, **about: Any) -> None:
    """Add a mutant that corrects a wrong field by itself."""

    def respond(ask: Ask, request: Request) -> Response:
        sent = payload(request) if doing(request) == "create" else {}
        return ask(with_field(request, name, value) if name in sent and is_wrong(sent[name]) else request)

    REQUESTS.add(id, "refuses-broken-rules", lambda: Wrong(respond), **about)


def _strict(
    id: str, name: str, is_refused: Callable[[Any], bool], check: str = "accepts-valid-payloads", **about: Any
) -> None:
    """Add a mutant that refuses a field that is right."""

    def respond(ask: Ask, request: Request) -> Response:
        sent = payload(request) if doing(request) == "create" else {}
        is_bad = name in sent and is_refused(sent[name])
        return refusal(400, 1201, f"{name} value is invalid") if is_bad else ask(request)

    REQUESTS.add(id, check, lambda: Wrong(respond), **about)


def _is_more(value: Any, most: int) -> bool:
    return isinstance(value, int) and value > most


def _is_end_alone(value: Any) -> bool:
    items = value if isinstance(value, list) else []
    return [item.get("type") for item in items if isinstance(item, dict)] == ["end_frame"]


_lenient("ten-pictures", "n", lambda value: _is_more(value, 9), 9, told=r"n\.maximum accepted: 200")
_lenient(
    "any-resolution",
    "resolution",
    lambda value: value not in ("1k", "2k", "4k"),
    "1k",
    told=r"resolution\.enum accepted: 200",
)
_lenient(
    "endless-prompts",
    "prompt",
    lambda value: isinstance(value, str) and len(value) > 2500,
    "x",
    told=r"prompt\.maxLength accepted: 200",
)
_lenient(
    "prompt-of-any-type", "prompt", lambda value: not isinstance(value, str), "x", told=r"prompt\.type accepted: 200"
)
_lenient(
    "any-model",
    "model_name",
    lambda value: value not in ("kling-image-o1", "kling-v3-omni"),
    None,
    told=r"model_name\.enum accepted: 200",
)
_lenient(
    "any-length",
    "duration",
    lambda value: str(value) not in LENGTHS,
    "5",
    operation=VIDEO,
    told=r"duration\.enum accepted: 200",
)
_lenient(
    "last-frame-alone",
    "image_list",
    _is_end_alone,
    None,
    operation=VIDEO,
    told="end-frame-needs-first-frame accepted: 200",
)
_lenient(
    "no-maximum-of-jobs",
    "maxJobs",
    lambda value: _is_more(value, 50),
    50,
    service="useapi",
    operation=None,
    told=r"maxJobs\.maximum accepted: 200",
)
_lenient(
    "any-ratio-at-yutoai",
    "aspect_ratio",
    lambda value: value != "4:3",
    "1:1",
    service="yutoai",
    operation=None,
    told=r"aspect_ratio\.enum accepted: 200",
)

_strict(
    "prompts-up-to-1000",
    "prompt",
    lambda value: len(value) > 1000,
    told=r"prompt\.maxLength 400 .*prompt value is invalid",
)
_strict(
    "bytes-for-characters",
    "prompt",
    lambda value: len(value.encode()) > 2500,
    told=r"prompt\.maxLength 400 .*prompt value is invalid",
)
_strict("up-to-four-pictures", "n", lambda value: _is_more(value, 4), told=r"n\.maximum 400 .*n value is invalid")
_strict(
    "no-wide-pictures",
    "aspect_ratio",
    lambda value: value == "21:9",
    told=r"aspect_ratio\.enum 400 .*aspect_ratio value is invalid",
)
_strict(
    "no-empty-callback",
    "callback_url",
    lambda value: value == "",
    told=r"callback_url\.pattern 400 .*callback_url value is invalid",
)
_strict(
    "no-automatic-series",
    "series_amount",
    lambda value: value == "auto",
    told=r"series_amount\.enum 400 .*series_amount value is invalid",
)
_strict(
    "no-short-films",
    "duration",
    lambda value: value == "3",
    operation=VIDEO,
    told=r"duration\.enum 400 .*duration value is invalid",
)
_strict(
    "shots-are-numbers",
    "multi_prompt",
    lambda value: isinstance(value[0]["duration"], str),
    operation=VIDEO,
    told=r"multi_prompt\S* 400 .*multi_prompt value is invalid",
)
_strict(
    "no-elements",
    "element_list",
    bool,
    "accepts-references",
    chosen={"unknown-element": "accepted"},
    told=r"element_list\.\S* 400 .*element_list value is invalid",
)
_strict(
    "no-2k-at-chainhub",
    "resolution",
    lambda value: value == "2k",
    service="chainhub",
    operation="chainhub/omni-image.create",
    told=r"resolution\.enum 400 .*resolution value is invalid",
)


@REQUESTS.respond("refuses-as-documented", told="prompt.required 422")
def unprocessable(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(response, status=422) if b'"code":1201' in response.body and doing(request) == "create" else response


@REQUESTS.respond("refuses-as-documented", told='prompt.required 400 .*"code":1200')
def general_code(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(response, body=response.body.replace(b'"code":1201', b'"code":1200'))


@REQUESTS.respond("refuses-as-documented", service="useapi", operation=None, told="prompt.required 500")
def moderation_for_mistakes(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(response, status=500) if response.status == 400 and doing(request) == "create" else response


@REQUESTS.respond("refuses-broken-rules", told=r"prompt\.required accepted: 200")
def no_prompt_needed(ask: Ask, request: Request) -> Response:
    is_bare = doing(request) == "create" and bool(payload(request)) and "prompt" not in payload(request)
    return ask(with_field(request, "prompt", "x") if is_bare else request)


@REQUESTS.respond("refuses-broken-rules", told=r"list page(Num|Size)\.type accepted: 200")
def any_page_size(ask: Ask, request: Request) -> Response:
    is_list = doing(request) == "list" and any(not text.isdecimal() for text in request.parameters.values())
    return ask(replace(request, query="") if is_list else request)


@REQUESTS.respond("survives-bad-bytes", told="invalid UTF-8 500")
def dies_of_bad_utf8(ask: Ask, request: Request) -> Response:
    try:
        request.body.decode()
    except UnicodeDecodeError:
        return refusal(500, 5000, "UnicodeDecodeError")
    return ask(request)


@REQUESTS.respond("survives-bad-bytes", told="(10 000 levels|levels that do not close) no answer")
def dies_of_depth(ask: Ask, request: Request) -> Response:
    return Response(0) if request.body.count(b"[") > 5000 else ask(request)


@REQUESTS.respond("survives-bad-bytes", told="get a long id 500")
def dies_of_long_ids(ask: Ask, request: Request) -> Response:
    return refusal(500, 5000, "too long") if len(request.path) > 2000 else ask(request)


@REQUESTS.respond("refuses-unreadable-bodies", told="no body 200")
def no_body_needed(ask: Ask, request: Request) -> Response:
    is_empty = doing(request) == "create" and not request.body.strip()
    headers = {**request.headers, "content-type": "application/json"}
    return ask(replace(request, body=GOOD, headers=headers) if is_empty else request)


@REQUESTS.respond("refuses-unreadable-bodies", told="cut JSON 200")
def repairs_cut_json(ask: Ask, request: Request) -> Response:
    is_cut = doing(request) == "create" and request.body.startswith(b"{") and not request.body.endswith(b"}")
    return ask(replace(request, body=request.body + b"}") if is_cut else request)


@REQUESTS.respond("unknown-paths", told=r"unknown path 200 \{\}")
def empty_success_everywhere(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return Response(200, b"{}", {"content-type": "application/json"}) if b'"code":1203' in response.body else response


@REQUESTS.respond("unknown-paths", told="unknown method 405")
def method_not_allowed(ask: Ask, request: Request) -> Response:
    response = ask(request)
    return replace(response, status=405) if b'"code":1202' in response.body else response


def _as(request: Request, header: str) -> Request:
    return replace(request, headers={**request.headers, "authorization": header})


def _claims(request: Request) -> dict[str, Any]:
    """Return the claims of a request's token, whoever signed it; none if it has no token."""
    try:
        found: dict[str, Any] = jwt.decode(
            request.headers.get("authorization", "").removeprefix("Bearer "), options={"verify_signature": False}
        )
    except jwt.InvalidTokenError:
        return {}
    return found


def _resigned(request: Request, **claims: Any) -> Request:
    return _as(request, f"Bearer {SIGNER.signed(NOON, **{**_claims(request), **claims})}")


def _coded(id: str, check: str, here: int, there: int, status: int = 401, **about: Any) -> None:
    """Add a mutant that has another code for a refusal of credentials."""

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        if response.status != 401 or f'"code":{here}'.encode() not in response.body:
            return response
        return replace(response, status=status, body=response.body.replace(str(here).encode(), str(there).encode()))

    CREDENTIALS.add(id, check, lambda: Wrong(respond), **about)


_coded("nobody-is-1002", "no-credentials-refused", 1001, 1002, told='none 401 .*"code":1002')
_coded("nobody-is-forbidden", "no-credentials-refused", 1001, 1103, 403, told='none 403 .*"code":1103')
_coded("expired-is-1002", "expired-token-refused", 1004, 1002, is_signing=True, told='expired token 401 .*"code":1002')
_coded("early-is-1004", "early-token-refused", 1003, 1004, is_signing=True, told='early token 401 .*"code":1004')
_coded("forged-is-1004", "forged-token-refused", 1000, 1004, is_signing=True, told='forged token 401 .*"code":1004')
_coded("bad-scheme-is-1000", "bad-credentials-refused", 1002, 1000, told='(another|no) scheme 401 .*"code":1000')


@CREDENTIALS.respond("no-credentials-refused", told="(none|empty) 200")
def nobody_enters(ask: Ask, request: Request) -> Response:
    return ask(request if request.headers.get("authorization") else _as(request, f"Bearer {TOKEN.token}"))


@CREDENTIALS.respond("no-credentials-refused", service="useapi", operation=None, told="(none|empty) 200")
def nobody_enters_useapi(ask: Ask, request: Request) -> Response:
    return ask(request if request.headers.get("authorization") else _as(request, f"Bearer {TOKEN.token}"))


@CREDENTIALS.respond("bad-credentials-refused", told="another scheme 200")
def any_scheme_enters(ask: Ask, request: Request) -> Response:
    is_other = request.headers.get("authorization", "").startswith("Basic")
    return ask(_as(request, f"Bearer {TOKEN.token}") if is_other else request)


@CREDENTIALS.respond(
    "unknown-key-refused", service="chainhub", operation="chainhub/omni-image.create", told="unknown key 200"
)
def any_key_enters(ask: Ask, request: Request) -> Response:
    is_other = request.headers.get("authorization", "").startswith("Bearer ")
    return ask(_as(request, f"Bearer {TOKEN.token}") if is_other else request)


@CREDENTIALS.respond("expired-token-refused", is_signing=True, told="expired token 200")
def expired_enters(ask: Ask, request: Request) -> Response:
    end = _claims(request).get("exp")
    is_past = isinstance(end, int) and end < NOON // 1000
    return ask(_resigned(request, exp=NOON // 1000 + 600) if is_past else request)


@CREDENTIALS.respond("early-token-refused", is_signing=True, told="early token 200")
def early_enters(ask: Ask, request: Request) -> Response:
    is_early = _claims(request).get("nbf", 0) > NOON // 1000
    return ask(_resigned(request, nbf=None) if is_early else request)


@CREDENTIALS.respond("forged-token-refused", is_signing=True, told="forged token 200")
def forged_enters(ask: Ask, request: Request) -> Response:
    is_forged = _claims(request).get("iss") == SIGNER.access_key and b'"code":1000' in ask(request).body
    return ask(_resigned(request) if is_forged else request)


@CREDENTIALS.respond("unknown-access-key-refused", is_signing=True, told="token of an unknown access key 200")
def any_access_key_enters(ask: Ask, request: Request) -> Response:
    is_other = _claims(request).get("iss", SIGNER.access_key) != SIGNER.access_key
    return ask(_resigned(request, iss=SIGNER.access_key) if is_other else request)


@CREDENTIALS.respond("extra-claims-enter", is_signing=True, told="token of 1970 401")
def iat_must_be_fresh(ask: Ask, request: Request) -> Response:
    return refusal(401, 1002) if _claims(request).get("iat", NOON) < NOON // 1000 - 3600 else ask(request)


@CREDENTIALS.make("good-credentials-enter", told='401 .*"code": 1002')
def forgets_who_was_good() -> Wrong:
    known: list[str] = []

    def respond(ask: Ask, request: Request) -> Response:
        known.append(request.headers.get("authorization", ""))
        return refusal(401, 1002) if known.count(known[-1]) == 2 else ask(request)

    return Wrong(respond)
