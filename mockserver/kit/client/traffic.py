"""Traffic: what can be checked of a client by its exchanges alone, without asking it for anything.

Nobody knows which test or which client sent what, so only what is certain is a finding, and what is likely is a warning
whose words are true in any case. What says itself that it means to be refused, and is refused, is nobody's mistake;
neither is a request to a path that the real service has and the fake does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from mockserver.contract.credentials import KEY_HEADER
from mockserver.contract.routes import plain
from mockserver.kit.checks import AnyCheck, Check, Skipped
from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.evidence import Evidence
from mockserver.kit.client.exchanges.calls import Call, calls, likenesses
from mockserver.kit.client.exchanges.habits import IN_A_CALL, Habit, may_be_in_vain, stops_at_the_end
from mockserver.kit.client.exchanges.places import Tasks, does, misplaced, product, service
from mockserver.kit.client.exchanges.requests import IN_A_REQUEST
from mockserver.kit.client.exchanges.sorting import Sorted
from mockserver.kit.transcript import Exchange, Transcript
from mockserver.kit.verdict import Finding, Verdict
from mockserver.secrecy.curl import SERVE_URL, curl

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
"""The checks of one call of the client."""

IN_TIME = ("polls-at-a-sane-pace", "retry-after-is-honoured", "retries-wait")
"""Those of a call that also need true times."""

REFUSED: Check[Evidence, str] = Check(
    id="payloads-keep-the-rules",
    family="wire",
    severity="error",
    documented="The client sends no payload that breaks a rule of the contract.",
    why="The real service refuses it, in production.",
    source="schemas/",
)

AGAIN: Check[Evidence, str] = Check(
    id="creates-are-not-repeated-in-vain",
    family="retry",
    severity="warning",
    documented="No create comes again at once that was refused for what it says, or that may have made a task.",
    why="If one call of the client sent it again, it is refused again or paid twice. If two calls did, all is well: "
    "only you can tell them apart.",
    source="kling 4.1; clients in the wild",
)

_PACE = replace(
    CHECKS["polls-at-a-sane-pace"],
    documented="The client pauses between two polls of a running task, for at least 50 ms.",
)
"""As ``check client`` makes it, but for what that says of its scenarios."""

URL_VARIABLES = ("KLING_BASE_URL", "MOCKSERVER_URL")
"""Where a command finds the URL of the fake."""

_CHECKS: Mapping[str, AnyCheck] = MappingProxyType(
    {
        **{id: CHECKS[id] for id in (*OF_ALL, *OF_RESULTS, *OF_A_JOB, *IN_TIME)},
        **{check.id: check for check in (_PACE, REFUSED, AGAIN)},
    }
)

_WHERE_IT_IS = f"Let the client read its base URL from {' or '.join(URL_VARIABLES)}"
_BY_PROXY = "Let the client use the proxy of HTTPS_PROXY; docs/unmodified.md says which clients do so by themselves"

_MOST_PATHS = 5
"""Wrong paths that are each a finding; a client that has the wrong base URL makes hundreds."""


def verdict(
    target: str,
    transcript: Transcript,
    *,
    is_timed: bool = True,
    forgotten: int = 0,
    prefixes: Sequence[str] = (),
    is_intercepted: bool = False,
) -> Verdict:
    """Judge a client by its exchanges.

    * ``is_timed``: their times are those of a real clock
    * ``forgotten``: how many further exchanges there were, of which nothing is known any more
    * ``prefixes``: the paths under which the fake served as well
    * ``is_intercepted``: the client was to reach it by a proxy, and not by its URL
    """
    known = [each for each in transcript if not each.request.path.startswith("/_mock")]
    traffic = Sorted.of(known, forgotten, prefixes)
    jobs = calls(traffic.judged)
    reasons = _reasons(traffic, jobs, is_timed=is_timed)
    made = [check for id, check in _CHECKS.items() if id not in reasons]
    found = [
        each
        for check in made
        for each in (
            *_overall(check, traffic.judged, prefixes),
            *_of_calls(check, traffic.judged, jobs),
            *(_refused(jobs) if check is REFUSED else ()),
            *(_again(traffic.judged, is_timed=is_timed) if check is AGAIN else ()),
        )
    ]
    unique = {(each.check, each.subject, each.received): each for each in found}
    return Verdict(
        target,
        tuple(made),
        tuple(unique.values()),
        tuple(Skipped(id, reasons[id]) for id in _CHECKS if id in reasons),
        obstacle=_obstacle(traffic, _BY_PROXY if is_intercepted else _WHERE_IT_IS),
        facts=tuple(traffic.facts()),
    ).masked()


def _obstacle(traffic: Sorted, hint: str) -> str | None:
    """Return why nothing can be judged at all; ``None`` if something can."""
    if traffic.meant:
        return None
    if not traffic.judged:
        who = "only requests of no client" if traffic.looks else "no request"
        return f"{who} reached the fake. {hint}"
    return f"all that came is {traffic.only_real}" if len(traffic.unserved) == len(traffic.judged) else None


def _reasons(traffic: Sorted, jobs: Sequence[Call], *, is_timed: bool) -> dict[str, str]:
    """Return why which checks cannot be made, by id."""
    if not traffic.judged and not traffic.meant:
        return dict.fromkeys(_CHECKS, "no request was sent")
    reasons = {} if is_timed else dict.fromkeys(IN_TIME, "the fake's clock was stopped or set")
    if not jobs:
        reasons |= dict.fromkeys((*OF_A_JOB, *IN_TIME, REFUSED.id, AGAIN.id), "no task was created")
    if not any(does(each) == "fetch" for each in traffic.judged):
        reasons |= dict.fromkeys(OF_RESULTS, "no result was downloaded")
    return reasons


def _overall(check: AnyCheck, exchanges: Sequence[Exchange], prefixes: Sequence[str]) -> Iterator[Finding]:
    """Judge what is not about one call."""
    if check.id == "polls-the-right-path":
        yield from _lost(check, exchanges, prefixes)
    elif (find := IN_A_REQUEST.get(check.id)) is not None:
        seen: set[tuple[str | None, str]] = set()
        for each in exchanges:
            whose = each.whose, service(each)
            if whose not in seen and (received := find(each)) is not None:
                seen.add(whose)
                yield _finding(check, "traffic", (received, each))


def _lost(check: AnyCheck, exchanges: Sequence[Exchange], prefixes: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding for each of the first wrong paths; those of several tasks are one."""
    tasks = Tasks.seen_in(exchanges)
    seen: set[tuple[str, str]] = set()
    for each in exchanges:
        way = each.request.method, plain(each.request.path).rpartition("/")[0]
        if way not in seen and len(seen) < _MOST_PATHS and (received := misplaced(each, tasks, prefixes)) is not None:
            seen.add(way)
            yield _finding(check, "traffic", (received, each))


