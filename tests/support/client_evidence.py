"""Evidence of clients by hand: what client and service sent each other, in as few words as a check needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mockserver.contract.catalog import load
from mockserver.kit.client.evidence import Evidence
from mockserver.kit.client.scenarios import SCENARIOS
from mockserver.kit.client.testee import TesteeFault
from mockserver.kit.transcript import Exchange, Transcript
from mockserver.types import JSON, Request, Response

PATH = "/v1/images/omni-image"
PAYLOAD: Mapping[str, JSON] = {"prompt": "A cat"}
TASK = "123456"
NOON = 1_790_000_000_000


def said(status: int, body: JSON | bytes, **headers: str) -> Response:
    """Return an answer; a keyword is a header."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, text, {name.replace("_", "-"): value for name, value in headers.items()})


def created(task_id: str = TASK) -> Response:
    return said(200, {"code": 0, "message": "SUCCEED", "data": {"task_id": task_id, "task_status": "submitted"}})


def refused(status: int = 400, code: int = 1201, **headers: str) -> Response:
    return said(status, {"code": code, "message": "no good", "request_id": "r-1"}, **headers)


def state(status: str, *urls: str, kind: str = "images", **more: JSON) -> Response:
    """Return what a query says of a task."""
    data: dict[str, JSON] = {"task_id": TASK, "task_status": status, **more}
    if urls:
        data["task_result"] = {kind: [{"url": url, "watermark_url": f"{url}?marked"} for url in urls]}
    return said(200, {"code": 0, "message": "SUCCEED", "data": data})


def create(response: Response | None = None, sent: JSON | bytes = PAYLOAD, **changed: Any) -> Exchange:
    """Return a create; ``None`` is an answer that was lost."""
    body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    headers = {"content-type": "application/json", **changed.pop("headers", {})}
    request = Request("POST", PATH, changed.pop("query", ""), headers, body)
    found = Exchange(0, 0, 0, "kling/omni-image.create", request, response, scheme="Bearer")
    return replace(found, **changed)


def poll(response: Response | None = None, task_id: str = TASK, **changed: Any) -> Exchange:
    request = Request("GET", changed.pop("path", f"{PATH}/{task_id}"), changed.pop("query", ""), {}, b"")
    found = Exchange(0, 0, 0, "kling/omni-image.get", request, response, scheme="Bearer")
    return replace(found, **changed)


def fetch(scheme: str | None = None, query: str = "") -> Exchange:
    request = Request("GET", "/results/kling/1/0.png", query, {}, b"")
    return Exchange(0, 0, 0, "kling/results.fetch", request, said(200, b""), scheme=scheme)


def evidence(
    scenario: str,
    *exchanges: Exchange,
    payload: Mapping[str, JSON] = PAYLOAD,
    tasks: int = 1,
    seconds: float = 0.5,
    fault: TesteeFault | None = None,
    every: int = 1000,
    service: str = "kling",
    **answer: JSON,
) -> Evidence:
    """Return evidence of a scenario. Exchanges without a time are ``every`` ms apart; keywords are the answer.

    Answers have the form of ``service``.
    """
    placed = tuple(
        replace(each, number=number, at=each.at or NOON + number * every)
        for number, each in enumerate(exchanges, start=1)
    )
    return Evidence(
        SCENARIOS[scenario],
        "kling/omni-image.create",
        payload,
        {} if fault else {"outcome": "succeed", **answer},
        Transcript(placed),
        tasks,
        seconds,
        load().services[service].layout,
        fault,
    )
