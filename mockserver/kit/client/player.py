"""The player: plays one scenario with a testee and a fake, and returns the evidence."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import count

from mockserver.kit.client.callback_driver import CallbackDriver, forged_callback
from mockserver.kit.client.evidence import Evidence
from mockserver.kit.client.fake_process import FakeProcess
from mockserver.kit.client.plan import PlannedScenario
from mockserver.kit.client.scenarios import Scenario
from mockserver.kit.client.testee import Testee, TesteeFault
from mockserver.kit.transcript import Transcript
from mockserver.types import JSON, Payload

_GRACE_SECONDS = 8.0
"""How much longer than the client's own time limit a testee may take before it counts as hung; docs/testees.md."""

_SECRET_KEY = "a-secret-of-nobody-at-all-but-32-long"  # noqa: S105 - made up, and known to the fake alone

_WEBHOOK_SECRET = "whsec_bm9ib2R5cyBzZWNyZXQsIG1hZGUgdXAh"  # noqa: S105 - made up, too

FAKE_OPTIONS = ("--webhook-secret", _WEBHOOK_SECRET)
"""The options of the fake that scenarios are played with."""

_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Connection:
    """A client under test, and the fake that it talks to."""

    testee: Testee
    fake: FakeProcess


def play(connection: Connection, planned: PlannedScenario, payload: Mapping[str, JSON] | None = None) -> Evidence:
    """Ask a testee for one thing and return what was seen. ``payload`` replaces the scenario's own.

    The fake is prepared before and cleared afterwards. Raises ``FakeUnavailable``.
    """
    account = f"testee-{next(_NUMBERS)}"  # a new one each time: what a client still sends afterwards counts for nobody
    given = dict(planned.payload if payload is None else payload)
    fault: TesteeFault | None = None
    answer: Mapping[str, JSON] = {}
    _prepare(connection.fake, planned, account)
    began = time.monotonic()
    try:
        answer = _answer(connection, planned, account, given)
    except TesteeFault as error:
        fault = error
    seconds = time.monotonic() - began
    evidence = Evidence(
        scenario=planned.scenario,
        operation=planned.operation.id,
        payload=given,
        answer=answer,
        transcript=_transcript(connection.fake),
        tasks=len(connection.fake.tasks(account)),
        seconds=seconds,
        layout=planned.service.layout,
        fault=fault,
        reading=str(planned.choice or ""),
    )
    _clear(connection.fake, planned, account, fault)
    return evidence


def _prepare(fake: FakeProcess, planned: PlannedScenario, account: str) -> None:
    fake.change(pace=planned.scenario.pace)
    for line in planned.faults:
        fake.add_fault(line, account)
    if (choice := planned.choice) is not None:
        fake.change(readings={f"{choice.service}/{choice.question}": choice.reading})


def _answer(connection: Connection, planned: PlannedScenario, account: str, payload: Payload) -> Mapping[str, JSON]:
    """Ask the testee; if it waits for callbacks, write its URL into the payload and let time pass."""
    scenario, layout = planned.scenario, planned.service.layout
    beside: AbstractContextManager[object] = nullcontext()
    if scenario.is_called_back:
        url = connection.testee.ask({"do": "listen"}, _GRACE_SECONDS).get("url")
        payload[layout.callback_field] = url
        if url is not None:
            forge = partial(forged_callback, planned.callback_example, layout) if scenario.is_forged else None
            beside = CallbackDriver(connection.fake, account, url, forge)
    request: dict[str, JSON] = {
        "do": "generate",
        "operation": planned.operation.id.removesuffix(".create"),
        "base_url": connection.fake.url,
        "credentials": _credentials(scenario, account),
        "payload": payload,
        "timeout": scenario.timeout_seconds,
    }
    with beside:
        return connection.testee.ask(request, scenario.timeout_seconds + _GRACE_SECONDS)


def _credentials(scenario: Scenario, account: str) -> dict[str, JSON]:
    is_jwt = scenario.credentials == "jwt"
    keys: dict[str, JSON] = {"access_key": account, "secret_key": _SECRET_KEY} if is_jwt else {"token": account}
    return {**keys, "webhook_secret": _WEBHOOK_SECRET} if scenario.is_called_back else keys


def _transcript(fake: FakeProcess) -> Transcript:
    """Return what the client did, without what the kit did over the control API."""
    return Transcript(tuple(each for each in fake.transcript() if not each.request.path.startswith("/_mock")))


def _clear(fake: FakeProcess, planned: PlannedScenario, account: str, fault: TesteeFault | None) -> None:
    """Leave the fake as it was before."""
    if fault is not None and fault.kind == "hung":
        fake.ignore(account)
    fake.reset()
    if planned.scenario.is_called_back:  # the callback driver has advanced the clock
        fake.set_clock(round(time.time() * 1000))
    if (choice := planned.choice) is not None:
        fake.change(readings={f"{choice.service}/{choice.question}": choice.default})
