"""A run: a testee is played through the scenes, and the checks judge what came of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from mockserver.contract.catalog import Catalog, Operation
from mockserver.curl import curl
from mockserver.errors import NoSuchCheck
from mockserver.kit.client_checks import calling_back, outcomes, retrying, waiting, wire
from mockserver.kit.client_checks.registry import ClientCheck
from mockserver.kit.findings import Finding, Skipped, Verdict
from mockserver.kit.scenes import SCENES, Act, Scene
from mockserver.kit.stage import Stage
from mockserver.kit.testee import Hello, Testee, TesteeFault
from mockserver.kit.transcript import Transcript
from mockserver.types import JSON

CHECKS: Mapping[str, ClientCheck] = {
    **wire.CHECKS,
    **waiting.CHECKS,
    **outcomes.CHECKS,
    **retrying.CHECKS,
    **calling_back.CHECKS,
}

_PATIENCE = 8.0
"""Seconds beyond its own time limit that a testee has before it counts as hung."""

_SECRET = "a-secret-of-nobody-at-all-but-32-long"  # noqa: S105 - the fake's key, made up


_ENOUGH = 3
"""So many questions in a row without an answer, and the testee is asked no more."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer to an open question other than the usual one: ``question`` is ``kling/missing-task``."""

    question: str
    reading: str
    default: str

    def __str__(self) -> str:
        return f"{self.question.partition('/')[2]}={self.reading}"


@dataclass(frozen=True, slots=True)
class Cast:
    """One operation in one scene, perhaps under another reading."""

    operation: Operation
    scene: Scene
    choice: Choice | None = None


def chosen(only: Sequence[str], skip: Sequence[str]) -> tuple[list[str], list[Skipped]]:
    """Return the checks to make, and those that the user left out; a family stands for its checks.

    Raises ``NoSuchCheck``.
    """
    known = {**CHECKS, **{each.check.family: each for each in CHECKS.values()}}
    for name in (*only, *skip):
        if name not in known:
            raise NoSuchCheck(name, known)
    names = {id: {id, each.check.family} for id, each in CHECKS.items()}
    left = {id: "left out by --skip" for id in CHECKS if names[id] & {*skip}}
    left |= {id: "not among --only" for id in CHECKS if only and not names[id] & {*only}}
    return [id for id in CHECKS if id not in left], [Skipped(id, reason) for id, reason in left.items()]


def cast(
    catalog: Catalog, hello: Hello, checks: Sequence[str], operations: Sequence[str] = ()
) -> tuple[list[Cast], list[Skipped]]:
    """Return what is to be played for some checks, and what cannot be, with the reason.

    Raises ``NoSuchOperation`` for an operation that the testee or the caller names and nobody has.
    """
    wanted = [catalog.operation(name) for name in operations or hello.operations]
    spoken = {catalog.operation(name).id for name in hello.operations}
    played: list[Cast] = []
    reasons: dict[str, str] = {}
    for id in checks:
        for scene in (SCENES[name] for name in CHECKS[id].scenes):
            for operation in wanted:
                reason = _obstacle(hello, scene, operation, spoken)
                if reason is not None:
                    reasons.setdefault(id, reason)
                elif not any(cast.scene is scene and cast.operation is operation for cast in played):
                    played.append(Cast(operation, scene))
    made = {id for id in checks for each in played if each.scene.id in CHECKS[id].scenes}
    return played, [Skipped(id, reasons.get(id, "no scene of it can be played")) for id in checks if id not in made]


def play(stage: Stage, testee: Testee, each: Cast, payload: Mapping[str, JSON] | None = None) -> Act:
    """Ask a testee for one thing, and return what came of it. ``payload`` takes the place of the scene's."""
    account = f"testee-{next(_NUMBERS)}"
    operation, scene = each.operation, each.scene
    stage.change(pace=scene.pace)
    product = operation.id.removesuffix(".create")
    for line in scene.faults:
        stage.fault(line.replace("{op}", _asked(operation)), account)
    if each.choice is not None:
        stage.change(readings={each.choice.question: each.choice.reading})
    sent = {**plain(operation, scene), **(payload or {})}
    request: dict[str, JSON] = {
        "do": "generate",
        "operation": product,
        "base_url": stage.url,
        "credentials": _credentials(scene, account),
        "payload": sent,
        "timeout": scene.timeout,
    }
    fault: TesteeFault | None = None
    answer: dict[str, JSON] = {}
    began = time.monotonic()
    try:
        if scene.callbacks:
            url = testee.ask({"do": "listen"}, _PATIENCE).get("url")
            sent = request["payload"] = {**sent, "callback_url": url}
        answer = testee.ask(request, scene.timeout + _PATIENCE)
    except TesteeFault as error:
        fault = error
    seconds = time.monotonic() - began
    transcript = Transcript(tuple(each for each in stage.transcript() if each.request.path[:6] != "/_mock"))
    reading = str(each.choice or "")
    act = Act(scene, operation.id, sent, answer, transcript, stage.count(account), seconds, fault, reading)
    if fault is not None and fault.kind == "hung":
        stage.overlook(account)
    stage.reset()
    if each.choice is not None:
        stage.change(readings={each.choice.question: each.choice.default})
    return act


