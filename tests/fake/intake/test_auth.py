"""Credentials: who enters as whom, and what each of those who do not is told."""

import base64
import hmac
import json
import sys
from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import pytest

from mockserver.contract.catalog import load
from mockserver.contract.credentials import mistakes
from mockserver.fake.media.results import Result
from mockserver.resources import folder
from mockserver.settings import Key
from mockserver.types import JSON
from tests.conftest import IMAGE, NOON, Answer, CheckedFake
from tests.support.results import result_at

NOW = NOON // 1000
SECRET = "secret-key-of-at-least-32-letters!"
AK = f"access-key:{SECRET}"
TIMES = {"nbf": NOW - 5, "exp": NOW + 1800}


def part(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def token(
    claims: Mapping[str, Any] | str | None = None,
    *,
    secret: str = SECRET,
    header: Mapping[str, Any] | None = None,
    **more: Any,
) -> str:
    """Make a token as the official sample does, without the library that reads it."""
    said = claims if isinstance(claims, str) else {"iss": "access-key", **TIMES, **(claims or {}), **more}
    if not isinstance(said, str):
        said = {name: value for name, value in said.items() if value is not None}
    signed = f"{part(header or {'alg': 'HS256', 'typ': 'JWT'})}.{part(said)}"
    digest = hmac.digest(secret.encode(), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def fake(*keys: str, **readings: str) -> CheckedFake:
    named = {name.replace("_", "-"): reading for name, reading in readings.items()}
    return CheckedFake(keys=tuple(map(Key.parse, keys)), readings=named)


def enter(key: str | None, *keys: str, **readings: str) -> Answer:
    """Ask for a list with a key, where some keys enter."""
    return fake(*keys, **readings).get(IMAGE, token=key)


def told(answer: Answer) -> tuple[int, int, str]:
    return answer.status, answer.code, answer.message


ENTERS = (200, 0, "SUCCEED")
NOTHING = (401, 1001, "Authorization is empty")
MALFORMED = (401, 1002, "Authorization must be 'Bearer' and a key")
UNKNOWN_KEY = (401, 1002, "api key not found")
UNKNOWN_ACCESS_KEY = (401, 1002, "access key not found")
NO_JWT = (401, 1002, "The token was expected to have 3 parts, but got 0")
UNSIGNED = (401, 1000, "The token's signature does not match")


@pytest.mark.parametrize("key", ["x", "sk-1", "api-key-kling-0123456789", "user:123-abc", "a.b", "a.b.c", "a.b.c.d"])
def test_any_key_is_an_account_by_default(key: str) -> None:
    assert told(enter(key)) == ENTERS


@pytest.mark.parametrize("header", [None, "", "   "])
@pytest.mark.parametrize("keys", [(), ("key-a",), (AK,)])
def test_without_authorization_it_is_1001(header: str | None, keys: tuple[str, ...]) -> None:
    assert told(fake(*keys).send("GET", IMAGE, authorization=header)) == NOTHING


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "key-a", "Basic a2V5", "Bearer key a", "Token key-a", "Bearer\u00a0x"]
)
def test_what_is_not_bearer_and_one_key_is_1002(header: str) -> None:
    assert told(fake("key-a").send("GET", IMAGE, authorization=header)) == MALFORMED


@pytest.mark.parametrize("header", ["Bearer key-a", "bearer key-a", "BEARER key-a", "Bearer   key-a", " Bearer key-a "])
def test_the_word_bearer_may_be_written_anyhow(header: str) -> None:
    assert told(fake("key-a").send("GET", IMAGE, authorization=header)) == ENTERS


@pytest.mark.parametrize("key", ["key-a", "key-b", "user:123-abc"])
def test_a_key_of_the_list_enters(key: str) -> None:
    assert told(enter(key, "key-a", "key-b", "user:123-abc", AK)) == ENTERS


@pytest.mark.parametrize("key", ["key-c", "key", "KEY-A", "access-key", SECRET, AK, "user", "user:123"])
def test_any_other_does_not(key: str) -> None:
    assert told(enter(key, "key-a", "user:123-abc", AK)) == UNKNOWN_KEY


@pytest.mark.parametrize("key", ["key-c", "access-key", SECRET])
def test_where_only_access_keys_enter_a_plain_key_is_told_to_be_a_token(key: str) -> None:
    assert told(enter(key, AK, "ak-2:sk-2")) == NO_JWT


