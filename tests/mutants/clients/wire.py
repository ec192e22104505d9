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
    mutant("drops-a-field", _SAME, body=lambda self, sent: {k: v for k, v in sent.items() if k != "image_list"}),
    mutant(
        "drops-the-watermark", _SAME, body=lambda self, sent: {k: v for k, v in sent.items() if k != "watermark_info"}
    ),
    mutant("drops-empty-lists", _SAME, body=lambda self, sent: {k: v for k, v in sent.items() if v != []}),
    mutant(
        "renames-a-field", _SAME, body=lambda self, sent: {("text" if k == "prompt" else k): v for k, v in sent.items()}
    ),
    mutant("sends-camel-case", _SAME, body=lambda self, sent: {k.replace("_l", "L"): v for k, v in sent.items()}),
    mutant("sends-n-as-text", _SAME, body=lambda self, sent: {k: str(v) if k == "n" else v for k, v in sent.items()}),
    mutant("sends-n-as-float", _SAME, body=lambda self, sent: {k: v / 1 if k == "n" else v for k, v in sent.items()}),
    mutant(
        "rounds-big-numbers",
        _SAME,
        body=lambda self, sent: _deep(sent, lambda v: int(float(v)) if type(v) is int else v),
    ),
    mutant(
        "sends-big-numbers-as-text",
        _SAME,
        body=lambda self, sent: _deep(sent, lambda v: str(v) if type(v) is int and v > 2**53 else v),
    ),
    mutant(
        "strips-letters-beyond-ascii",
        _SAME,
        body=lambda self, sent: _deep(
            sent, lambda v: v.encode("ascii", "ignore").decode() if isinstance(v, str) else v
        ),
    ),
    mutant(
        "sends-latin-1",
        _SAME,
        written=lambda self, sent: json.dumps(sent, ensure_ascii=False).encode("cp1252", "replace"),
    ),
    mutant("trims-the-prompt", _SAME, body=lambda self, sent: {**sent, "prompt": sent["prompt"][:20]}),
    mutant("escapes-html", _SAME, body=lambda self, sent: {**sent, "prompt": sent["prompt"].replace("<", "&lt;")}),
    mutant("wraps-the-payload", _SAME, body=lambda self, sent: {"input": sent}),
    mutant("sends-a-form", _SAME, written=lambda self, sent: urlencode(sent).encode()),
    mutant("invents-a-field", "nothing-is-invented", body=lambda self, sent: {**sent, "client": "acme 2.1"}),
    mutant("sends-null-for-unset", "nothing-is-invented", body=lambda self, sent: {"resolution": None, **sent}),
    mutant("sends-its-own-default", "nothing-is-invented", body=lambda self, sent: {"aspect_ratio": "1:1", **sent}),
    mutant("says-no-content-type", "content-type-is-json", kind=lambda self: {}),
    mutant("says-text", "content-type-is-json", kind=lambda self: {"content-type": "text/plain"}),
    mutant("puts-the-key-into-the-url", "no-key-in-the-url", query=lambda self: {"api_key": self.token()}),
    mutant("puts-the-token-into-the-url", "no-key-in-the-url", query=lambda self: {"access_token": "1"}),
    mutant(
        "says-basic",
        "credentials-are-a-bearer-token",
        authorization=lambda self: "Basic " + b64encode(self.token().encode()).decode(),
    ),
    mutant("says-no-scheme", "credentials-are-a-bearer-token", authorization=lambda self: self.token()),
    mutant("signs-without-exp", "jwt-has-its-claims", claims=lambda self, key, now: {"iss": key}),
    mutant("signs-without-iss", "jwt-has-its-claims", claims=lambda self, key, now: {"exp": now + 1800}),
    mutant(
        "signs-ahead",
        "jwt-has-its-claims",
        claims=lambda self, key, now: {"iss": key, "exp": now + 1800, "nbf": now + 60},
    ),
    mutant(
        "signs-for-ten-days", "jwt-has-its-claims", claims=lambda self, key, now: {"iss": key, "exp": now + 864_000}
    ),
    mutant(
        "signs-in-milliseconds",
        "jwt-has-its-claims",
        claims=lambda self, key, now: {"iss": key, "exp": (now + 1800) * 1000},
    ),
    mutant("signs-what-is-over", "jwt-has-its-claims", claims=lambda self, key, now: {"iss": key, "exp": now - 10}),
    mutant("sends-the-secret-itself", "jwt-has-its-claims", signed=lambda self, key, secret: f"{key}.{secret}"),
    mutant(
        "repairs-what-is-invalid",
        "mistakes-are-not-repaired",
        body=lambda self, sent: {**sent, "resolution": "2k"} if sent.get("resolution") == "16k" else sent,
    ),
    mutant(
        "leaves-out-what-is-invalid",
        "mistakes-are-not-repaired",
        body=lambda self, sent: {k: v for k, v in sent.items() if v != "16k"},
    ),
    mutant(
        "signs-once-and-for-all",
        "an-expired-token-is-renewed-once",
        signed=lambda self, key, secret: jwt.encode({"iss": key, "exp": int(time.time()) + 1800}, secret),
        is_worth_it=lambda self, method, response: False,
    ),
)