def judged(act: Act, checks: Sequence[str]) -> Iterator[Finding]:
    """Return what the checks find in an act."""
    if act.outcome == "unsupported":
        return
    for id in checks:
        if act.scene.id not in CHECKS[id].scenes:
            continue
        check = CHECKS[id].check
        for received in CHECKS[id].judge(act):
            yield Finding(
                check=id,
                subject=f"{act.operation.removesuffix('.create')} {act.scene.id} {act.reading}".rstrip(),
                received=received,
                documented=check.documented,
                source=check.source,
                payload=dict(act.payload),
                curl=curl(act.creates[0].request) if act.creates else None,
            )


def run(
    stage: Stage,
    testee: Testee,
    hello: Hello,
    played: Sequence[Cast],
    checks: Sequence[str],
    *,
    seconds: float | None = None,
    told: Callable[[Cast], None] = lambda _: None,
) -> tuple[list[Finding], list[Act], list[Cast]]:
    """Play the casts until the time is over; return the findings, the acts, and what was not played any more."""
    findings: list[Finding] = []
    acts: list[Act] = []
    end = None if seconds is None else time.monotonic() + seconds
    for number, each in enumerate(played):
        if (end is not None and time.monotonic() > end) or is_hopeless(acts):
            return findings, acts, list(played[number:])
        told(each)
        act = play(stage, testee, each)
        acts.append(act)
        findings += _smallest(stage, testee, each, list(judged(act, checks)), checks)
    return findings, acts, []


def is_hopeless(acts: Sequence[Act]) -> bool:
    """Tell whether the testee answers no more: each question would cost all of its patience."""
    last = acts[-_ENOUGH:]
    return len(last) == _ENOUGH and all(
        act.fault is not None and (act.fault.kind == "hung" or len(acts) == _ENOUGH) for act in last
    )


def verdict(
    hello: Hello,
    checks: Sequence[str],
    findings: Sequence[Finding],
    acts: Sequence[Act],
    skipped: Sequence[Skipped],
    left: Sequence[Cast] = (),
) -> Verdict:
    """Add up a run; ``left`` is what was not played any more."""
    faults = [act.fault for act in acts if act.fault is not None]
    obstacle = str(faults[0]) if faults and len(faults) == len(acts) else None
    why = f"{faults[-1]}, {_ENOUGH} times in a row" if is_hopeless(acts) else "the time of --seconds was over"
    given_up = {act.scene.id for act in acts if act.outcome == "unsupported"}
    played = {act.scene.id for act in acts} - given_up
    made = tuple(CHECKS[id].check for id in checks if set(CHECKS[id].scenes) & played)
    unplayed = {each.scene.id for each in left}
    late = [Skipped(id, why) for id in checks if set(CHECKS[id].scenes) & unplayed and CHECKS[id].check not in made]
    missing = {skip.check for skip in (*skipped, *late)} | {check.id for check in made}
    unsupported = [Skipped(id, "the testee says that it does not support this") for id in checks if id not in missing]
    unique = {(finding.check, finding.subject, finding.received): finding for finding in findings}
    facts = (
        ("scenes", str(len(acts))),
        ("exchanges", str(sum(len(act.transcript) for act in acts))),
        ("seconds", f"{sum(act.seconds for act in acts):.1f}"),
        *((("scenes not played", f"{len(left)}: {why}"),) if left else ()),
    )
    target = f"{hello.name} {hello.version}".strip()
    return Verdict(
        target, made, tuple(unique.values()), (*skipped, *late, *unsupported), obstacle=obstacle, facts=facts
    )


_NUMBERS = count(1)


def _smallest(
    stage: Stage, testee: Testee, each: Cast, findings: list[Finding], checks: Sequence[str]
) -> list[Finding]:
    """Take fields away from the payload of a finding about it, as long as the same check still finds something."""
    shrunk = []
    for finding in findings:
        extra = each.scene.payload.get(each.operation.product, {})
        fields = [name for name in extra if name not in each.operation.schema.get("required", ())]
        for name in fields if CHECKS[finding.check].check.family == "wire" else ():
            fewer = replace(
                each.scene,
                payload={each.operation.product: {key: value for key, value in extra.items() if key != name}},
            )
            act = play(stage, testee, replace(each, scene=fewer))
            again = [found for found in judged(act, checks) if found.check == finding.check]
            if again:
                finding, extra = again[0], fewer.payload[each.operation.product]  # noqa: PLW2901 - the smaller one
        shrunk.append(finding)
    return shrunk


def _obstacle(hello: Hello, scene: Scene, operation: Operation, spoken: set[str]) -> str | None:
    if operation.id not in spoken:
        return f"{hello.name} does not say that it can {operation.id.removesuffix('.create')}"
    if scene.callbacks and not hello.callbacks:
        return f"{hello.name} takes no callbacks"
    if scene.credentials not in hello.credentials:
        return f"{hello.name} takes no {scene.credentials} credentials"
    if scene.services and operation.service not in scene.services:
        return f"{operation.service} has no such thing"
    if scene.only_products and operation.product not in scene.payload:
        return f"{operation.product} has no such thing"
    return None


def _asked(operation: Operation) -> str:
    """Return the operation without its last part; at useapi tasks are asked for elsewhere, and the fault is for it."""
    return operation.id.removesuffix(".create")


def plain(operation: Operation, scene: Scene) -> dict[str, JSON]:
    """Return the payload of a scene."""
    example = {name: value for name, value in operation.schema["examples"][0].items() if name != "callback_url"}
    return {**example, **scene.payload.get(operation.product, {})}


def _credentials(scene: Scene, account: str) -> dict[str, JSON]:
    if scene.credentials == "jwt":
        return {"access_key": account, "secret_key": _SECRET}
    return {"token": account}