def test_two_keys_are_two_accounts(fake: CheckedFake) -> None:
    id = fake.made(token="key-a")
    assert fake.get(IMAGE, id, token="key-a").status == 200
    assert fake.get(IMAGE, id, token="key-b").status == 400
    assert fake.get(IMAGE, token="key-b").data == []


def test_all_tokens_of_an_access_key_are_one_account() -> None:
    one = fake(AK)
    id = one.made(token=token())
    assert one.get(IMAGE, id, token=token(exp=NOW + 60, iat=NOW, jti="2")).data["task_id"] == id


@pytest.mark.parametrize("keys", [(), (AK,), ("key-a", AK, "ak-2:sk-2")])
def test_the_official_samples_token_enters(keys: tuple[str, ...]) -> None:
    assert told(enter(token(), *keys)) == ENTERS


@pytest.mark.parametrize("nbf", [NOW - 60, NOW - 5, NOW, None])
@pytest.mark.parametrize("exp", [NOW + 1800, NOW + 3600, NOW + 86400])
@pytest.mark.parametrize("more", [{}, {"iat": 0}, {"iat": NOW, "jti": "a"}])
def test_every_token_that_clients_send_enters(nbf: int | None, exp: int, more: dict[str, Any]) -> None:
    assert told(enter(token(nbf=nbf, exp=exp, **more), AK)) == ENTERS


@pytest.mark.parametrize(
    "claims",
    [
        {"iat": 0},
        {"iat": -1},
        {"iat": NOW + 9999},
        {"sub": 7},
        {"jti": 7},
        {"aud": "you"},
        {"scope": ["a"]},
        {"kid": None},
    ],
)
def test_an_ancient_iat_and_further_claims_are_no_error(claims: dict[str, Any]) -> None:
    assert told(enter(token(claims), AK)) == ENTERS


@pytest.mark.parametrize("header", [{"alg": "HS256"}, {"alg": "HS256", "typ": "JWT", "kid": "a"}])
def test_a_header_may_say_less_or_more(header: dict[str, Any]) -> None:
    assert told(enter(token(header=header), AK)) == ENTERS


@pytest.mark.parametrize(
    "said",
    [
        {"exp": NOW - 5},
        {"exp": NOW - 5, "nbf": None},
        {"nbf": NOW + 5},
        {"exp": NOW - 4.5},
        {"nbf": NOW + 4.5},
    ],
)
@pytest.mark.parametrize("keys", [(), (AK,)])
def test_a_clock_may_be_wrong_by_five_seconds(said: dict[str, Any], keys: tuple[str, ...]) -> None:
    assert told(enter(token(said), *keys)) == ENTERS


@pytest.mark.parametrize("end", [NOW - 6, NOW - 5.5, 1, 0, -(10**400)])
@pytest.mark.parametrize("keys", [(), (AK,)])
def test_an_expired_token_is_1004(end: float, keys: tuple[str, ...]) -> None:
    assert told(enter(token(exp=end), *keys)) == (401, 1004, f"The token expired at {end}")


@pytest.mark.parametrize("start", [NOW + 6, NOW + 5.5, 10**400])
@pytest.mark.parametrize("keys", [(), (AK,)])
def test_an_early_token_is_1003(start: float, keys: tuple[str, ...]) -> None:
    assert told(enter(token(nbf=start), *keys)) == (401, 1003, f"The token is not valid before {start}")


def test_a_tokens_times_are_told_by_the_fakes_clock() -> None:
    one = fake(AK)
    used = token()
    one.clock.advance(1_805_999)
    assert told(one.get(IMAGE, token=used)) == ENTERS
    one.clock.advance(1)
    assert one.get(IMAGE, token=used).code == 1004
    one.clock.set(NOON - 11_000)
    assert one.get(IMAGE, token=used).code == 1003


@pytest.mark.parametrize("exp", [None, "soon", "1790001800", True, [], {}])
@pytest.mark.parametrize("keys", [(), (AK,)])
def test_a_token_without_an_end_is_1002(exp: object, keys: tuple[str, ...]) -> None:
    assert told(enter(token({"exp": exp}), *keys)) == MALFORMED


