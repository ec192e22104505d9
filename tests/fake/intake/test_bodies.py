"""Bodies: what a request's bytes say, and each way in which they say nothing."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.contract.catalog import load
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.intake import bodies
from mockserver.types import Request
from tests.support.sampling import draws

OPERATION = load().operation("kling/omni-image.create")
FORMS = replace(OPERATION, media_types=("application/json", "multipart/form-data"))
READINGS = {"content-type": "refused", "null-field": "refused"}
BOUNDARY = "limit"
ROOT = Path(__file__).parents[2]


def read(body: bytes, kind: str | None = "application/json", **readings: str) -> Any:
    headers = {} if kind is None else {"content-type": kind}
    named = {name.replace("_", "-"): reading for name, reading in readings.items()}
    return bodies.payload(Request("POST", "/", "", headers, body), FORMS, {**READINGS, **named})


def refused(body: bytes, kind: str | None = "application/json", **readings: str) -> tuple[str, dict[str, object]]:
    with pytest.raises(Refused) as found:
        read(body, kind, **readings)
    return found.value.row, dict(found.value.fields)


def form(*parts: tuple[str, bytes], ending: str = "--") -> bytes:
    """Write a form; each part is what follows ``form-data`` in its disposition, and its content."""
    written = b"".join(
        f"--{BOUNDARY}\r\nContent-Disposition: form-data{said}\r\n\r\n".encode() + content + b"\r\n"
        for said, content in parts
    )
    return written + f"--{BOUNDARY}{ending}\r\n".encode()


MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        " application/json ;charset=UTF-8",
        "application/json;",
    ],
)
def test_json_is_read_whatever_follows_its_name(kind: str) -> None:
    assert read(b'{"prompt": "A cat"}', kind) == {"prompt": "A cat"}


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "json", "*/*", "text/json", ";", ",", "é"],
)
def test_another_type_is_refused_with_the_types_that_are_taken(kind: str) -> None:
    row, fields = refused(b'{"prompt": "A cat"}', kind)
    assert row == "media-type"
    assert fields["wanted"] == "application/json or multipart/form-data"
    assert fields["sent"] == kind


@pytest.mark.parametrize("kind", [None, "", "  "])
def test_whether_a_body_without_a_type_is_json_is_a_reading(kind: str | None) -> None:
    assert read(b"{}", kind, content_type="accepted") == {}
    assert refused(b"{}", kind)[0] == "media-type"


@pytest.mark.parametrize("body", [b"", b" ", b"\r\n\t"])
def test_no_body_is_unreadable(body: bytes) -> None:
    assert refused(body) == ("unreadable", {"fact": "it is empty"})


UNREADABLE = {
    "not JSON": b"prompt=A+cat",
    "half": b'{"prompt": "A c',
    "two": b"{}{}",
    "comment": b'{} // "',
    "single quotes": b"{'prompt': 1}",
    "trailing comma": b'{"prompt": "A cat",}',
    "NaN": b'{"n": NaN}',
    "Infinity": b'{"n": Infinity}',
    "minus Infinity": b'{"n": -Infinity}',
    "duplicate key": b'{"n": 1, "n": 2}',
    "duplicate key within": b'{"watermark_info": {"enabled": true, "enabled": false}}',
    "lone surrogate": b'{"prompt": "\\ud800"}',
    "lone low surrogate": b'{"prompt": "\\udc00 cat"}',
    "surrogate key": b'{"\\ud800": 1}',
    "invalid UTF-8": b'{"prompt": "\xff\xfe"}',
    "UTF-8 of a surrogate": b'{"prompt": "\xed\xa0\x80"}',
    "Latin-1": '{"prompt": "é"}'.encode("latin-1"),
    "byte order mark alone": b"\xef\xbb\xbf",
    "two byte order marks": b"\xef\xbb\xbf\xef\xbb\xbf{}",
    "control character": b'{"prompt": "A\ncat"}',
    "10 000 lists": b"[" * 10_000 + b"]" * 10_000,
    "10 000 lists, open": b"[" * 10_000,
    "10 000 objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "1e400": b'{"n": 1e400}',
    "-1e400": b'{"n": -1e400}',
    "400 digits and a point": b'{"n": ' + b"9" * 400 + b".0}",
    "300 digits and e99": b'{"n": ' + b"9" * 300 + b"e99}",
    "1e400 within": b'{"image_list": [{"image": [1e400]}]}',
    "5000 digits": b'{"n": ' + b"9" * 5000 + b"}",
    "leading zero": b'{"n": 01}',
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_not_json_is_unreadable_with_a_fact(name: str) -> None:
    row, fields = refused(UNREADABLE[name])
    assert row == "unreadable"
    assert 5 < len(str(fields["fact"])) < 200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"[]", []),
        (b'"text"', "text"),
        (b"null", None),
        (b"17", 17),
        (b'{"n": ' + b"9" * 400 + b"}", {"n": 10**400 - 1}),
        (b'{"n": 1e5}', {"n": 100_000}),
        (b'{"prompt": "\\ud83d\\ude00 \\u0000"}', {"prompt": "\U0001f600 \0"}),
        ('{"prompt": "猫 \U0010ffff"}'.encode(), {"prompt": "猫 \U0010ffff"}),
        (b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}", None),
    ],
)
def test_json_that_is_no_payload_is_still_read(body: bytes, expected: object) -> None:
    assert expected is None or read(body) == expected
    read(body)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=draws(50))
@given(JSONS, st.booleans())
def test_whatever_json_can_say_is_read_as_it_was_meant(value: object, ascii_only: bool) -> None:
    assert read(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=200), st.sampled_from(["application/json", MULTIPART, "text/plain", ""]))
def test_any_bytes_are_read_or_refused(body: bytes, kind: str) -> None:
    row = "read"
    try:
        read(body, kind)
    except Refused as found:
        row = found.row
    assert row in ("read", "unreadable", "media-type")


def test_whether_null_means_absent_is_a_reading() -> None:
    sent = read(b'{"prompt": "A cat", "n": null, "watermark_info": {"enabled": null}, "image_list": [null]}')
    assert bodies.understood(sent, {"null-field": "refused"}) is sent
    said = bodies.understood(sent, {"null-field": "absent"})
    assert said == {"prompt": "A cat", "watermark_info": {}, "image_list": [None]}


def test_a_form_is_read_as_its_schemas_types() -> None:
    body = form(
        ('; name="prompt"', "猫".encode()), ('; name="n"', b"3"), ('; name="foo"', b"3"), ('; name="callback_url"', b"")
    )
    assert read(body, MULTIPART) == {"prompt": "猫", "n": 3, "foo": "3", "callback_url": ""}


def test_of_a_forms_field_that_comes_twice_the_last_counts() -> None:
    assert read(form(('; name="n"', b"3"), ('; name="n"', b"4")), MULTIPART) == {"n": 4}


@pytest.mark.parametrize(
    "preamble", [b"\r\n", b"This is a form.\r\n", b"--other\r\n\r\nx\r\n", b"a --" + BOUNDARY.encode() + b"\r\n"]
)
def test_what_a_form_says_before_its_first_part_means_nothing(preamble: bytes) -> None:
    assert read(preamble + form(('; name="n"', b"3")) + b"and after it", MULTIPART) == {"n": 3}


BROKEN_FORMS = {
    "no boundary": (form(('; name="n"', b"3")), "multipart/form-data"),
    "empty boundary": (form(('; name="n"', b"3")), "multipart/form-data; boundary="),
    "another boundary": (form(('; name="n"', b"3")), "multipart/form-data; boundary=other"),
    "boundary that is no Latin-1": (form(('; name="n"', b"3")), "multipart/form-data; boundary=猫"),
    "no name": (form(("", b"3")), MULTIPART),
    "no disposition": (f"--{BOUNDARY}\r\n\r\n3\r\n--{BOUNDARY}--\r\n".encode(), MULTIPART),
    "a file": (form(('; name="image_1"; filename="a.png"', b"\x89PNG")), MULTIPART),
    "a name that is no UTF-8": (form(('; name="n"', b"3")).replace(b'"n"', b'"\xff"'), MULTIPART),
    "a value that is no UTF-8": (form(('; name="n"', b"\xff")), MULTIPART),
    "no form": (b"prompt=A+cat", MULTIPART),
}


@pytest.mark.parametrize("name", BROKEN_FORMS)
def test_a_form_that_is_none_is_unreadable_with_a_fact(name: str) -> None:
    row, fields = refused(*BROKEN_FORMS[name])
    assert row == "unreadable"
    assert 5 < len(str(fields["fact"])) < 300


def test_of_a_form_that_is_none_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    code = "import tests.fake.intake.test_bodies as t; t.refused(b'no form at all', t.MULTIPART)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    assert capfd.readouterr() == ("", "")


def test_a_short_payload_is_kept_as_it_came() -> None:
    body = b'{ "prompt":"A cat",  "n": 1.0 }'
    assert bodies.stored_body({"prompt": "A cat", "n": 1}, body) == body


def test_of_a_long_payload_the_long_texts_are_cut_and_the_rest_is_kept() -> None:
    content = {
        "prompt": "猫" * 2500,
        "image_list": [{"image": "A" * 1_000_000}, {"image": "https://example.com/a"}],
        "n": 2,
    }
    kept = json.loads(bodies.stored_body(content, json.dumps(content).encode()))
    assert kept == {
        "prompt": content["prompt"],
        "image_list": [{"image": "A" * 64 + "… (1000000 characters)"}, {"image": "https://example.com/a"}],
        "n": 2,
    }


def test_a_form_is_kept_as_json() -> None:
    body = form(('; name="prompt"', b"A cat"))
    assert json.loads(bodies.stored_body({"prompt": "A cat"}, body)) == {"prompt": "A cat"}
