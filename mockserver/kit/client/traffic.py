"""Traffic: what can be said of a client from its exchanges alone, without asking it for anything.

The exchanges are sorted into jobs: a create, its repetitions, and the queries for its task.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from mockserver.contract.catalog import load
from mockserver.contract.layout import Layout
from mockserver.curl import curl
from mockserver.kit.checks import Check, Skipped
from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.evidence import Act, Scene
from mockserver.kit.client.session import judged
from mockserver.kit.transcript import Exchange, Transcript
from mockserver.kit.verdict import Finding, Verdict
from mockserver.types import Millis

OF_ALL = ("polls-the-right-path", "credentials-are-a-bearer-token", "no-key-in-the-url")
OF_RESULTS = ("results-are-fetched-without-credentials",)
OF_A_JOB = (
    "content-type-is-json",
    "stops-at-the-end",
    "own-mistakes-are-not-repeated",
    "a-lost-answer-makes-no-second-task",
)
IN_TIME = ("polls-at-a-sane-pace", "retry-after-is-honoured", "retries-wait")

REFUSED: Check[Act, str] = Check(
    id="payloads-keep-the-rules",
    family="wire",
    severity="error",
    documented="No payload is sent that breaks a rule of the contract.",
    why="The real service refuses it, in production.",
    source="schemas/",
)

_AGAIN: Millis = 60_000
"""Within so long the same payload is the same wish; later it is somebody's new one."""

_SCENE = Scene("traffic", "")


@dataclass(slots=True)
class _Job:
    creates: list[Exchange]
    polls: list[Exchange] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether a create of the same payload would be a repetition of this one."""
        return self.creates[-1].status != 200

    @property
    def tasks(self) -> int:
        """How many tasks there may be; a name of the client's own keeps it one."""
        sent = self.creates[0].sent
        if isinstance(sent, dict) and sent.get("external_task_id"):
            return 1
        return sum(each.response is None or each.status == 200 for each in self.creates)

    def act(self) -> Act:
        """Return the job as the checks know it."""
        first = self.creates[0]
        exchanges = sorted([*self.creates, *self.polls], key=lambda each: each.number)
        sent = first.sent if isinstance(first.sent, dict) else {}
        operation = str(first.operation)
        layout = _layout(operation.partition("/")[0])
        return Act(_SCENE, operation, sent, {}, Transcript(tuple(exchanges)), self.tasks, 0.0, layout=layout)


def verdict(target: str, transcript: Transcript, *, is_timed: bool = True) -> Verdict:
    """Judge what a client said. ``is_timed``: the times are real."""
    exchanges = [each for each in transcript if not each.request.path.startswith("/_mock")]
    jobs = list(_jobs(exchanges))
    ids = (*OF_ALL, *OF_RESULTS, *OF_A_JOB, *IN_TIME)
    reason = {} if is_timed else dict.fromkeys(IN_TIME, "the fake's clock was stopped or set")
    reason |= dict.fromkeys(() if jobs else (*OF_A_JOB, *IN_TIME, REFUSED.id), "nothing was created")
    if not Transcript(tuple(exchanges)).of("fetch"):
        reason |= dict.fromkeys(OF_RESULTS, "no result was fetched")
    made = [id for id in ids if id not in reason] if exchanges else []
    findings = [*_overall(exchanges, made), *(found for job in jobs for found in _found(job, made)), *_refused(jobs)]
    unique = {(each.check, each.subject, each.received): each for each in findings}
    return Verdict(
        target,
        (*(CHECKS[id] for id in made), *([REFUSED] if jobs else [])),
        tuple(unique.values()),
        tuple(
            Skipped(id, reason.get(id, "nothing was asked"))
            for id in (*ids, REFUSED.id)
            if id not in made and not (id == REFUSED.id and jobs)
        ),
        facts=tuple(_facts(exchanges)),
    )


def _jobs(exchanges: Sequence[Exchange]) -> Iterator[_Job]:
    wishes: dict[tuple[str | None, str | None, bytes], _Job] = {}
    tasks: dict[str, _Job] = {}
    for each in exchanges:
        does = (each.operation or "").rpartition(".")[2]
        if does == "create":
            wish = (each.account, each.operation, each.request.body)
            job = wishes.get(wish)
            if job is not None and job.is_open and each.at - job.creates[-1].at < _AGAIN:
                job.creates.append(each)
            else:
                job = wishes[wish] = _Job([each])
                yield job
            if task_id := job.act().task_id(each):
                tasks[task_id] = job
        elif does == "get" and (job := tasks.get(each.request.path.rpartition("/")[2])) is not None:
            job.polls.append(each)


def _overall(exchanges: Sequence[Exchange], made: Sequence[str]) -> Iterator[Finding]:
    """Judge what each account and each service said to each other as one whole."""
    parts: dict[tuple[str | None, str], list[Exchange]] = {}
    for each in exchanges:
        parts.setdefault((each.account, (each.operation or "").partition("/")[0]), []).append(each)
    for (_, service), part in parts.items():
        act = Act(_SCENE, "", {}, {}, Transcript(tuple(part)), 0, 0.0, layout=_layout(service))
        for id in made:
            if id in OF_ALL or (id in OF_RESULTS and act.fetches):
                yield from (replace(found, subject="traffic") for found in judged(act, id))


def _found(job: _Job, made: Sequence[str]) -> Iterator[Finding]:
    act = job.act()
    for id in made:
        if id in (*OF_A_JOB, *IN_TIME):
            for found in judged(act, id):
                first = job.creates[0]
                yield replace(found, subject=act.product, payload=first.sent, repeat=curl(first.request))


def _refused(jobs: Sequence[_Job]) -> Iterator[Finding]:
    for job in jobs:
        first = job.creates[0]
        if first.status == 200:
            continue
        for broken in first.violations:
            if broken["level"] == "error":
                operation = str(first.operation).removesuffix(".create")
                yield Finding(
                    check=REFUSED.id,
                    subject=f"{operation} {broken['rule']}",
                    received=f"{broken['pointer'] or 'the body'}: {broken['fact']}",
                    documented=broken["description"],
                    rule=broken["rule"],
                    source=broken["source"],
                    payload=first.sent,
                    repeat=curl(first.request),
                )


def _facts(exchanges: Sequence[Exchange]) -> Iterator[tuple[str, str]]:
    yield "exchanges", str(len(exchanges))
    operations = Counter(each.operation or "no path of a service" for each in exchanges)
    yield "operations", ", ".join(f"{name} {count}" for name, count in sorted(operations.items())) or "none"
    rules = Counter(
        f"{str(each.operation).removesuffix('.create')} {broken['rule']} ({broken['level']})"
        for each in exchanges
        for broken in each.violations
    )
    yield "rules broken", ", ".join(f"{name} {count}" for name, count in sorted(rules.items())) or "none"


def _layout(service: str) -> Layout:
    known = load().services
    return known.get(service, next(iter(known.values()))).layout
