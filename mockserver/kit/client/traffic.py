"""Traffic: what can be checked of a client by its exchanges alone, without asking it for anything.

The exchanges are sorted into jobs: a create, its repetitions, and the polls for its task.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from mockserver.contract.catalog import load
from mockserver.contract.layout import Layout
from mockserver.kit.checks import Check, Skipped
from mockserver.kit.client.checks.registry import CHECKS, findings
from mockserver.kit.client.evidence import Evidence
from mockserver.kit.client.scenarios import Scenario
from mockserver.kit.transcript import Exchange, Transcript
from mockserver.kit.verdict import Finding, Verdict
from mockserver.secrecy import curl
from mockserver.types import Millis

OF_ALL = ("polls-the-right-path", "credentials-are-a-bearer-token", "no-key-in-the-url")
"""The checks of all that one account exchanges with one service."""

OF_RESULTS = ("results-are-fetched-without-credentials",)
"""Those that need a download."""

OF_A_JOB = (
    "content-type-is-json",
    "stops-at-the-end",
    "own-mistakes-are-not-repeated",
    "a-lost-answer-makes-no-second-task",
)
"""The checks of one job."""

IN_TIME = ("polls-at-a-sane-pace", "retry-after-is-honoured", "retries-wait")
"""Those of a job that also need true times."""

REFUSED: Check[Evidence, str] = Check(
    id="payloads-keep-the-rules",
    family="wire",
    severity="error",
    documented="The client sends no payload that breaks a rule of the contract.",
    why="The real service refuses it, in production.",
    source="schemas/",
)

URL_VARIABLES = ("KLING_BASE_URL", "MOCKSERVER_URL")
"""Where a command finds the URL of the fake."""

_REPETITION: Millis = 60_000
"""A payload that comes again within a minute is a retry; later, somebody probably wants the same thing again."""

_SCENARIO = Scenario("traffic", "")

_NO_TRAFFIC = f"no request reached the fake. Let the client read its base URL from {' or '.join(URL_VARIABLES)}"


@dataclass(slots=True)
class _Job:
    creates: list[Exchange]
    polls: list[Exchange] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether another create of the same payload would be a retry: there has been no success yet."""
        return self.creates[-1].status != 200

    @property
    def layout(self) -> Layout:
        return _layout(str(self.creates[0].operation).partition("/")[0])

    @property
    def tasks(self) -> int:
        """How many tasks there may be. A client's own id keeps it one, if the service refuses such an id twice."""
        sent = self.creates[0].sent
        if self.layout.finds_external_id and isinstance(sent, dict) and sent.get(self.layout.external_id_field):
            return 1
        return sum(each.response is None or each.status == 200 for each in self.creates)

    def evidence(self) -> Evidence:
        """Return the job in the form that checks look at."""
        first = self.creates[0]
        exchanges = sorted([*self.creates, *self.polls], key=lambda each: each.number)
        payload = first.sent if isinstance(first.sent, dict) else {}
        transcript = Transcript(tuple(exchanges))
        return Evidence(_SCENARIO, str(first.operation), payload, {}, transcript, self.tasks, 0.0, self.layout)


def verdict(target: str, transcript: Transcript, *, is_timed: bool = True) -> Verdict:
    """Judge a client by its exchanges. ``is_timed``: their times are those of a real clock."""
    exchanges = [each for each in transcript if not each.request.path.startswith("/_mock")]
    jobs = list(_jobs(exchanges))
    reasons = _reasons(exchanges, jobs, is_timed=is_timed)
    checks = {id: CHECKS.get(id, REFUSED) for id in (*OF_ALL, *OF_RESULTS, *OF_A_JOB, *IN_TIME, REFUSED.id)}
    made = [id for id in checks if id not in reasons]
    found = [*_overall(exchanges, made), *(each for job in jobs for each in _of_job(job, made)), *_refused(jobs)]
    unique = {(each.check, each.subject, each.received): each for each in found}
    return Verdict(
        target,
        tuple(checks[id] for id in made),
        tuple(unique.values()),
        tuple(Skipped(id, reasons[id]) for id in checks if id in reasons),
        obstacle=None if exchanges else _NO_TRAFFIC,
        facts=tuple(_facts(exchanges)),
    ).masked()