@pytest.mark.parametrize("nbf", ["soon", True, []])
def test_a_start_that_is_no_time_is_1002(nbf: object) -> None:
    assert told(enter(token(nbf=nbf), AK)) == MALFORMED


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("claim", ["exp", "nbf"])
def test_a_time_that_is_no_number_of_jsons_never_enters(number: str, claim: str) -> None:
    claims = {"iss": "access-key", **TIMES, claim: "TIME"}
    said = json.dumps(claims).replace('"TIME"', number)
    assert enter(token(said), AK).status == 401


@pytest.mark.parametrize(
    "wrong",
    [
        token(secret="another secret of 32 letters or more"),
        token(header={"alg": "none"}),
        token(header={"alg": "none"}).rpartition(".")[0] + ".",
        token(header={"alg": "RS256", "typ": "JWT"}),
        token(header={"alg": "HS384"}),
        token(header={"alg": None}),
        token(header={"alg": ["HS256"]}),
        token().rpartition(".")[0] + ".",
        token().rpartition(".")[0] + ".!!!",
        token().partition(".")[0]
        + "."
        + part({"iss": "access-key", "exp": NOW + 9999})
        + "."
        + token().rpartition(".")[2],
        token(exp=NOW - 9999, secret="another secret of 32 letters or more"),
    ],
)
def test_a_wrong_signature_is_1000_where_the_secret_is_known(wrong: str) -> None:
    assert told(enter(wrong, AK)) == UNSIGNED


def test_where_no_secret_is_known_no_signature_is_looked_at_and_no_library_for_it_imported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "jwt", None)
    for unsigned in (token(header={"alg": "none"}), token(header={"alg": "RS256"}), token(secret="whatever it is")):
        assert told(enter(unsigned)) == ENTERS


def test_a_secret_of_a_test_may_be_short() -> None:
    assert told(enter(token({"iss": "ak"}, secret="sk"), "ak:sk")) == ENTERS
    assert told(enter(token({"iss": "ak"}, secret="ks"), "ak:sk")) == UNSIGNED


@pytest.mark.parametrize("issuer", ["access-key-2", "", None, 7, "key-a"])
def test_an_issuer_that_is_not_known_is_1002(issuer: object) -> None:
    assert told(enter(token(iss=issuer), "key-a", AK)) == UNKNOWN_ACCESS_KEY


@pytest.mark.parametrize("issuer", ["", None, 7])
def test_a_token_of_nobodys_is_1002_in_every_mode(issuer: object) -> None:
    assert told(enter(token(iss=issuer))) == UNKNOWN_ACCESS_KEY


