"""Redaction: no secret stays, what is no secret stays, and the same looks the same again."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mockserver.adapters.proxy.redaction import Redactor, digest
from mockserver.secrecy.mask import is_secret, secrets
from mockserver.types import JSON

PICTURE = b64encode(bytes(range(256))).decode()
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhY2Nlc3Mta2V5LW9mLW1pbmUifQ.c2lnbmF0dXJl"


def redacted(text: str) -> str:
    return Redactor().text(text)


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "api-key", "X-Goog-Api-Key", "Proxy-Authorization"),
        *("token", "access_token", "accessToken", "clientSecret", "password", "X-Amz-Signature", "secretKey", "sign"),
    ],
)
def test_a_name_says_that_it_holds_a_secret(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["prompt", "task_id", "max_tokens", "request_id", "content-type", "userTickets", "designation", "keyword"]
)
def test_a_name_says_nothing_of_a_secret(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A cat on the moon", "A cat on the moon"),
        (f"key {JWT} is bad", "key removed is bad"),
        ("Bearer abcdefgh is bad", "Bearer removed is bad"),
        ("sk-0123456789abcdef is bad", "removed is bad"),
        ("user:12345-abcdef is bad", "user:removed is bad"),
        ("token=abc&x=1", "token=removed&x=1"),
        ("write to a.b+c@example.org or d@example.org", "write to account-1@example.com or account-2@example.com"),
        (
            "a@example.org, b@example.org, a@example.org",
            "account-1@example.com, account-2@example.com, account-1@example.com",
        ),
        ("task 848021964837912615", "task 848021964837912615"),
        (f"data:image/png;base64,{PICTURE}", f"data:image/png;base64,{digest(PICTURE)}"),
    ],
)
def test_a_text_loses_what_looks_like_a_secret_or_a_person(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("prompt", "A cat", "A cat"),
        ("password", "hunter2", "removed"),
        ("password", None, None),
        ("token", "", ""),
        ("userId", 777, 12345),
        ("userId", "777", "12345"),
        ("account_id", 0, 0),
        ("nickname", "Somebody", "removed"),
        ("nick_name", "Somebody", "removed"),
        ("phoneNumber", "+1 555", "removed"),
        ("image", PICTURE, digest(PICTURE)),
        ("image", PICTURE[:100], PICTURE[:100]),
        ("n", 9, 9),
        ("sound", True, True),
    ],
)
def test_a_field_loses_what_its_name_says(field: str, value: JSON, expected: JSON) -> None:
    assert Redactor().json({"inner": [{field: value}]}) == {"inner": [{field: expected}]}


def test_a_url_keeps_its_form_and_is_told_apart_from_others() -> None:
    one = redacted("https://cdn.klingai.com/bs2/private/0.PNG?x-kcdn-pid=1&Expires=2#a")
    assert one.startswith("https://example.com/")
    assert one.endswith(".png")
    assert redacted("https://cdn.klingai.com/bs2/private/0.PNG?x-kcdn-pid=3") == one
    assert redacted("https://user:pass@cdn.klingai.com/bs2/private/0.PNG") == one
    assert redacted("https://cdn.klingai.com/bs2/private/1.PNG") != one
    assert redacted("http://[::1/x") != "http://[::1/x"


def test_emails_are_numbered_through_the_whole_of_an_exchange() -> None:
    redactor = Redactor()
    assert redactor.query("email=b%40example.org", {"email": {}}) == "email=account-1%40example.com"
    assert redactor.json({"a@example.org": {"email": "b@example.org"}}) == {
        "account-2@example.com": {"email": "account-1@example.com"}
    }


def test_a_parameter_that_nobody_described_keeps_only_its_name() -> None:
    assert Redactor().query("pageNum=2&trace=abc&x=", {"pageNum": {}}) == "pageNum=2&trace=removed&x="


@pytest.mark.parametrize("segment", ["v1", "images", "omni-image", ""])
def test_a_word_of_a_path_is_kept(segment: str) -> None:
    assert Redactor().segment(segment) == segment


@pytest.mark.parametrize("segment", ["848021964837912615", "A", "me%40example.org", "abcd1234EFGH", "a" * 40])
def test_what_is_no_word_of_a_path_is_only_told_apart(segment: str) -> None:
    found = Redactor().segment(segment)
    assert found.startswith("x-")
    assert segment not in found
    assert Redactor().segment(found) == found


def test_the_secrets_of_a_message_are_found_with_and_without_what_is_around_them() -> None:
    headers = {
        "authorization": f"Bearer {JWT}",
        "cookie": "sid=cookie-of-mine; b=2",
        "proxy-authorization": "Basic " + b64encode(b"name-of-mine:pass-of-mine").decode(),
        "accept": "text/html",
    }
    body = {"deep": [{"apiKey": "field-of-mine", "prompt": "A cat"}]}
    found = set(secrets(headers, {"token": "parameter-of-mine", "pageNum": "2"}, body))
    assert found >= {
        *(JWT, "access-key-of-mine", "cookie-of-mine", "name-of-mine", "pass-of-mine"),
        *("field-of-mine", "parameter-of-mine"),
    }
    assert not found & {"text/html", "A cat", "pageNum"}


@pytest.mark.parametrize("value", ["Bearer", "Bearer a.b.c", "Basic ?", "Basic w6k", "Bearer e30.MQ.e30", "", ";;,"])
def test_credentials_that_are_none_do_no_harm(value: str) -> None:
    assert list(secrets({"authorization": value}, {}, None))


def test_a_known_secret_goes_wherever_it_stands_unless_it_is_in_every_word() -> None:
    assert Redactor(["key-of-mine"]).json({"key-of-mine": ["no key-of-mine here"]}) == {"removed": ["no removed here"]}
    assert Redactor(["key/of+mine"]).text("no key%2Fof%2Bmine here") == "no removed here"
    assert Redactor(["me"]).text("message") == "message"


TEXTS = st.text() | st.sampled_from(
    [
        *("a@example.org", "account-1@example.com", "https://a.example/b.png?c", "data:image/png;base64,AAAA", PICTURE),
        *(JWT, "Bearer abcdefgh", "token=abc", "Bearer removed", "token=removed", "sk-0123456789abcdef", "user:1-a"),
    ]
)
NAMES = st.sampled_from(["prompt", "userId", "password", "image", "phone", "email", "a@example.org"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)


@given(VALUES)
@example("bearer bearer abcd")
@example("token=token=a")
def test_what_is_redacted_already_stays_as_it_is(value: JSON) -> None:
    once = Redactor().json(value)
    assert Redactor().json(once) == once


@given(VALUES)
def test_the_same_is_redacted_to_the_same(value: JSON) -> None:
    assert Redactor().json(value) == Redactor().json(json.loads(json.dumps(value)))