def _of_calls(check: AnyCheck, exchanges: Sequence[Exchange], jobs: Sequence[Call]) -> Iterator[Finding]:
    """Judge each call of the client."""
    creates = [each.number for each in exchanges if does(each) == "create"]
    for job in jobs:
        if check.id in IN_A_CALL:
            habits = IN_A_CALL[check.id](job)
        elif check.id == "stops-at-the-end":
            habits = stops_at_the_end(job, creates)
        else:
            return
        yield from (_finding(check, product(job.creates[0]), habit, job.creates[0]) for habit in habits)


def _again(exchanges: Sequence[Exchange], *, is_timed: bool) -> Iterator[Finding]:
    """Yield what may be a call that was repeated in vain."""
    for found in likenesses(exchanges):
        for habit in may_be_in_vain(found, is_timed=is_timed):
            yield _finding(AGAIN, product(found.creates[0]), habit, found.creates[0])


def _refused(jobs: Sequence[Call]) -> Iterator[Finding]:
    """Yield each rule for which a create was refused."""
    for create in (create for job in jobs for create in job.creates):
        for violation in create.violations if create.status != 200 else ():
            if violation["level"] == "error":
                fact = f"{violation['pointer'] or 'the body'}: {violation['fact']}"
                found = _finding(REFUSED, f"{product(create)} {violation['rule']}", (fact, create), create)
                yield replace(
                    found,
                    documented=violation["description"],
                    rule=violation["rule"],
                    source=violation["source"],
                )


def _finding(check: AnyCheck, subject: str, habit: Habit, create: Exchange | None = None) -> Finding:
    """Return a finding; ``create`` is the request whose payload shows it."""
    received, shown = habit
    exchanges = {each.number: each for each in (create, shown) if each is not None}
    return Finding(
        check=check.id,
        subject=subject,
        received=received,
        documented=check.documented,
        source=check.source,
        payload=create.sent if create is not None else None,
        repeat=_repeat(create or shown),
        transcript=Transcript(tuple(exchanges[number] for number in sorted(exchanges))),
    )


def _repeat(exchange: Exchange) -> str | None:
    """Return a line that sends a request again, to a fake that can be started: the one that was judged has ended.

    ``None`` for a long body, which the journal cuts.
    """
    request = exchange.request
    if request.body and exchange.sent is None and not exchange.is_whole:
        return None
    # The journal masks the header, and with it the scheme.
    scheme = exchange.scheme
    credentials = {KEY_HEADER: "key"} if scheme == KEY_HEADER else {"authorization": f"{scheme} key"} if scheme else {}
    return curl(replace(request, headers={**request.headers, **credentials}), base_url=SERVE_URL)
