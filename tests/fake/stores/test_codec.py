"""Records: what is written is read again as it was, whatever is in it, and no secret is among the bytes."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract.catalog import load
from mockserver.contract.differences import Difference
from mockserver.contract.readings import levels
from mockserver.contract.rules import Rule
from mockserver.contract.validation import Validator, Violation
from mockserver.fake.faults.meant import meant_by
from mockserver.fake.intake import auth
from mockserver.fake.journal import Entry, cut
from mockserver.fake.lifecycle import STATUSES, Source, Task
from mockserver.fake.stores import codec, seal
from mockserver.secrecy.curl import curl
from mockserver.secrecy.mask import Mask, masked
from mockserver.types import JSON, Request, Response, Wire

NOON = 1_790_000_000_000

LONG = "key-0f3c9a7e51d24b88a6f1"
SECRET = "0f3c9a7e51d2"
ACCOUNT = auth.hashed(LONG)

TEXTS = st.text(st.characters(codec=None, exclude_categories=())) | st.sampled_from(
    ["\ud83d\ude00", "\udcff", "\0", "\n", "\r\n\u2028", "\\ud800", '"', "", "NaN", "…"]
)
NUMBERS = st.integers() | st.sampled_from([10**400, -(10**4299), 2**63, 2**64, 0])
VALUES: st.SearchStrategy[JSON] = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
TASKS = st.builds(
    Task,
    id=TEXTS,
    operation=TEXTS,
    account=TEXTS,
    base_url=TEXTS,
    created_at=NUMBERS,
    timeline=st.lists(st.tuples(NUMBERS, st.sampled_from(STATUSES)), min_size=1, max_size=4).map(tuple),
    document=st.binary() | TEXTS.map(lambda text: json.dumps({"prompt": text}).encode()),
    slots=NUMBERS,
    model=TEXTS,
    external_id=st.none() | TEXTS,
    callback_url=st.none() | TEXTS,
    reason=st.none() | TEXTS,
    ratio=st.none() | TEXTS,
    looks=NUMBERS,
    source=st.none() | st.builds(Source, TEXTS, TEXTS, NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    deleted_at=st.none() | NUMBERS,
)
PATHS = st.lists(TEXTS | st.integers(0), max_size=3).map(tuple)
RULES = st.builds(
    Rule,
    **dict.fromkeys(("id", "operation", "field", "keyword", "confidence", "source", "description"), TEXTS),
    path=PATHS,
    value=VALUES,
    level=st.sampled_from(["error", "warning", "off"]),
    message=st.none() | TEXTS,
    accept=st.just(()),
    reject=st.just(()),
)
WIRES = st.builds(Wire, NUMBERS, NUMBERS, st.booleans(), st.sampled_from(["no", "before", "during"]))
HEADERS = st.dictionaries(TEXTS, TEXTS, max_size=4)
BODIES = st.binary() | VALUES.map(lambda value: json.dumps(value).encode())
ENTRIES = st.builds(
    Entry,
    number=st.integers(0),
    at=NUMBERS,
    service=TEXTS,
    operation=st.none() | TEXTS,
    account=st.none() | TEXTS,
    request=st.builds(Request, TEXTS, TEXTS, TEXTS, HEADERS, BODIES, TEXTS),
    response=st.builds(Response, NUMBERS, BODIES, HEADERS, st.none() | WIRES, took=st.none() | NUMBERS),
    violations=st.lists(
        st.builds(Violation, RULES, st.sampled_from(["error", "warning"]), PATHS, TEXTS, VALUES), max_size=3
    ).map(tuple),
    sizes=st.tuples(NUMBERS, NUMBERS),
    differences=st.lists(
        st.builds(Difference, st.sampled_from(["request", "answer"]), TEXTS, TEXTS, TEXTS, TEXTS, TEXTS), max_size=2
    ).map(tuple),
)


@given(VALUES)
def test_a_value_is_read_as_it_was_written(value: JSON) -> None:
    data = codec.written(value)
    assert b"\n" not in data
    assert repr(codec.read(data)) == repr(value)


@given(TASKS)
def test_a_task_is_read_as_it_was_written(task: Task) -> None:
    kept = replace(task, document=seal.sealed_document(task.document))
    assert codec.read_task(codec.written_task(task)) == kept
    assert codec.written_task(kept) == codec.written_task(task)


@given(ENTRIES)
def test_an_exchange_is_read_as_it_was_written(entry: Entry) -> None:
    kept = seal.sealed(entry)
    told = tuple(
        replace(found, rule=replace(found.rule, value=None)) if found.rule.is_anchored else found
        for found in kept.violations
    )
    read = codec.read_entry(entry.number, codec.written_entry(entry))
    assert read == replace(kept, violations=told)
    assert read.response.took == kept.response.took


WORDS = [
    *(
        "token",
        "apiKey",
        "sid",
        "cookie",
        "x",
        "://",
        "u:pw12345678@",
        "=",
        '"',
        "'",
        ":",
        "?",
        "&",
        " ",
        "\n",
        "é",
        "\\",
    ),
    *("eyJhbGciOiJ9.abc.def", "sk-abcdefghijklmnop", "bearer ab1cdefgh", "\\u006bey", "%6bey", LONG),
]
SUSPECTS = st.lists(st.sampled_from(WORDS), max_size=8).map("".join)


@given(SUSPECTS, SUSPECTS, SUSPECTS, st.dictionaries(st.sampled_from(["x", "cookie", "referer"]), SUSPECTS), SUSPECTS)
def test_the_quick_look_overlooks_nothing_that_a_mask_hides(
    path: str, query: str, body: str, headers: dict[str, str], fact: str
) -> None:
    broken = Violation(some_rule(), "error", (fact,), fact, None)
    headers = {**headers, "authorization": f"Bearer {LONG}"}
    entry = exchange(Request("POST", f"/{path}", query, headers, body.encode()), Response(200, body.encode()), broken)
    mask = entry.mask
    kept = seal.sealed(entry)
    assert kept.request.path == mask.text(entry.request.path)
    assert kept.request.query == mask.query(query)
    assert kept.request.body == kept.response.body == mask.text(body).encode()
    assert kept.violations[0].fact == mask.text(fact)
    shown = {name: mask.json(value, name) for name, value in headers.items() if name != "authorization"}
    assert {name: kept.request.headers[name] for name in shown} == shown


def test_a_usual_exchange_is_sealed_without_a_long_look(monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"authorization": f"Bearer {LONG}", "user-agent": "python-httpx/0.28.1", "accept": "text/html;q=0.9"}
    body = b'{"prompt": "A monkey designs a sign, 50% done", "image": "https://cdn.example/a.png?size=2"}'
    entry = exchange(Request("POST", "/v1/images/omni-image", "", headers, body), Response(200, b'{"task_id":"1"}'))
    wanted = entry.mask.json(dict(headers))
    monkeypatch.setattr(Entry, "mask", None)
    kept = seal.sealed(entry)
    assert kept.request.body is body
    assert Mask().json(dict(kept.request.headers)) == wanted


def some_rule() -> Rule:
    return next(iter(load().services["kling"].operations["kling/omni-image.create"].rules))


def exchange(request: Request, response: Response, *violations: Violation, account: str | None = ACCOUNT) -> Entry:
    return Entry(7, NOON, "kling", "kling/omni-image.create", account, *cut(request, response, violations))


def jwt(**claims: JSON) -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT", "kid": SECRET}, claims))
    return ".".join([*(urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "c2lnbmF0dXJlLW9mLW1pbmU"])


CREDENTIALS = {
    "key": f"Bearer {LONG}",
    "bare key": LONG,
    "short key": "Bearer me",
    "empty": "",
    "scheme alone": "Bearer",
    "blank key": "Bearer   ",
    "two blanks": f"bearer  {LONG}",
    "another scheme": f"Token {LONG}",
    "a misspelt scheme": f"Baerer {LONG}",
    "basic": f"Basic {b64encode(f'me:{SECRET}'.encode()).decode()}",
    "JWT": f"Bearer {jwt(iss='ak-0f3c9a7e51d2', exp=1_790_000_900, nbf=1_790_000_000, iat=1.5, jti='1')}",
    "JWT of a short key": f"Bearer {jwt(iss='ak-1', exp=1_790_000_900)}",
    "JWT without claims": f"Bearer {jwt()}",
    "JWT of another kind": f"Bearer {jwt(iss=[SECRET], exp='soon', api_key=SECRET, sub=SECRET)}",
    "JWT of a number": f"Bearer {jwt(iss=12345678901234567890, exp=True)}",
    "no JWT": f"Bearer a.b.{LONG}",
    "meant": "Bearer ak-Expect-Refusal-0f3c9a7e51d2",
    "meant by a short key": "Bearer expect-refusal",
    "meant by a bare key": f"expect-refusal-{SECRET}",
    "meant by a very short one": "expect-refusal",
    "meant by an access key": f"Bearer {jwt(iss='ak-expect-refusal-0f3c9a7e51d2', exp=1_790_000_900)}",
    "meant by a short access key": f"Bearer {jwt(iss='expect-refusal', exp=1_790_000_900)}",
    "latin-1": "Bearer schlüssel-äöü-0f3c9a7e51d2",
}


def shown(entry: Entry) -> JSON:
    """Return all that the control API shows of an exchange."""
    credentials = auth.form(entry.request.headers)
    return {
        **entry.as_json(),
        "digest": None if entry.account is None else auth.digest(entry.account),
        "credentials": entry.mask.json(credentials),
        "refusal_meant_by": meant_by(entry.request, credentials["claims"]),
        "curl": curl(entry.request),
    }


@pytest.mark.parametrize("header", CREDENTIALS.values(), ids=CREDENTIALS)
def test_what_is_shown_of_an_exchange_is_what_was_shown_of_it_before_it_was_written(header: str) -> None:
    body = json.dumps({"prompt": f"A cat {LONG}", "api_key": SECRET, "n": 1}).encode()
    request = Request("POST", "/v1/images", f"token={SECRET}&x=1", {"authorization": header, "host": "h:1"}, body)
    entry = exchange(request, Response(200, b'{"code":0}', {"set-cookie": f"sid={SECRET}; path=/"}))
    kept = codec.read_entry(entry.number, codec.written_entry(entry))
    assert shown(kept) == shown(entry)
    assert masked(kept.request.headers["authorization"]) == masked(header)
    assert codec.written_entry(kept) == codec.written_entry(entry)


@pytest.mark.parametrize("header", [*CREDENTIALS.values(), f"{LONG} {SECRET}"], ids=[*CREDENTIALS, "two parts"])
def test_no_secret_of_a_request_is_in_the_bytes(header: str) -> None:
    key = header.partition(" ")[2].strip() or header
    body = json.dumps({"prompt": f"A cat {LONG} {key}", "api_key": SECRET, "u": f"https://u:{SECRET}@h/?sig={SECRET}"})
    headers = {"authorization": header, "x-api-key": SECRET, "cookie": f"a={SECRET}", "x-other": f"{LONG} {key}"}
    broken = Violation(some_rule(), "error", ("image_list", LONG), f"{LONG} is too long", SECRET)
    request = Request("POST", f"/v1/{LONG}", f"token={SECRET}&other={LONG}&api_key={LONG}", headers, body.encode())
    answer = Response(400, json.dumps({"message": f"{LONG} of {SECRET}"}).encode(), {"set-cookie": f"sid={SECRET}"})
    data = codec.written_entry(exchange(request, answer, broken))
    assert [secret for secret in (LONG, SECRET, "schlüssel-äöü") if secret.encode() in data] == []
    signed = header.split(".")
    if len(signed) == 3:
        assert signed[2].encode() not in data
    for piece in data.split(b'"'):
        assert SECRET not in str(auth.form({"authorization": piece.decode(errors="replace")})["claims"])


def test_no_secret_of_a_payload_is_in_the_bytes_of_its_task() -> None:
    document = {"prompt": "A cat", "api_key": SECRET, "tokens": [{"token": [LONG]}], "u": f"https://u:{SECRET}@h"}
    data = codec.written_task(replace(TASK, document=json.dumps(document).encode()))
    assert SECRET.encode() not in data
    assert LONG.encode() not in data
    assert json.loads(codec.read_task(data).document)["prompt"] == "A cat"


TASK = Task("1", "kling/omni-image.create", ACCOUNT, "http://h", NOON, ((0, "submitted"),), b"{}", 1)


PAYLOADS: list[JSON] = [{}, {"prompt": 5, "n": "x", "strange": 1, "image_list": [{}]}, [], None]


def creates() -> list[Any]:
    operations = [each for service in load().services.values() for each in service.operations.values()]
    return [pytest.param(each, payload, id=each.id) for each in operations if each.task for payload in PAYLOADS]


@pytest.mark.parametrize(("operation", "payload"), creates())
def test_what_is_told_of_each_broken_rule_survives(operation: Any, payload: JSON) -> None:
    questions = load().services[operation.service].questions
    usual = levels(questions, {id: question.default for id, question in questions.items()})
    violations = Validator(operation.schema, operation.rules, usual).violations(payload)
    entry = exchange(Request("POST", operation.path), Response(400), *violations)
    kept = codec.read_entry(entry.number, codec.written_entry(entry))
    assert kept.as_json() == entry.as_json()
    assert [found.rule.id for found in kept.violations] == [found.rule.id for found in violations]
