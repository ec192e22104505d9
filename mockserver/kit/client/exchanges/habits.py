"""Habits: what a client does wrong in one call, as far as exchanges alone are certain of it.

Each habit has the name of the check that it breaks, and yields what happened with the request that shows it. The checks
of ``check client`` look at one job that they ask for themselves; here several clients and tests may speak at once.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from itertools import groupby, pairwise
from types import MappingProxyType

from mockserver.contract.catalog import load
from mockserver.kit.client.exchanges import requests
from mockserver.kit.client.exchanges.calls import Call, Likeness, may_have_made_a_task
from mockserver.kit.client.exchanges.places import layout, own_name, service
from mockserver.kit.task_view import FINAL, TaskView
from mockserver.kit.transcript import Exchange
from mockserver.types import Millis

Habit = tuple[str, Exchange]
"""What happened, and the request that shows it."""

_MOST_LOOKS = 3
"""How often the end of a task may be read again in a row: two tests may poll the same task, and each read it twice."""

SHORTEST_POLL_MILLIS: Millis = 50
"""Two polls within less are a loop without any pause, also against a fake, where nobody waits for real."""

_MOST_POLLS = 10
"""So many polls in a row without a pause may be a test that steps through ``--pace polls:3``."""

SHORTEST_RETRY_MILLIS: Millis = 300
"""A common backoff begins with 500 ms and takes up to a quarter off at random; the rest is for imprecise timers."""

_IMPRECISE = 0.85
"""As much of a Retry-After has to be waited for; the rest is for imprecise timers."""

_DATE_SECONDS = 1
"""A date has whole seconds, which may take off as much."""

_QUICK_TRIES = 3
"""So many tries without a pause look like a loop; two may be two tests side by side."""

_IF = "if this was one call of the client, it"


def content_type_is_json(call: Call) -> Iterator[Habit]:
    """Of a body whose type the operation does not take."""
    first = call.creates[0]
    received = requests.content_type_is_json(first)
    question = load().services[service(first)].questions.get("content-type")
    needs_none = first.status == 200 or (question is not None and question.default == "accepted")
    if received is not None and (first.request.headers.get("content-type") or not needs_none):
        yield received, first


def stops_at_the_end(call: Call, creates: Sequence[int]) -> Iterator[Habit]:
    """Of polls that go on after the end.

    ``creates`` are the numbers of all creates: behind one, somebody has begun something new, and may read an old task
    again on purpose.
    """
    longest: tuple[Exchange, ...] = ()
    for _, row in groupby(_ends(call), lambda poll: (*_way(poll), bisect(creates, poll.number))):
        longest = max(longest, tuple(row), key=len)
    if len(longest) - 1 > _MOST_LOOKS:
        yield f"{len(longest) - 1} polls in a row came after the state {_state(longest[0])}", longest[-1]


def own_mistakes_are_not_repeated(call: Call) -> Iterator[Habit]:
    """Of a call that was sent again although it was refused for what it says."""
    refused = [create for create in call.creates if create.status == 400]
    if len(refused) > 1:
        yield f"{len(refused)} tries of one call were each refused with 400", refused[1]


def a_lost_answer_makes_no_second_task(call: Call) -> Iterator[Habit]:
    """Of a call that was sent again although it may have a task already."""
    if call.tasks > 1:
        yield f"the tries of one call made {call.tasks} tasks", call.creates[-1]


def polls_at_a_sane_pace(call: Call) -> Iterator[Habit]:
    """Of a loop that asks for a running task without any pause."""
    row = 1
    for first, second in pairwise(call.polls):
        is_loop = _way(first) == _way(second) and _state(first) in ("submitted", "processing")
        row = row + 1 if is_loop and second.at - first.at < SHORTEST_POLL_MILLIS else 1
        if row > _MOST_POLLS:
            yield f"{row} polls in a row came within less than {SHORTEST_POLL_MILLIS} ms of each other", second
            return


def retry_after_is_honoured(call: Call) -> Iterator[Habit]:
    """Of a try that came before the service wanted it."""
    for first, second in pairwise(call.creates):
        if _is_too_early(first, second):
            waited, header = second.at - first.at, _retry_after(first)
            yield f"the next try of the call came after {waited} ms, but Retry-After was {header}", second
            return


def retries_wait(call: Call) -> Iterator[Habit]:
    """Of a try without any pause after an answer that asks for one."""
    for first, second in pairwise(call.creates):
        if _asks_for_a_pause(first) and second.at - first.at < SHORTEST_RETRY_MILLIS:
            waited = second.at - first.at
            yield f"the next try of the call came {waited} ms after one that was answered with {first.status}", second
            return


IN_A_CALL: Mapping[str, Callable[[Call], Iterator[Habit]]] = MappingProxyType(
    {
        find.__name__.replace("_", "-"): find
        for find in (
            content_type_is_json,
            own_mistakes_are_not_repeated,
            a_lost_answer_makes_no_second_task,
            polls_at_a_sane_pace,
            retry_after_is_honoured,
            retries_wait,
        )
    }
)
"""What can be seen in one call alone, by the id of its check."""


def may_be_in_vain(found: Likeness, *, is_timed: bool) -> Iterator[Habit]:
    """Of the same create again, if it was one call; the words are true in any case."""
    creates = found.creates
    refused = [each for each in creates if each.status == 400 and _has_broken_a_rule(each)]
    quick = _quick(creates) if is_timed else []
    within = f" within {creates[-1].at - creates[0].at} ms" if is_timed else ""
    if len(refused) > 1:
        told = f"the same body was refused with 400 {len(refused)} times{within}"
        yield f"{told}: {_IF} repeats its own mistakes", refused[1]
    elif own_name(creates[0]) is None and sum(map(may_have_made_a_task, creates)) > 1:
        told = f"the answer to a create was lost, and the same create came next{within}"
        yield f"{told}: {_IF} may have a second task", creates[-1]
    elif len(quick) >= _QUICK_TRIES:
        told = f"the same create came {len(quick)} times in a row, each too soon after {quick[0].status}"
        yield f"{told}: {_IF} gives the service no rest", quick[-1]


def _quick(creates: Sequence[Exchange]) -> list[Exchange]:
    """Return the longest beginning whose tries came sooner than they should."""
    row = [creates[0]]
    for first, second in pairwise(creates):
        is_early = _asks_for_a_pause(first) and second.at - first.at < SHORTEST_RETRY_MILLIS
        if not is_early and not _is_too_early(first, second):
            break
        row.append(second)
    return row


def _has_broken_a_rule(create: Exchange) -> bool:
    return any(violation["level"] == "error" for violation in create.violations)


def _asks_for_a_pause(exchange: Exchange) -> bool:
    """Whether an answer says that the service is busy or down; a 401 or a 404 says nothing of the kind."""
    return exchange.status is not None and (exchange.status == 429 or exchange.status >= 500)


def _is_too_early(first: Exchange, second: Exchange) -> bool:
    wanted = _wanted_pause(first)
    return wanted is not None and second.at - first.at < wanted * _IMPRECISE


def _retry_after(exchange: Exchange) -> str:
    return exchange.response.headers.get("retry-after", "") if exchange.response is not None else ""


def _wanted_pause(exchange: Exchange) -> float | None:
    """Return the milliseconds for which a 429 asks; ``None`` if it asks for none."""
    header = _retry_after(exchange).strip()
    if exchange.status != 429 or not header:
        return None
    if header.isascii() and header.isdigit():
        return int(header) * 1000
    try:
        date = parsedate_to_datetime(header)
    except ValueError:
        return None
    aware = date if date.tzinfo is not None else date.replace(tzinfo=UTC)
    return (aware.timestamp() - _DATE_SECONDS) * 1000 - exchange.at


def _state(poll: Exchange) -> str | None:
    view = TaskView.of(poll.received, layout(service(poll)))
    return view.state if view is not None else None


def _ends(call: Call) -> list[Exchange]:
    """Return the polls that were answered with the end of the task."""
    return [poll for poll in call.polls if _state(poll) in FINAL]


def _way(poll: Exchange) -> tuple[str | None, str, str]:
    """Return what is the same in all polls of one loop."""
    return poll.whose, poll.request.path, poll.request.query
