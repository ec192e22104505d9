"""A performance: a testee is asked for one thing in one scene, and what came of it is an act."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import nullcontext
from itertools import count

from mockserver.contract.layout import Layout
from mockserver.kit.client.callback_driver import Conductor
from mockserver.kit.client.evidence import Act, Scene
from mockserver.kit.client.fake_process import Stage
from mockserver.kit.client.plan import Cast, plain
from mockserver.kit.client.testee import Testee, TesteeFault
from mockserver.kit.transcript import Transcript
from mockserver.types import JSON

_PATIENCE = 8.0
"""Seconds beyond its own time limit that a testee has before it counts as hung."""

_SECRET = "a-secret-of-nobody-at-all-but-32-long"  # noqa: S105 - the fake's key, made up

_WEBHOOK_SECRET = "whsec_bm9ib2R5cyBzZWNyZXQsIG1hZGUgdXAh"  # noqa: S105 - made up, too

OPTIONS = ("--webhook-secret", _WEBHOOK_SECRET)
"""Those of the fake on whose stage testees are played."""

_NUMBERS = count(1)


def play(stage: Stage, testee: Testee, each: Cast, payload: Mapping[str, JSON] | None = None) -> Act:
    """Ask a testee for one thing, and return what came of it. ``payload`` takes the place of the scene's."""
    account, scene, layout = f"testee-{next(_NUMBERS)}", each.scene, each.service.layout
    stage.change(pace=scene.pace)
    for line in scene.lines(each.operation, each.service):
        stage.fault(line, account)
    if each.choice is not None:
        stage.change(readings={each.choice.question: each.choice.reading})
    sent = dict(payload) if payload is not None else plain(each.operation, scene)
    answer, fault = {}, None
    began = time.monotonic()
    try:
        if scene.callbacks:
            sent[layout.callback_field] = testee.ask({"do": "listen"}, _PATIENCE).get("url")
        answer = _answer(stage, testee, each, account, sent)
    except TesteeFault as error:
        fault = error
    seconds = time.monotonic() - began
    act = _act(stage, each, account, sent, layout, answer=answer, fault=fault, seconds=seconds)
    _clear(stage, each, account, fault)
    return act


def _answer(stage: Stage, testee: Testee, each: Cast, account: str, sent: dict[str, JSON]) -> dict[str, JSON]:
    """Ask, and meanwhile let the time pass that the client waits for."""
    scene, field = each.scene, each.service.layout.callback_field
    request: dict[str, JSON] = {
        "do": "generate",
        "operation": each.operation.id.removesuffix(".create"),
        "base_url": stage.url,
        "credentials": _credentials(scene, account),
        "payload": sent,
        "timeout": scene.timeout,
    }
    url = sent.get(field) if scene.callbacks else None
    media = each.operation.task["media"]
    beside = Conductor(stage, account, url, media, is_strange=scene.stranger) if url is not None else nullcontext()
    with beside:
        return testee.ask(request, scene.timeout + _PATIENCE)


def _act(
    stage: Stage,
    each: Cast,
    account: str,
    sent: Mapping[str, JSON],
    layout: Layout,
    *,
    answer: Mapping[str, JSON],
    fault: TesteeFault | None,
    seconds: float,
) -> Act:
    exchanges = tuple(seen for seen in stage.transcript() if not seen.request.path.startswith("/_mock"))
    return Act(
        scene=each.scene,
        operation=each.operation.id,
        payload=sent,
        answer=answer,
        transcript=Transcript(exchanges),
        tasks=stage.count(account),
        seconds=seconds,
        fault=fault,
        reading=str(each.choice or ""),
        layout=layout,
    )


def _clear(stage: Stage, each: Cast, account: str, fault: TesteeFault | None) -> None:
    """Leave the stage as it was found."""
    if fault is not None and fault.kind == "hung":
        stage.overlook(account)
    stage.reset()
    if each.scene.callbacks:
        stage.set_clock(round(time.time() * 1000))
    if each.choice is not None:
        stage.change(readings={each.choice.question: each.choice.default})


def _credentials(scene: Scene, account: str) -> dict[str, JSON]:
    found = {"access_key": account, "secret_key": _SECRET} if scene.credentials == "jwt" else {"token": account}
    return {**found, "webhook_secret": _WEBHOOK_SECRET} if scene.callbacks else dict(found)