GARBAGE = [
    "..",
    "a.b.c",
    "!.!.!",
    f"{part('[]')}.{part('{}')}.x",
    f"{part({'alg': 'HS256'})}.{part('[]')}.x",
    f"{part({})}.{part({})}.x",
    f"{part({'alg': 'HS256'})}.{part('{')}.x",
    f"{part('[' * 10_000)}.{part({})}.x",
    f"{part({'alg': 'HS256'})}.{part('{' + chr(34) + 'iss' + chr(34) + ':' + '9' * 5000 + '}')}.x",
    "é.é.é",
    "\ud800.a.b",
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_of_three_parts_is_a_key_like_any_other(garbage: str) -> None:
    assert told(enter(garbage, "key-a")) == UNKNOWN_KEY
    assert told(enter(garbage, AK)) == NO_JWT


def test_an_issuer_that_cannot_be_written_as_utf_8_is_no_token_either() -> None:
    odd = token('{"iss":"\\ud800","exp":99999999999}')
    one = fake(AK)
    assert told(one.get(IMAGE, token=odd)) == NO_JWT
    assert fake().get(IMAGE, token=odd).status == 200
    json.dumps([entry.as_json() for entry in one.world.journal], ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("reading", "nbf", "expected"),
    [("optional", None, ENTERS), ("required", None, MALFORMED), ("required", NOW, ENTERS)],
)
def test_whether_nbf_is_needed_is_a_reading(reading: str, nbf: int | None, expected: tuple[int, int, str]) -> None:
    assert told(enter(token(nbf=nbf), AK, jwt_nbf=reading)) == expected


@pytest.mark.parametrize(
    ("reading", "span", "expected"),
    [("unlimited", 10**9, ENTERS), ("1800", 1805, ENTERS), ("1800", 1806, MALFORMED), ("1800", 86400, MALFORMED)],
)
def test_how_long_a_token_may_live_is_a_reading(reading: str, span: int, expected: tuple[int, int, str]) -> None:
    assert told(enter(token(exp=NOW + span), AK, jwt_lifetime=reading)) == expected


def test_a_result_is_had_without_credentials() -> None:
    one = fake("key-a")
    id = one.made(token="key-a")
    one.clock.advance(2000)
    url = one.get(IMAGE, id, token="key-a").data["task_result"]["images"][0]["url"]
    assert isinstance(result_at(one, "/results/" + url.partition("/results/")[2]), Result)


@pytest.mark.parametrize("key", [None, "nobody's"])
def test_who_does_not_enter_leaves_no_task(key: str | None) -> None:
    one = fake("key-a")
    assert one.post(IMAGE, {"prompt": "A cat"}, token=key).status == 401
    assert len(one.world.tasks) == 0


def test_a_token_is_not_asked_for_on_a_path_that_is_not_there() -> None:
    assert fake("key-a").send("GET", "/v1/nothing", token=None).status == 404


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TOKEN", ("TOKEN", None, "TOKEN")),
        ("TOKEN=me", ("TOKEN", None, "me")),
        ("AK:SK", ("AK", "SK", "AK")),
        ("AK:SK=me", ("AK", "SK", "me")),
        ("AK:SK=", ("AK", "SK=", "AK")),
        ("AK:SK==", ("AK", "SK==", "AK")),
        ("AK:SK===me", ("AK", "SK==", "me")),
        ("dG9rZW4=", ("dG9rZW4=", None, "dG9rZW4=")),
        ("user:123-abc", ("user:123-abc", None, "user:123-abc")),
        ("user:123-abc=me", ("user:123-abc", None, "me")),
    ],
)
def test_a_key_may_name_its_account_behind_an_equals_sign(text: str, expected: tuple[str, str | None, str]) -> None:
    """``=`` at the end is padding of Base64, and part of the key."""
    key = Key.parse(text)
    assert (key.name, key.secret, key.owner) == expected


SECOND = "api-key-kling-2"


def seen(one: CheckedFake, *credentials: str) -> list[int]:
    """Return how many tasks each credential lists."""
    return [len(one.get(IMAGE, token=credential).data) for credential in credentials]


def test_keys_of_one_account_see_the_same_tasks_ids_and_limits() -> None:
    one = fake(f"{AK}=me", f"{SECOND}=me", "stranger")
    made = one.made(token=token(), external_task_id="order-17")
    one.made(token=SECOND)
    assert seen(one, token(), SECOND, "stranger") == [2, 2, 0]
    assert one.get(IMAGE, made, token=SECOND).data["task_id"] == made
    again = one.create(token=SECOND, external_task_id="order-17")
    assert (again.status, again.message) == (400, "External_task_id order-17 already exists")
    one.limit("me", slots=2)
    assert [one.create(token=each).status for each in (token(), SECOND, "stranger")] == [429, 429, 200]
    one.faults.add("1102", account="me")
    assert [one.get(IMAGE, token=each).code for each in (token(), SECOND, "stranger")] == [1102, 1102, 0]
    one.faults.clear()
    one.reset("me")
    assert seen(one, token(), SECOND, "stranger") == [0, 0, 1]


def test_keys_that_name_no_account_are_accounts_of_their_own() -> None:
    one = fake(AK, SECOND)
    one.made(token=token())
    assert seen(one, token(), SECOND) == [1, 0]


def test_a_useapi_token_may_name_its_account_too() -> None:
    one = CheckedFake(services=("useapi",), keys=(Key.parse("user:1-a=me"), Key.parse("user:2-b=me")))
    one.post("/v1/kling/images/omni", {"prompt": "A cat"}, token="user:1-a")
    assert len(one.get("/v1/kling/tasks", token="user:2-b").json["history"]) == 1


def rules(header: str, **settings: Any) -> tuple[int, list[str], str]:
    one = CheckedFake(**settings)
    answer = one.send("GET", IMAGE, authorization=header)
    (entry,) = one.requests
    assert [violation.rule.id for violation in entry.violations] == answer.rules
    return answer.status, answer.rules, answer.headers.get("mockserver-level", "")