def _reasons(exchanges: Sequence[Exchange], jobs: Sequence[_Job], *, is_timed: bool) -> dict[str, str]:
    """Return why which checks cannot be made, by id."""
    if not exchanges:
        return dict.fromkeys((*OF_ALL, *OF_RESULTS, *OF_A_JOB, *IN_TIME, REFUSED.id), "no request was sent")
    reasons = {} if is_timed else dict.fromkeys(IN_TIME, "the fake's clock was stopped or set")
    if not jobs:
        reasons |= dict.fromkeys((*OF_A_JOB, *IN_TIME, REFUSED.id), "no task was created")
    if not Transcript(tuple(exchanges)).of("fetch"):
        reasons |= dict.fromkeys(OF_RESULTS, "no result was downloaded")
    return reasons


def _jobs(exchanges: Sequence[Exchange]) -> Iterator[_Job]:
    """Sort exchanges into jobs. A job is yielded when it begins, and complete when the iterator is exhausted."""
    by_payload: dict[tuple[str | None, str | None, bytes], _Job] = {}
    by_task: dict[str, _Job] = {}
    for each in exchanges:
        does = (each.operation or "").rpartition(".")[2]
        if does == "create":
            payload = (each.account, each.operation, each.request.body)
            job = by_payload.get(payload)
            if job is not None and job.is_open and each.at - job.creates[-1].at < _REPETITION:
                job.creates.append(each)
            else:
                job = by_payload[payload] = _Job([each])
                yield job
            if task_id := job.evidence().task_id(each):
                by_task[task_id] = job
        elif does == "get" and (job := by_task.get(each.request.path.rpartition("/")[2])) is not None:
            job.polls.append(each)


def _overall(exchanges: Sequence[Exchange], made: Sequence[str]) -> Iterator[Finding]:
    """Judge what each account exchanged with each service as one whole."""
    parts: dict[tuple[str | None, str], list[Exchange]] = {}
    for each in exchanges:
        parts.setdefault((each.account, (each.operation or "").partition("/")[0]), []).append(each)
    for (_, service), part in parts.items():
        evidence = Evidence(_SCENARIO, "", {}, {}, Transcript(tuple(part)), 0, 0.0, _layout(service))
        for id in made:
            if id in OF_ALL or (id in OF_RESULTS and evidence.fetches):
                yield from (replace(finding, subject="traffic") for finding in findings(CHECKS[id], evidence))


def _of_job(job: _Job, made: Sequence[str]) -> Iterator[Finding]:
    evidence, first = job.evidence(), job.creates[0]
    for id in made:
        if id in (*OF_A_JOB, *IN_TIME):
            for finding in findings(CHECKS[id], evidence):
                yield replace(finding, subject=evidence.product, payload=first.sent, repeat=curl(first.request))


def _refused(jobs: Sequence[_Job]) -> Iterator[Finding]:
    """Yield each rule for which a create was refused."""
    for job in jobs:
        first = job.creates[0]
        for violation in first.violations if first.status != 200 else ():
            if violation["level"] == "error":
                operation = str(first.operation).removesuffix(".create")
                yield Finding(
                    check=REFUSED.id,
                    subject=f"{operation} {violation['rule']}",
                    received=f"{violation['pointer'] or 'the body'}: {violation['fact']}",
                    documented=violation["description"],
                    rule=violation["rule"],
                    source=violation["source"],
                    payload=first.sent,
                    repeat=curl(first.request),
                )


def _facts(exchanges: Sequence[Exchange]) -> Iterator[tuple[str, str]]:
    yield "exchanges", str(len(exchanges))
    operations = Counter(each.operation or "no path of a service" for each in exchanges)
    yield "operations", ", ".join(f"{name} {count}" for name, count in sorted(operations.items())) or "none"
    rules = Counter(
        f"{str(each.operation).removesuffix('.create')} {violation['rule']} ({violation['level']})"
        for each in exchanges
        for violation in each.violations
    )
    yield "rules broken", ", ".join(f"{name} {count}" for name, count in sorted(rules.items())) or "none"


def _layout(service: str) -> Layout:
    """Return the layout of a service; for a path of none, any: nothing in its answers is a task."""
    known = load().services
    return known.get(service, next(iter(known.values()))).layout
