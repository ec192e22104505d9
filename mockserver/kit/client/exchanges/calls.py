"""Calls: which creates are tries of one call of the client, and which polls are for its task.

From outside, a call that is repeated looks as two calls do. Three tests that send the same refused body within a second
are no retries, nor are tests side by side with one payload, nor a test that goes on after a lost answer. Neither time
nor connections tell them apart: a client may repeat at once or a minute later, a suite may share one connection, and
each try may open a new one. So creates are tries of one call only if the client says so itself, by a header that means
just that: an idempotency key. What only *looks* like a repetition, because nothing came between, is a ``Likeness``, and
whoever tells of it has to say "if".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from mockserver.kit.client.exchanges.places import asked_for, does, own_name, product, service, task_id
from mockserver.kit.transcript import Exchange
from mockserver.types import Millis

_KEYS = ("idempotency-key", "x-idempotency-key")
"""The headers whose value names a call: who sends one again repeats that call."""

_LIKE: Millis = 60_000
"""The same create after a minute is most likely wanted anew: clients give up sooner."""


@dataclass(slots=True)
class Call:
    """One call of the client: its creates, and the polls for its task, in order."""

    creates: list[Exchange]
    polls: list[Exchange] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether another create could still be a try of it: none has succeeded yet."""
        return self.creates[-1].status != 200

    @property
    def tasks(self) -> int:
        """How many tasks it has made. A client's own name keeps it one, if the service refuses to use it twice."""
        if own_name(self.creates[0]) is not None:
            return 1
        return sum(map(may_have_made_a_task, self.creates))


def may_have_made_a_task(create: Exchange) -> bool:
    """Whether a create was accepted, or its answer was lost on the way and is not known to be a refusal."""
    if create.response is None:
        return create.lost is None or task_id(create) is not None
    return create.status == 200 and task_id(create) is not None


def calls(exchanges: Iterable[Exchange]) -> list[Call]:
    """Sort creates and polls into calls."""
    found: list[Call] = []
    by_key: dict[tuple[str, bytes, str], Call] = {}
    by_task: dict[str, Call] = {}
    by_name: dict[tuple[str, str | None, str], Call] = {}
    for each in exchanges:
        if does(each) == "create":
            key = _key(each)
            call = by_key.get((product(each), each.request.body, key)) if key is not None and each.is_whole else None
            if call is None or not call.is_open:
                found.append(call := Call([]))
            call.creates.append(each)
            if key is not None:
                by_key[product(each), each.request.body, key] = call
            if (id := task_id(each)) is not None:
                by_task[id] = call
            if (own := own_name(each)) is not None:
                by_name[service(each), each.whose, own] = call
        elif does(each) == "get":
            asked = asked_for(each)
            owner = by_task.get(asked) or by_name.get((service(each), each.whose, asked))
            if owner is not None:
                owner.polls.append(each)
    return found


def _key(create: Exchange) -> str | None:
    """Return the name that a client gives its call."""
    return next((create.request.headers[name] for name in _KEYS if create.request.headers.get(name)), None)


@dataclass(frozen=True, slots=True)
class Likeness:
    """The same create several times in a row, with nothing else from its account in between, and no success before."""

    creates: tuple[Exchange, ...]


def likenesses(exchanges: Iterable[Exchange]) -> Iterator[Likeness]:
    """Yield what looks like a repetition, where the client does not say whether it is one."""
    by_account: dict[tuple[str | None, str], list[Exchange]] = {}
    for each in exchanges:
        by_account.setdefault((each.whose, service(each)), []).append(each)
    for own in by_account.values():
        row: list[Exchange] = []
        for each in own:
            if row and not _is_like(row[-1], each):
                yield from _shown(row)
                row = []
            if does(each) == "create" and _key(each) is None:
                row.append(each)
        yield from _shown(row)


def _shown(row: Sequence[Exchange]) -> Iterator[Likeness]:
    if len(row) > 1:
        yield Likeness(tuple(row))


def _is_like(first: Exchange, second: Exchange) -> bool:
    return (
        does(second) == "create"
        and _key(second) is None
        and product(first) == product(second)
        and first.request.body == second.request.body
        and first.is_whole
        and first.status != 200
        and second.at - first.at < _LIKE
    )