MISTAKES = json.loads((folder("schemas") / "credentials.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("service", load().services)
@pytest.mark.parametrize("rule", MISTAKES["allOf"], ids=lambda rule: rule["$anchor"])
def test_a_mistake_in_credentials_is_named_and_what_only_resembles_it_is_not(rule: JSON, service: str) -> None:
    path = next(
        operation.path for operation in load().services[service].operations.values() if operation.method == "POST"
    )
    has_header = "x-api-key" in load().services[service].credentials
    one = CheckedFake(services=(service,))

    def broken(sent: JSON) -> list[str]:
        bearer = sent["authorization"] if "authorization" in sent else token(sent["claims"])
        keys = {"authorization": None, "x_api_key": bearer} if has_header else {"authorization": f"Bearer {bearer}"}
        answer = one.send("POST", path, b"{}", **keys)
        return [name for name in answer.rules if name.startswith("credential-")]

    for kept in rule["x-accept"]:
        assert (kept, broken(kept)) == (kept, [])
    has_claims = "jwt" in load().services[service].credentials
    for sent in rule["x-reject"]:
        is_named = rule["$anchor"] in broken(sent)
        assert (sent, is_named) == (sent, has_claims or "claims" not in sent)


@pytest.mark.parametrize("key", ["undefined", "null", "None", "${KEY}", "<token>", "your-api-key", "'key-a'", "NaN"])
def test_a_placeholder_is_an_account_like_any_other_with_a_warning(key: str) -> None:
    status, broken, level = rules(f"Bearer {key}")
    assert (status, level) == (200, "warning")
    assert len(broken) == 1
    assert rules(f"Bearer {key}", strict=True)[0] == 200  # --strict is about payloads


@pytest.mark.parametrize(
    "header", ["Bearer Bearer key-a", "Bearer [object Object]", "Bearer", "undefined", "Bearer a b"]
)
def test_what_is_refused_anyway_is_explained(header: str) -> None:
    status, broken, level = rules(header)
    assert (status, level, len(broken)) == (401, "warning", 1)
    assert rules("Bearer undefined", keys=(Key("key-a"),))[:2] == (401, ["credential-is-set"])


def test_a_warning_of_the_key_comes_after_those_of_the_payload(fake: CheckedFake) -> None:
    answer = fake.create(token="undefined", n=10)
    assert (answer.status, answer.rules) == (400, ["n.maximum", "credential-is-set"])
    assert (answer.headers["mockserver-pointer"], answer.headers["mockserver-level"]) == ("/n, /authorization", "error")


@pytest.mark.parametrize("unit", [1_000, 1_000_000, 1_000_000_000])
@pytest.mark.parametrize("keys", [(), (AK,)])
def test_times_in_milliseconds_are_read_as_such(unit: int, keys: tuple[str, ...]) -> None:
    def entered(lifetime: str = "any", **claims: float) -> tuple[int, int, str]:
        said = token({"iat": NOW * unit, **{name: value * unit for name, value in claims.items()}})
        return told(enter(said, *keys, jwt_lifetime=lifetime))

    usual = load().services["kling"].questions["jwt-lifetime"].default
    assert entered(usual, nbf=NOW - 5, exp=NOW + 1800) == ENTERS
    assert entered("1800", nbf=NOW - 5, exp=NOW + 1800) == ENTERS
    assert entered("1800", nbf=NOW - 5, exp=NOW + 3600) == MALFORMED
    assert entered(usual, nbf=NOW - 100, exp=NOW - 60)[:2] == (401, 1004)
    assert entered(usual, nbf=NOW + 60, exp=NOW + 600)[:2] == (401, 1003)
    said = token(iat=NOW * unit, nbf=(NOW - 5) * unit, exp=(NOW + 60) * unit)
    assert rules(f"Bearer {said}")[:2] == (200, ["credential-times-are-seconds"])


def test_the_mistakes_are_a_schema_that_loads_like_any_other() -> None:
    meta = json.loads((folder("schemas") / "schema.meta.json").read_text(encoding="utf-8"))
    assert [error.message for error in jsonschema_rs.validator_for(meta).iter_errors(MISTAKES)] == []
    for example in MISTAKES["examples"]:
        assert mistakes(example["authorization"], example.get("claims")) == ()
