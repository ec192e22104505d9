"""Secrets: names that have one beside them, forms that are one, and what is shown instead."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.adapters.proxy.redaction import Redactor
from mockserver.contract.catalog import load
from mockserver.secrecy.curl import curl
from mockserver.secrecy.mask import Mask, is_secret, masked
from mockserver.types import JSON, Request, Response

SECRET = "0f3c9a7e51d24b88a6"
SHOWN = "0f3c…88a6"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhY2Nlc3Mta2V5LW9mLW1pbmUifQ.c2lnbmF0dXJl"

NAMES = (
    *("authorization", "proxy-authorization", "cookie", "set-cookie", "api-key", "x-api-key", "x-auth-token"),
    *("x-access-token", "x-goog-api-key", "ocp-apim-subscription-key", "x-functions-key", "x-amz-security-token"),
    *("token", "api_key", "apiKey", "apikey", "key", "access_token", "accesstoken", "auth", "jwt", "sig", "sign"),
    *("signature", "X-Amz-Signature", "password", "passwd", "pwd", "passphrase", "client_secret", "secretKey"),
    *("privateKey", "user_password", "webhook_secret", "user_session_id", "credentials"),
)


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_is_masked_wherever_its_name_stands(name: str) -> None:
    assert is_secret(name)
    texts = (
        f"https://a.example/b?x=1&{name}={SECRET}&y=2#z",
        f"https://a.example/#{name}={SECRET}",
        f'{{"a": 1, "{name}": "{SECRET}", "b": 2}}',
        f"{{'{name}': '{SECRET}'}}",
        json.dumps(json.dumps({name: SECRET})),
        f"x=1&{name}={SECRET}",
        f'{{"{name}":"{SECRET}',  # cut at the end
    )
    assert [Mask().text(text) for text in texts] == [text.replace(SECRET, SHOWN) for text in texts]
    assert Mask().query(f"a=b&{name}={SECRET},more") == f"a=b&{name}={SECRET[:4]}…more"
    assert Mask().json({name: SECRET, "a": [{name: [SECRET]}]}) == {name: SHOWN, "a": [{name: [SHOWN]}]}


@pytest.mark.parametrize(
    "name", ["idempotency-key", "Idempotency-Key", "sec-websocket-key", "resourceKey", "pageToken", "session_id"]
)
def test_a_key_that_opens_nothing_is_shown(name: str) -> None:
    assert not is_secret(name)


def test_the_values_that_a_contract_lists_are_no_secrets() -> None:
    def listed(schema: JSON) -> Iterator[tuple[str, str]]:
        for inner in schema if isinstance(schema, list) else ():
            yield from listed(inner)
        if isinstance(schema, dict):
            for name, about in schema.get("properties", {}).items():
                if isinstance(about, dict):
                    yield from ((name, each) for each in about.get("enum", []) if isinstance(each, str))
            for inner in schema.values():
                yield from listed(inner)

    found = {pair for document in load().documents.values() for pair in listed(document) if is_secret(pair[0])}
    assert ("key", "product_type") in found
    for name, value in found:
        body = json.dumps({"filters": [{name: value, "values": ["a"]}]})
        assert Mask().text(body) == body
        assert Mask.of(Request("POST", "/", "", {}, body.encode())).json({name: value}) == {name: value}
        assert Redactor().json({name: value}) == {name: value}


def test_of_all_fields_of_the_contracts_only_these_are_secrets() -> None:
    def names(schema: JSON) -> set[str]:
        if isinstance(schema, list):
            return {name for item in schema for name in names(item)}
        if not isinstance(schema, dict):
            return set()
        return {*schema.get("properties", {})}.union(*(names(value) for value in schema.values()))

    found = {name for document in load().documents.values() for name in names(document)}
    assert len(found) > 100
    # Those of an account of useapi and of a callback at PiAPI; and what a filter looks at, which is a name.
    assert {name for name in found if is_secret(name)} == {"password", "token", "passToken", "secret", "key"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:pass@host/x", "https://us…:pa…@host/x"),
        (f"https://{SECRET}@host", f"https://{SHOWN}@host"),
        ("https://user:p@ss@host/x", "https://us…:p@…@host/x"),
        ("http://[::1]:8080/a@b", "http://[::1]:8080/a@b"),
        ("ftp://a:b@c and https://d/?token=e.", "ftp://a…:b…@c and https://d/?token=e.…"),
        (f"the key {JWT} is bad", f"the key {masked(JWT)} is bad"),
        ("sk-0123456789abcdef is bad", "sk-0…cdef is bad"),
        ("Bearer 0123456789 is bad", "Bearer 01… is bad"),
        ("A ring bearer walking with a basic key", "A ring bearer walking with a basic key"),
        ("https://example.com/a.png?width=300", "https://example.com/a.png?width=300"),
        ("x = 1; y=2", "x = 1; y=2"),
    ],
)
def test_a_form_is_masked_and_a_prompt_is_not(text: str, shown: str) -> None:
    assert Mask().text(text) == shown


def test_what_a_message_names_is_masked_wherever_the_exchange_repeats_it() -> None:
    request = Request("GET", f"/v1/{SECRET}", "", {"x-api-key": SECRET})
    assert Mask.of(request, Response(200)).text(f"no key {SECRET}!") == f"no key {SHOWN}!"


def test_an_attribute_of_a_cookie_is_none_of_its_secrets() -> None:
    cookie = f"sid={SECRET}; Path=/results/images; Domain=example.com"
    mask = Mask.of(Response(200, b"", {"set-cookie": cookie}))
    assert mask.text(f"/results/images of example.com {SECRET}") == f"/results/images of example.com {SHOWN}"


@given(st.text(max_size=40))
def test_a_mask_of_a_mask_is_itself(secret: str) -> None:
    assert masked(masked(secret)) == masked(secret)


FRAGMENTS = ("token", "=", "abc", '"', ":", " ", "&", "?", "://", "@", "\\", "'", "bearer ", "eyJ", ".", "1", "é", "\n")


@given(st.lists(st.sampled_from(FRAGMENTS)).map("".join))
def test_masking_twice_is_masking_once(text: str) -> None:
    once = Mask().text(text)
    assert Mask().text(once) == once


@given(st.recursive(st.text(max_size=8) | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=3)))
def test_a_json_text_is_json_after_masking(value: JSON) -> None:
    text = json.dumps({"token": "abc", "value": value, "url": "https://a:b@c/?key=d"})
    json.loads(Mask().text(text))


@given(st.text(st.sampled_from('a\u732b\n"\\\ud83d\U0001f600'), max_size=20), st.booleans())
def test_an_escaped_secret_leaves_json_as_it_is(secret: str, is_ascii: bool) -> None:
    text = json.dumps({"token": secret, "prompt": "A cat"}, ensure_ascii=is_ascii)
    for mask in (Mask(), Mask([secret])):
        assert json.loads(mask.text(text))["prompt"] == "A cat"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Bearer abc", "Bearer "),
        ("Basic abc", "Basic "),
        ("token abc", "token "),
        ("abc-of-mine x", "Bearer "),
        ("abc", ""),
    ],
)
def test_a_line_that_repeats_a_request_has_its_scheme_and_not_its_secret(sent: str, shown: str) -> None:
    line = curl(Request("GET", "/", headers={"authorization": sent}))
    assert f'"authorization: {shown}$MOCKSERVER_TOKEN"' in line
    assert "abc" not in line
