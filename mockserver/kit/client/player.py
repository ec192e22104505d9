"""The player: plays one scenario with a testee and a fake, and returns the evidence."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from math import inf

from mockserver.contract.service import Service
from mockserver.errors import MockserverError
from mockserver.kit.client.accounts import Accounts
from mockserver.kit.client.callback_driver import CallbackDriver, another_callback, forged_callback
from mockserver.kit.client.evidence import Evidence
from mockserver.kit.client.exchanges.places import is_for_another, other_host
from mockserver.kit.client.fake_process import FakeProcess
from mockserver.kit.client.interception.environment import base_url, interception, set_for_a_while
from mockserver.kit.client.plan import PlannedScenario
from mockserver.kit.client.settings import Settings
from mockserver.kit.client.testee import START_SECONDS, Testee, TesteeFault, find_testee, is_program
from mockserver.kit.transcript import Transcript
from mockserver.types import JSON, Payload

_LATE_SECONDS = 40.0
"""How much longer than the client's own time limit its answer is waited for; docs/testees.md. Clients are known that
give up after three times four tries, some 30 s: they are late, and do not hang."""

_LISTEN_SECONDS = 8.0
"""How long a testee may take until it listens."""

_SECRET_KEY = "a-secret-of-nobody-at-all-but-32-long"  # noqa: S105 - made up, and known to the fake alone

_WEBHOOK_SECRET = "whsec_bm9ib2R5cyBzZWNyZXQsIG1hZGUgdXAh"  # noqa: S105 - made up, too

FAKE_OPTIONS = ("--webhook-secret", _WEBHOOK_SECRET)
"""The options of the fake that scenarios are played with."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A client under test, the fake that it talks to, and the accounts that it has there.

    ``intercepts``: it talks to the hosts of the services, and a proxy leads that to the fake.
    """

    testee: Testee
    fake: FakeProcess
    intercepts: bool = False
    accounts: Accounts = field(default_factory=Accounts)

    def base_url(self, service: Service) -> str:
        """Return where the client finds a service."""
        return (base_url(service) if self.intercepts else None) or self.fake.url


@contextmanager
def connected(settings: Settings) -> Iterator[Connection]:
    """Start the testee and the fake, each in a process of its own. Raises ``MockserverError``."""
    with ExitStack() as stack:
        if not settings.intercept:
            fake = stack.enter_context(FakeProcess(FAKE_OPTIONS))
            yield Connection(stack.enter_context(closing(find_testee(settings.testee))), fake)
            return
        prepared = stack.enter_context(interception())
        passed = (word for host in settings.passed for word in ("--pass", host))
        fake = stack.enter_context(FakeProcess((*FAKE_OPTIONS, "--intercept", *passed)))
        variables = prepared.variables(fake.url)
        if not is_program(settings.testee):
            stack.enter_context(set_for_a_while(variables))
        yield Connection(stack.enter_context(closing(find_testee(settings.testee, variables))), fake, intercepts=True)


class OutOfTime(MockserverError):
    """A play was broken off because the time of the run was over: nothing can be said about it."""


def play(
    connection: Connection,
    planned: PlannedScenario,
    payload: Mapping[str, JSON] | None = None,
    *,
    deadline: float = inf,
) -> Evidence:
    """Ask a testee for one thing and return what was seen. ``payload`` replaces the scenario's own.

    The fake is prepared before and cleared afterwards. Raises ``FakeUnavailable``, and ``OutOfTime`` if the testee has
    not answered by the ``deadline``, a time of ``time.monotonic``.
    """
    account = connection.accounts.open(planned.credentials)
    given = dict(planned.payload if payload is None else payload)
    fault: TesteeFault | None = None
    answer: Mapping[str, JSON] = {}
    _prepare(connection.fake, planned, account)
    began = time.monotonic()
    try:
        connection.testee.start(_within(START_SECONDS, deadline))
        began = time.monotonic()
        answer = _answer(connection, planned, account, given, deadline)
    except TesteeFault as error:
        fault = error
    seconds = time.monotonic() - began
    is_cut = fault is not None and fault.kind == "hung" and time.monotonic() >= deadline
    unstruck = connection.fake.unstruck() if planned.faults else ()
    tasks = [str(task["id"]) for task in connection.fake.tasks(account)]
    seen = _transcript(connection.fake)
    transcript = connection.accounts.own(
        Transcript(tuple(each for each in seen if not is_for_another(each))), account, has_answered=fault is None
    )
    connection.accounts.close(account, tasks, has_hung=fault is not None and fault.kind == "hung")
    _clear(connection.fake, planned)
    if is_cut:
        raise OutOfTime(str(fault))
    return Evidence(
        scenario=planned.scenario,
        operation=planned.operation.id,
        payload=given,
        answer=answer,
        transcript=transcript,
        tasks=len(tasks),
        seconds=seconds,
        layout=planned.service.layout,
        fault=fault,
        reading=str(planned.choice or ""),
        unstruck=unstruck,
        elsewhere=tuple(other_host(each) for each in seen if is_for_another(each)),
    )


def _within(seconds: float, deadline: float) -> float:
    """Return so many seconds, or those that are left."""
    return max(min(seconds, deadline - time.monotonic()), 0.0)


def _prepare(fake: FakeProcess, planned: PlannedScenario, account: str) -> None:
    fake.change(pace=planned.scenario.pace)
    if planned.credentials == "jwt":
        fake.require(f"{account}:{_SECRET_KEY}")  # a signature is only checked where the secret is known
    for line in planned.faults:
        fake.add_fault(line, account)
    if readings := _readings(planned):
        fake.change(readings={f"{planned.service.id}/{id}": reading for id, reading in readings.items()})


def _readings(planned: PlannedScenario) -> dict[str, str]:
    """Return the readings to play under: the choice, and those without which the operation does not exist."""
    chosen = {planned.choice.question: planned.choice.reading} if planned.choice is not None else {}
    return {**planned.operation.when, **chosen}


def _answer(
    connection: Connection, planned: PlannedScenario, account: str, payload: Payload, deadline: float
) -> Mapping[str, JSON]:
    """Ask the testee; if it waits for callbacks, write its URL into the payload and let time pass."""
    scenario, layout = planned.scenario, planned.service.layout
    beside: AbstractContextManager[object] = nullcontext()
    if scenario.is_called_back:
        url = connection.testee.ask({"do": "listen"}, _within(_LISTEN_SECONDS, deadline)).get("url")
        payload = planned.operation.put(layout.callback_field, payload, url)
        if url is not None:
            example, forge, secret = planned.callback_example, None, None
            if scenario.is_forged:
                forge = partial(forged_callback, example, layout)
            elif scenario.is_about_another:
                forge, secret = partial(another_callback, example, layout), _WEBHOOK_SECRET
            beside = CallbackDriver(connection.fake, account, url, forge, secret)
    request: dict[str, JSON] = {
        "do": "generate",
        "operation": planned.operation.id.removesuffix(".create"),
        "base_url": connection.base_url(planned.service),
        "credentials": _credentials(planned, account),
        "payload": payload,
        "timeout": scenario.timeout_seconds,
    }
    with beside:
        return connection.testee.ask(request, _within(scenario.timeout_seconds + _LATE_SECONDS, deadline))


def _credentials(planned: PlannedScenario, account: str) -> dict[str, JSON]:
    is_jwt = planned.credentials == "jwt"
    keys: dict[str, JSON] = {"access_key": account, "secret_key": _SECRET_KEY} if is_jwt else {"token": account}
    return {**keys, "webhook_secret": _WEBHOOK_SECRET} if planned.scenario.is_called_back else keys


def _transcript(fake: FakeProcess) -> Transcript:
    """Return what the client did, without what the kit did over the control API."""
    return Transcript(tuple(each for each in fake.transcript() if not each.request.path.startswith("/_mock")))


def _clear(fake: FakeProcess, planned: PlannedScenario) -> None:
    """Leave the fake as it was before."""
    fake.reset()
    if planned.credentials == "jwt":
        fake.let_anybody_in()
    if planned.scenario.is_called_back:  # the callback driver has advanced the clock
        fake.set_clock(round(time.time() * 1000))
    if readings := _readings(planned):
        questions = planned.service.questions
        fake.change(readings={f"{planned.service.id}/{id}": questions[id].default for id in readings})
