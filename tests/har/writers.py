"""Archives as other programs write them: each takes the same liberties, and says the same."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from types import MappingProxyType

from mockserver.types import JSON

URL = "https://api-singapore.klingai.com/v1/images/omni-image"
SENT = {"prompt": "Das Zähneputzen 🦷"}
GOT = {"code": 0, "message": "SUCCEED", "request_id": "r", "data": {"task_id": "1", "task_status": "submitted"}}
_SENT, _GOT = json.dumps(SENT, ensure_ascii=False), json.dumps(GOT)
_JSON = {"name": "Content-Type", "value": "application/json"}
_POSTED = {"mimeType": "application/json", "text": _SENT}


def _archive(*entries: JSON, **log: JSON) -> bytes:
    return json.dumps({"log": {"version": "1.2", **log, "entries": list(entries)}}, ensure_ascii=False).encode()


def _chrome() -> bytes:
    asked = {
        "method": "POST",
        "url": URL,
        "httpVersion": "http/2.0",
        "cookies": [],
        "queryString": [],
        "headers": [
            {"name": ":authority", "value": "api-singapore.klingai.com"},
            {"name": ":path", "value": "/x"},
            _JSON,
        ],
        "postData": {"mimeType": "application/json", "text": _SENT},
        "headersSize": -1,
        "bodySize": 0,
    }
    answered = {
        "status": 200,
        "statusText": "",
        "httpVersion": "http/2.0",
        "cookies": [],
        "redirectURL": "",
        "headers": [{"name": "content-encoding", "value": "br"}, {"name": "content-type", "value": "application/json"}],
        "content": {
            "size": 7,
            "mimeType": "application/json",
            "text": b64encode(_GOT.encode()).decode(),
            "encoding": "base64",
        },
        "_transferSize": 99,
        "headersSize": -1,
        "bodySize": -1,
        "_error": None,
    }
    return _archive(
        {"_initiator": {"type": "script"}, "startedDateTime": "2026-11-27T10:00:00.123Z", "time": 12.5,
         "request": asked, "response": answered, "cache": {}, "timings": {}, "connection": "443"},
        creator={"name": "WebInspector", "version": "537.36"}, pages=[],
    )  # fmt: skip


def _firefox() -> bytes:
    posted = {"mimeType": "application/json", "params": [], "text": _SENT}
    content = {"mimeType": "application/json; charset=utf-8", "size": len(_GOT), "text": _GOT, "comment": "x"}
    return b"\xef\xbb\xbf" + _archive(
        {"pageref": "page_1", "startedDateTime": "2026-11-27T11:00:00.123+01:00",
         "request": {"bodySize": 30, "method": "POST", "url": URL, "headers": [_JSON], "postData": posted},
         "response": {"status": 200, "headers": [], "content": content}, "time": 5, "_securityState": "secure"},
    )  # fmt: skip


def _charles() -> bytes:
    content = {
        "size": 10,
        "compression": 3,
        "mimeType": None,
        "encoding": "base64",
        "text": b64encode(gzip.compress(_GOT.encode())).decode(),
    }
    coded = [{"name": "Content-Encoding", "value": "gzip"}, _JSON]
    return _archive(
        {"startedDateTime": "2026-11-27T10:00:00.123456789Z", "time": "12", "comment": None,
         "request": {"method": "POST", "url": URL, "headers": [_JSON], "postData": _POSTED},
         "response": {"_charlesStatus": "COMPLETE", "status": "200", "headers": coded, "content": content}},
    )  # fmt: skip


def _mitmproxy() -> bytes:
    return _archive(
        {"startedDateTime": "2026-11-27T10:00:00.123000+00:00", "time": 30.0, "timings": {"connect": -1.0},
         "request": {"method": "POST", "url": URL, "headers": [{"name": "content-type", "value": "application/json"}],
                     "postData": {**_POSTED, "params": []}, "bodySize": 9},
         "response": {"status": 200, "headers": [_JSON], "content": {"size": 5, "text": _GOT}},
         "serverIPAddress": "10.0.0.1"},
        creator={"name": "mitmproxy", "version": "12", "comment": ""},
    )  # fmt: skip


def _insomnia() -> bytes:
    return _archive(
        {"startedDateTime": "2026-11-27T10:00:00.123Z", "time": 3,
         "request": {"method": "POST", "url": URL, "headers": [], "postData": _POSTED},
         "response": {"status": 200, "headers": [_JSON], "content": {"mimeType": "", "text": _GOT}, "bodySize": -1}},
    )  # fmt: skip


WRITERS = MappingProxyType(
    {"chrome": _chrome, "firefox": _firefox, "charles": _charles, "mitmproxy": _mitmproxy, "insomnia": _insomnia}
)
