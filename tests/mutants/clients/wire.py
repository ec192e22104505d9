"""Mutants that send something else than they should."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from urllib.parse import urlencode

import jwt

from tests.mutants.clients.mutant import mutant

_SAME = "payload-arrives-unchanged"


def _deep(value: object, change: object) -> object:
    """Change each leaf of a JSON value."""
    if isinstance(value, dict):
        return {name: _deep(each, change) for name, each in value.items()}
    if isinstance(value, list):
        return [_deep(each, change) for each in value]
    return change(value) if callable(change) else value


WIRE = (
    mutant(
        "drops-a-field",
        _SAME,
        told="image_list was .+ and is missing",
        body=lambda self, sent: {k: v for k, v in sent.items() if k != "image_list"},
    ),
    mutant(
        "drops-the-watermark",
        _SAME,
        told=r"watermark_info was \{'enabled': True\} and is missing",
        body=lambda self, sent: {k: v for k, v in sent.items() if k != "watermark_info"},
    ),
    mutant(
        "drops-empty-lists",
        _SAME,
        told=r"image_list was \[\] and is missing",
        body=lambda self, sent: {k: v for k, v in sent.items() if v != []},
    ),
    mutant(
        "renames-a-field",
        _SAME,
        told="prompt arrived under the name 'text'",
        body=lambda self, sent: {("text" if k == "prompt" else k): v for k, v in sent.items()},
    ),
    mutant(
        "sends-camel-case",
        _SAME,
        told="image_list arrived under the name 'imageList'",
        body=lambda self, sent: {k.replace("_l", "L"): v for k, v in sent.items()},
    ),
    mutant(
        "sends-n-as-text",
        _SAME,
        told="n was 3 and arrived as '3': an integer became text",
        body=lambda self, sent: {k: str(v) if k == "n" else v for k, v in sent.items()},
    ),
    mutant(
        "sends-n-as-float",
        _SAME,
        told=r"n was 3 and arrived as 3\.0: an integer became a floating-point number",
        body=lambda self, sent: {k: v / 1 if k == "n" else v for k, v in sent.items()},
    ),
    mutant(
        "rounds-big-numbers",
        _SAME,
        told=r"element_id was \d+ and arrived as \d+: it was rounded",
        body=lambda self, sent: _deep(sent, lambda v: int(float(v)) if type(v) is int else v),
    ),
    mutant(
        "sends-big-numbers-as-text",
        _SAME,
        told=r"element_id was \d+ and arrived as '\d+': an integer became text",
        body=lambda self, sent: _deep(sent, lambda v: str(v) if type(v) is int and v > 2**53 else v),
    ),
    mutant(
        "strips-letters-beyond-ascii",
        _SAME,
        told="prompt lost its letters beyond ASCII",
        body=lambda self, sent: _deep(
            sent, lambda v: v.encode("ascii", "ignore").decode() if isinstance(v, str) else v
        ),
    ),
    mutant(
        "sends-latin-1",
        _SAME,
        told=r"prompt was '雪.+ arrived as '\? .+; lost letters are U\+96EA",
        written=lambda self, sent: json.dumps(sent, ensure_ascii=False).encode("cp1252", "replace"),
    ),
    mutant(
        "trims-the-prompt",
        _SAME,
        told=r"prompt had \d+ characters and arrived cut: with its first 20 only",
        body=lambda self, sent: {**sent, "prompt": sent["prompt"][:20]},
    ),
    mutant(
        "escapes-html",
        _SAME,
        told="<b>' and arrived as .+&lt;b>'",
        body=lambda self, sent: {**sent, "prompt": sent["prompt"].replace("<", "&lt;")},
    ),
    mutant(
        "wraps-the-payload",
        _SAME,
        told="the whole payload arrived inside of the field 'input'",
        body=lambda self, sent: {"input": sent},
    ),
    mutant(
        "sends-a-form",
        _SAME,
        told="the body is not a JSON object: b'model_name=",
        written=lambda self, sent: urlencode(sent).encode(),
    ),
    mutant(
        "invents-a-field",
        "nothing-is-invented",
        told="the body also has client",
        body=lambda self, sent: {**sent, "client": "acme 2.1"},
    ),
    mutant(
        "sends-null-for-unset",
        "nothing-is-invented",
        told="the body also has resolution",
        body=lambda self, sent: {"resolution": None, **sent},
    ),
    mutant(
        "sends-its-own-default",
        "nothing-is-invented",
        told="the body also has aspect_ratio",
        body=lambda self, sent: {"aspect_ratio": "1:1", **sent},
    ),
    mutant("says-no-content-type", "content-type-is-json", told="there is no Content-Type", kind=lambda self: {}),
    mutant(
        "says-text",
        "content-type-is-json",
        told="Content-Type is text/plain",
        kind=lambda self: {"content-type": "text/plain"},
    ),
    mutant(
        "puts-the-key-into-the-url",
        "no-key-in-the-url",
        told=r"POST .+\?api_key=…",
        query=lambda self: {"api_key": self.token()},
    ),
    mutant(
        "puts-the-token-into-the-url",
        "no-key-in-the-url",
        told=r"POST .+\?access_token=…",
        query=lambda self: {"access_token": "1"},
    ),
    mutant(
        "says-basic",
        "credentials-are-a-bearer-token",
        told="has the scheme Basic",
        authorization=lambda self: "Basic " + b64encode(self.token().encode()).decode(),
    ),
    mutant(
        "says-no-scheme",
        "credentials-are-a-bearer-token",
        told="has no Authorization",
        authorization=lambda self: self.token(),
    ),
    mutant(
        "signs-without-exp",
        "jwt-has-its-claims",
        told="the claims are iss, but iss and exp are required",
        claims=lambda self, key, now: {"iss": key},
    ),
    mutant(
        "signs-without-iss",
        "jwt-has-its-claims",
        told="the claims are exp, but iss and exp are required",
        claims=lambda self, key, now: {"exp": now + 1800},
    ),
    mutant(
        "signs-ahead",
        "jwt-has-its-claims",
        told=r"nbf is \d+ s ahead",
        claims=lambda self, key, now: {"iss": key, "exp": now + 1800, "nbf": now + 60},
    ),
    mutant(
        "signs-for-ten-days",
        "jwt-has-its-claims",
        told=r"exp is 86\d{4} s ahead",
        claims=lambda self, key, now: {"iss": key, "exp": now + 864_000},
    ),
    mutant(
        "signs-in-milliseconds",
        "jwt-has-its-claims",
        told=r"exp is \d{13} s ahead",
        claims=lambda self, key, now: {"iss": key, "exp": (now + 1800) * 1000},
    ),
    mutant(
        "signs-what-is-over",
        "jwt-has-its-claims",
        told=r"exp is -\d+ s ahead",
        claims=lambda self, key, now: {"iss": key, "exp": now - 10},
    ),
    mutant(
        "sends-the-secret-itself",
        "jwt-has-its-claims",
        told="the token is not a JWT",
        signed=lambda self, key, secret: f"{key}.{secret}",
    ),
    mutant(
        "signs-with-the-access-key",
        "tokens-are-signed-with-the-secret",
        told="refused a token whose claims are right: The token's signature does not match",
        signed=lambda self, key, secret: jwt.encode(self.claims(key, int(time.time())), key.ljust(32, "-")),
    ),
    mutant(
        "signs-nothing",
        "tokens-are-signed-with-the-secret",
        told="refused a token whose claims are right: The token's signature does not match",
        signed=lambda self, key, secret: jwt.encode(self.claims(key, int(time.time())), "", algorithm="none"),
    ),
    mutant(
        "repairs-what-is-invalid",
        "mistakes-are-not-repaired",
        told="resolution was '16k' and arrived as '2k'",
        body=lambda self, sent: {**sent, "resolution": "2k"} if sent.get("resolution") == "16k" else sent,
    ),
    mutant(
        "leaves-out-what-is-invalid",
        "mistakes-are-not-repaired",
        told="resolution was '16k' and is missing",
        body=lambda self, sent: {k: v for k, v in sent.items() if v != "16k"},
    ),
    mutant(
        "signs-once-and-for-all",
        "an-expired-token-is-renewed-once",
        told="'error' .+, after a poll got HTTP 401, code 1004",
        signed=lambda self, key, secret: jwt.encode({"iss": key, "exp": int(time.time()) + 1800}, secret),
        is_worth_it=lambda self, method, response: False,
    ),
)
