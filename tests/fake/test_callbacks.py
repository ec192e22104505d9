"""The outbox: callbacks in order, again after a failure, and nothing that is no longer true."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mockserver.fake.callbacks import log
from mockserver.fake.callbacks.delivery import Attempt, Delivery, id_of, origin
from mockserver.fake.callbacks.line import LINES, Line
from mockserver.fake.callbacks.outbox import Outbox
from mockserver.fake.lifecycle import STATUSES, Status, Task
from mockserver.fake.stores.memory.store import Memory
from mockserver.types import Millis
from tests.conftest import IMAGE, NOON, VIDEO, CheckedFake

PLAN: tuple[tuple[Millis, Status], ...] = ((0, "submitted"), (500, "processing"), (2000, "succeed"))
HOOK = "http://127.0.0.1:9/hook"


class Desk:
    """An outbox over a store, with callbacks that say what a task was."""

    def __init__(
        self,
        *,
        pauses: tuple[Millis, ...] = (1000, 2000, 4000),
        silent: frozenset[Status] = frozenset(),
        copies: int = 1,
        delays: Mapping[Status, Millis] = MappingProxyType({}),
    ) -> None:
        self.store = Memory()
        self.outbox = Outbox(self.store, self.store.tasks.get, self._write, self._alter)
        self._pauses, self._silent, self._copies, self._delays = pauses, silent, copies, delays
        self.gaps: list[Millis] = []

    def _write(self, task: Task, moment: tuple[Millis, Status]) -> Delivery | None:
        age, status = moment
        if status in self._silent:
            return None
        body = json.dumps(task.state(task.created_at + age)).encode()
        due = task.created_at + age
        return Delivery(id_of(task, moment), "kling", task.id, task.account, status, HOOK, body, due, self._pauses)

    def _alter(self, _: Task, delivery: Delivery, gap: Millis) -> tuple[Delivery, ...]:
        self.gaps.append(gap)
        return (replace(delivery, due=delivery.due + self._delays.get(delivery.status, 0)),) * self._copies

    def add(
        self,
        id: str = "1",
        at: Millis = NOON,
        plan: tuple[tuple[Millis, Status], ...] = PLAN,
        hook: str | None = HOOK,
        account: str = "me",
    ) -> Task:
        task = Task(id, "kling/omni-image.create", account, "http://127.0.0.1", at, plan, b"{}", 1, callback_url=hook)
        self.store.tasks.add(task, at)
        self.outbox.plan(task)
        return task

    def force(self, id: str, status: Status, now: Millis) -> None:
        task = self.store.tasks.get("kling", id)
        assert task is not None
        forced = task.forced(status, now)
        self.store.tasks.replace(forced)
        if forced.timeline != task.timeline[: len(forced.timeline)]:
            self.outbox.plan(forced, len(forced.timeline) - 1)

    def due(self, now: Millis) -> list[Delivery]:
        """Take what is due, to be sent."""
        return self.outbox.claimed(self.outbox.take(now, 10_000), now).deliveries

    def delivered(self, now: Millis) -> list[Delivery]:
        """Take what is due, and deliver it; what waited for it, too."""
        found: list[Delivery] = []
        while due := self.due(now):
            found += due
            for delivery in due:
                self.outbox.attempted(delivery, Attempt(now, 0, 200))
        return found

    def told(self, now: Millis) -> list[tuple[str, str, Millis]]:
        """Deliver what is due, and return what each says to its receiver."""
        found = self.delivered(now)
        for delivery in found:
            status, since = json.loads(delivery.body)
            assert (status, since) == (delivery.status, delivery.due)
        return [(delivery.task_id, delivery.status, delivery.due - NOON) for delivery in found]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_each_transition_is_due_at_its_time_and_once(desk: Desk) -> None:
    desk.add()
    told = {age: desk.told(NOON + age) for age in (0, 1, 499, 500, 1999, 2000, 100_000)}
    assert {age: found for age, found in told.items() if found} == {
        0: [("1", "submitted", 0)],
        500: [("1", "processing", 500)],
        2000: [("1", "succeed", 2000)],
    }
    assert len(desk.outbox) == 0


def test_what_was_slept_through_comes_in_order(desk: Desk) -> None:
    desk.add("1")
    desk.add("2", NOON + 100)
    assert desk.told(NOON + 2050) == [
        ("1", "submitted", 0),
        ("2", "submitted", 100),
        ("1", "processing", 500),
        ("2", "processing", 600),
        ("1", "succeed", 2000),
    ]


def test_of_one_task_one_callback_is_out_at_a_time(desk: Desk) -> None:
    desk.add("1")
    desk.add("2", NOON + 100)
    first, second = desk.due(NOON + 5000)
    assert [(first.task_id, first.status), (second.task_id, second.status)] == [("1", "submitted"), ("2", "submitted")]
    assert desk.due(NOON + 5000) == []
    desk.outbox.attempted(second, Attempt(NOON + 5000, 0, 200))
    assert [(next.task_id, next.status) for next in desk.due(NOON + 5000)] == [("2", "processing")]


def test_transitions_of_one_moment_are_told_one_by_one_each_as_it_was(desk: Desk) -> None:
    desk.add(plan=((0, "submitted"), (0, "processing"), (0, "succeed")))
    assert [status for _, status, _ in desk.told(NOON)] == ["submitted", "processing", "succeed"]


def test_tasks_of_one_moment_are_told_in_the_order_in_which_they_were_made(desk: Desk) -> None:
    for n in range(20):
        desk.add(str(n))
    assert [id for id, _, _ in desk.told(NOON)] == [str(n) for n in range(20)]


@pytest.mark.parametrize("looks", [(0, 500, 501, 2000, 2500, 4000), (501, 2500, 4000), (4000,)])
@pytest.mark.parametrize(
    ("delays", "expected"),
    [
        ({"submitted": 501}, ["processing", "submitted", "succeed"]),
        ({"submitted": 500}, ["submitted", "processing", "succeed"]),
        ({"submitted": 2001}, ["processing", "succeed", "submitted"]),
        ({"submitted": 2002, "processing": 1501}, ["succeed", "processing", "submitted"]),
    ],
)
def test_what_is_delayed_comes_when_it_is_due_however_seldom_somebody_looks(
    delays: dict[Status, Millis], expected: list[Status], looks: tuple[Millis, ...]
) -> None:
    desk = Desk(delays=delays)
    desk.add()
    assert [delivery.status for age in looks for delivery in desk.delivered(NOON + age)] == expected


def test_next_is_when_there_will_be_something_to_do(desk: Desk) -> None:
    assert (len(desk.outbox), desk.outbox.next) == (0, None)
    desk.add()
    seen = []
    while (moment := desk.outbox.next) is not None:
        seen.append(moment - NOON)
        desk.delivered(moment)
    assert seen == [0, 500, 2000]


def test_who_alters_a_callback_is_told_how_long_the_state_will_last(desk: Desk) -> None:
    desk.add()
    desk.delivered(NOON + 2000)
    assert desk.gaps == [500, 1500, 0]


def test_a_task_without_a_callback_url_is_not_on_it(desk: Desk) -> None:
    desk.add(hook=None)
    assert (len(desk.outbox), desk.outbox.next) == (0, None)


def test_a_transition_that_is_not_reported_leads_to_the_next_all_the_same() -> None:
    desk = Desk(silent=frozenset({"submitted", "processing"}))
    desk.add()
    assert desk.told(NOON + 5000) == [("1", "succeed", 2000)]


def test_a_forced_state_is_told_and_what_was_planned_is_not(desk: Desk) -> None:
    desk.add()
    desk.told(NOON + 600)
    desk.force("1", "failed", NOON + 700)
    assert desk.told(NOON + 700) == [("1", "failed", 700)]
    assert desk.told(NOON + 100_000) == []


def test_a_state_is_told_once_though_it_was_forced_before_the_earlier_were_told(desk: Desk) -> None:
    desk.add()
    desk.force("1", "failed", NOON + 700)
    assert desk.told(NOON + 100_000) == [("1", "submitted", 0), ("1", "processing", 500), ("1", "failed", 700)]


def test_a_state_forced_before_the_planned_one_takes_its_place(desk: Desk) -> None:
    desk.add()
    desk.told(NOON)
    desk.force("1", "processing", NOON + 100)
    assert desk.told(NOON + 100_000) == [("1", "processing", 100)]


def test_forced_into_the_state_it_is_in_a_task_tells_nothing_and_stays(desk: Desk) -> None:
    desk.add()
    desk.told(NOON + 600)
    desk.force("1", "processing", NOON + 700)
    assert desk.told(NOON + 100_000) == []


def test_a_moment_that_a_timeline_has_twice_is_told_once_and_leads_on(desk: Desk) -> None:
    desk.add(plan=((0, "submitted"), (0, "submitted"), (500, "succeed")))
    assert desk.told(NOON + 1000) == [("1", "submitted", 0), ("1", "succeed", 500)]


def test_a_state_forced_after_the_end_is_told_too(desk: Desk) -> None:
    desk.add()
    desk.told(NOON + 2000)
    desk.force("1", "failed", NOON + 3000)
    assert desk.told(NOON + 3000) == [("1", "failed", 3000)]


def test_a_deleted_task_is_told_of_no_more(desk: Desk) -> None:
    task = desk.add()
    desk.told(NOON)
    desk.store.tasks.remove(task)
    assert desk.told(NOON + 100_000) == []
    assert len(desk.outbox) == 0


@given(st.lists(st.tuples(st.just(0) | st.integers(0, 900), st.sampled_from(["wait", "look", *STATUSES]))))
@example([(0, "submitted")])
@example([(0, "look"), (0, "submitted")])
def test_whatever_is_forced_when_nothing_is_told_twice_and_the_last_word_is_the_tasks_state(
    steps: list[tuple[int, str]],
) -> None:
    desk, now = Desk(), NOON
    desk.add()
    told = []
    for span, step in steps:
        now += span
        if step == "look":
            told += desk.told(now)
        elif step != "wait":
            desk.force("1", step, now)  # type: ignore[arg-type] # one of STATUSES
    told += desk.told(now + 5000)
    task = desk.store.tasks.get("kling", "1")
    assert task is not None
    assert all(before != after for before, after in pairwise(told))
    assert [at for _, _, at in told] == sorted(at for _, _, at in told)
    assert told[-1][1:] == (task.timeline[-1][1], task.timeline[-1][0])
    assert len(desk.outbox) == 0


def failing(desk: Desk, status: int | None = 500, took: Millis = 30) -> Iterator[Millis]:
    """Fail every attempt of the one callback, and yield when each was made."""
    while (now := desk.outbox.next) is not None:
        for delivery in desk.due(now):
            yield now - NOON
            desk.outbox.attempted(delivery, Attempt(now, took, status, None if status else "refused"))


@pytest.mark.parametrize("status", [500, 404, 302, 199, 300, None])
def test_what_is_not_answered_with_2xx_is_tried_again_after_1_2_and_4_seconds(status: int | None) -> None:
    desk = Desk(silent=frozenset({"submitted", "processing"}))
    desk.add()
    pauses = list(failing(desk, status))
    assert pauses == [2000, 3030, 5060, 9090]
    (delivery,) = desk.outbox.deliveries
    assert [attempt.status for attempt in delivery.attempts] == [status] * 4
    assert not delivery.is_delivered


def test_without_retries_a_failure_is_the_end() -> None:
    desk = Desk(pauses=(), silent=frozenset({"submitted", "processing"}))
    desk.add()
    assert list(failing(desk)) == [2000]


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_what_is_answered_with_2xx_is_delivered_and_not_tried_again(desk: Desk, status: int) -> None:
    desk.add(plan=((0, "submitted"),))
    (delivery,) = desk.due(NOON)
    assert desk.outbox.attempted(delivery, Attempt(NOON, 5, 503)).is_delivered is False
    (again,) = desk.due(NOON + 1005)
    assert again.body == delivery.body
    assert again.id == delivery.id
    assert desk.outbox.attempted(again, Attempt(NOON + 1005, 5, status)).is_delivered is True
    assert desk.outbox.next is None
    assert [attempt.status for attempt in desk.outbox.deliveries[0].attempts] == [503, status]


@pytest.mark.parametrize("failures", range(6))
def test_what_comes_after_waits_until_the_one_before_was_delivered_or_given_up(desk: Desk, failures: int) -> None:
    desk.add()
    tried, now = [], NOON
    while desk.outbox.next is not None:
        now = max(now, desk.outbox.next)
        for delivery in desk.due(now):
            tried.append(delivery.status)
            is_refused = delivery.status == "submitted" and len(delivery.attempts) < failures
            desk.outbox.attempted(delivery, Attempt(now, 0, 500 if is_refused else 200))
    assert tried == ["submitted"] * min(failures + 1, 4) + ["processing", "succeed"]


@given(
    st.lists(st.integers(0, 3000), min_size=1, max_size=6),
    st.lists(st.booleans()),
    st.sampled_from([(), (1000,), (1000, 2000, 4000), (0, 0)]),
    st.integers(1, 2),
)
def test_whoever_fails_the_callbacks_of_each_task_come_in_order(
    starts: list[int], successes: list[bool], pauses: tuple[Millis, ...], copies: int
) -> None:
    desk, outcome = Desk(pauses=pauses, copies=copies), iter(successes)
    for number, start in enumerate(starts):
        desk.add(str(number), NOON + start)
    first: dict[str, list[str]] = {}
    now = NOON
    while desk.outbox.next is not None:
        now = max(now, desk.outbox.next)
        due = desk.due(now)
        assert len({delivery.task_id for delivery in due}) == len(due)
        for delivery in reversed(due):
            if not delivery.attempts:
                first.setdefault(delivery.task_id, []).append(delivery.status)
            desk.outbox.attempted(delivery, Attempt(now, 7, 200 if next(outcome, True) else None))
    expected = [status for _, status in PLAN for _ in range(copies)]
    assert first == {str(number): expected for number in range(len(starts))}


def test_a_callback_that_is_sent_again_waits_for_nobody_and_nobody_waits_for_it(desk: Desk) -> None:
    desk.add()
    (first,) = desk.due(NOON)
    desk.outbox.attempted(first, Attempt(NOON, 0, 500))
    desk.outbox.again(first.id, NOON + 1)
    (again,) = desk.due(NOON + 1)
    assert (again.id, again.is_again) == (first.id, True)
    assert desk.outbox.attempted(again, Attempt(NOON + 1, 0, 500)).attempts[-1].status == 500
    (retry,) = desk.due(NOON + 1000)
    assert (retry.id, retry.is_again) == (first.id, False)


def test_a_retry_of_what_was_delivered_when_it_was_sent_again_is_dropped_and_the_next_goes(desk: Desk) -> None:
    desk.add()
    (first,) = desk.due(NOON)
    desk.outbox.attempted(first, Attempt(NOON, 0, 500))
    desk.outbox.again(first.id, NOON + 1)
    (again,) = desk.due(NOON + 1)
    desk.outbox.attempted(again, Attempt(NOON + 1, 0, 200))
    assert [status for _, status, _ in desk.told(NOON + 5000)] == ["processing", "succeed"]


def test_a_callback_can_be_sent_again_as_long_as_its_task_lives(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "DELIVERIES", replace(log.DELIVERIES, most=2))
    task = desk.add()
    sent = desk.delivered(NOON + 5000)
    now = NOON + 6000
    listed = desk.outbox.of(task, now)
    assert [delivery.id for delivery in listed] == [delivery.id for delivery in sent]
    assert [desk.outbox.is_forgotten(delivery) for delivery in listed] == [True, False, False]
    for delivery in sent:
        assert desk.outbox.again(delivery.id, now) is not None
        (again,) = desk.due(now)
        assert (again.id, again.url, again.body, again.status) == (
            delivery.id,
            delivery.url,
            delivery.body,
            delivery.status,
        )
    desk.store.tasks.remove(task)
    assert [desk.outbox.again(delivery.id, now) for delivery in sent[:1]] == [None]


@pytest.mark.parametrize(
    "id", ["", "_", "kling_1_2000", "kling_1_1_succeed", "kling_2_0_submitted", "nobody_1_0_submitted"]
)
def test_an_id_that_no_callback_has_sends_nothing_again(desk: Desk, id: str) -> None:
    desk.add()
    desk.delivered(NOON + 5000)
    assert desk.outbox.again(id, NOON + 6000) is None


def test_a_callback_of_the_future_cannot_be_sent_again(desk: Desk) -> None:
    task = desk.add()
    desk.delivered(NOON)
    assert desk.outbox.again(id_of(task, (2000, "succeed")), NOON + 1999) is None


def test_there_is_one_heap_with_one_entry_for_each_task_however_many_wait(desk: Desk) -> None:
    for n in range(3000):
        desk.add(str(n), NOON + n)
    assert len(desk.outbox) == 3000
    assert desk.outbox.next == NOON
    assert len(desk.delivered(NOON + 100_000)) == 9000
    assert len(desk.outbox) == 0
    assert desk.store.documents.count(LINES) == 0


def test_the_log_of_callbacks_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "DELIVERIES", replace(log.DELIVERIES, most=10))
    for n in range(30):
        desk.add(str(n), plan=((0, "submitted"),))
    found = desk.due(NOON)
    for delivery in found:
        desk.outbox.attempted(delivery, Attempt(NOON, 1, 200))
    assert len(found) == 30
    assert [delivery.task_id for delivery in desk.outbox.deliveries] == [str(n) for n in range(20, 30)]


def test_a_callback_that_fell_out_of_the_log_is_tried_again_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "DELIVERIES", replace(log.DELIVERIES, most=1))
    desk.add("1", plan=((0, "submitted"),))
    desk.add("2", plan=((0, "submitted"),))
    for delivery in desk.due(NOON):
        desk.outbox.attempted(delivery, Attempt(NOON, 0, 500))
    assert [delivery.task_id for delivery in desk.due(NOON + 1000)] == ["1", "2"]


def test_clearing_one_account_calls_off_what_it_waits_for_and_leaves_the_others(desk: Desk) -> None:
    mine, yours = desk.add("1", account="me"), desk.add("2", account="you")
    first, second = desk.due(NOON)
    desk.outbox.attempted(first, Attempt(NOON, 0, 500))
    desk.outbox.attempted(second, Attempt(NOON, 0, 500))
    list(desk.store.tasks.forget("me"))
    desk.outbox.clear("me")
    told = [(delivery.task_id, delivery.status) for delivery in desk.delivered(NOON + 9000)]
    assert told == [("2", "submitted"), ("2", "processing"), ("2", "succeed")]
    assert {delivery.account for delivery in desk.outbox.deliveries} == {yours.account} != {mine.account}
    desk.outbox.attempted(first, Attempt(NOON, 0, 500))
    assert {delivery.account for delivery in desk.outbox.deliveries} == {"you"}


def test_who_watches_is_called_when_something_comes_earlier_than_all_else(desk: Desk) -> None:
    seen = []
    desk.outbox.watch(lambda: seen.append(desk.outbox.next))
    desk.add("1", NOON + 1000)
    desk.add("2", NOON + 2000)
    desk.add("3", NOON)
    assert seen == [NOON + 1000, NOON]


def test_nothing_is_kept_of_a_task_that_a_reset_forgot_while_its_callback_was_sent(desk: Desk) -> None:
    desk.add()
    (first,) = desk.due(NOON + 5000)
    list(desk.store.tasks.forget("me"))
    desk.outbox.clear("me")
    desk.outbox.attempted(first, Attempt(NOON + 5000, 0, 500))
    assert desk.due(NOON + 100_000) == []
    assert desk.store.documents.count(LINES) == len(desk.outbox) == 0


def test_a_cleared_queue_has_forgotten_everything_also_what_is_on_its_way(desk: Desk) -> None:
    desk.add()
    (delivery,) = desk.due(NOON)
    desk.outbox.clear()
    assert (len(desk.outbox), desk.outbox.next, desk.outbox.deliveries) == (0, None, ())
    desk.outbox.attempted(delivery, Attempt(NOON, 0, 500))
    assert (desk.outbox.next, desk.outbox.deliveries) == (None, ())


TEXTS = st.text(max_size=8) | st.just("http://\ud83d/")
MILLIS = st.integers(0, 1 << 43)
ATTEMPTS = st.builds(Attempt, MILLIS, MILLIS, st.none() | st.integers(100, 599), st.none() | TEXTS, st.booleans())
DELIVERIES = st.builds(
    Delivery,
    id=TEXTS,
    service=TEXTS,
    task_id=TEXTS,
    account=TEXTS,
    status=st.sampled_from(STATUSES),
    url=TEXTS,
    body=st.binary(max_size=8) | st.just("猫".encode()),
    due=MILLIS,
    pauses=st.lists(MILLIS, max_size=3).map(tuple),
    is_forged=st.booleans(),
    is_again=st.booleans(),
    attempts=st.lists(ATTEMPTS, max_size=3).map(tuple),
    claim=MILLIS,
)
LINE = st.builds(
    Line,
    receiver=st.tuples(TEXTS, TEXTS),
    since=MILLIS,
    step=st.none() | st.tuples(MILLIS, st.sampled_from(STATUSES)),
    current=st.none() | DELIVERIES,
    retry=st.none() | MILLIS,
    waiting=st.lists(DELIVERIES, max_size=3).map(tuple),
)


@given(LINE, DELIVERIES)
def test_what_is_written_as_json_is_read_again_as_it_was(line: Line, delivery: Delivery) -> None:
    assert LINES.read(json.loads(json.dumps(LINES.write(line)))) == line
    read = log.DELIVERIES.read(json.loads(json.dumps(log.DELIVERIES.write(delivery))))
    assert (read, read.claim) == (delivery, delivery.claim)


class Worker:
    """One of several that share a store, with what it has in its hands, and where that arrives."""

    def __init__(self, desk: Desk, arrived: list[tuple[str, tuple[Millis, str]]] | None = None) -> None:
        self.outbox = Outbox(desk.store, desk.store.tasks.get, desk._write, desk._alter)
        self._schedule = desk.store.schedule
        self._arrived = [] if arrived is None else arrived
        self.hands: list[Delivery] = []

    def take(self, now: Millis, most: int) -> list[Delivery]:
        found = self.outbox.claimed(self.outbox.take(now, most), now).deliveries
        self.hands += found
        self._arrived += [(delivery.task_id, (delivery.due, delivery.status)) for delivery in found]
        return found

    def report(self, now: Millis, most: int, status: int) -> None:
        made, self.hands = self.hands[:most], self.hands[most:]
        self.outbox.attempts([(delivery, Attempt(now, 5, status)) for delivery in made])

    def die(self) -> None:
        """Let the store give free what is in its hands."""
        for delivery in self.hands:
            self._schedule.plan(f"{delivery.service}/{delivery.task_id}", delivery.due)


class Race:
    """Two workers and three tasks; whatever happens, each callback arrives, and those of a task in order."""

    def __init__(self, pauses: tuple[Millis, ...], copies: int) -> None:
        self.desk, self.now = Desk(pauses=pauses, copies=copies), NOON
        self.tasks = [self.desk.add(str(number), NOON + number).id for number in range(3)]
        self.arrived: list[tuple[str, tuple[Millis, str]]] = []
        self.workers = [Worker(self.desk, self.arrived) for _ in range(2)]
        self.ghosts: list[Worker] = []
        self.is_harmed = False

    def happen(self, who: int, doing: str, number: int) -> None:
        worker = self.workers[who]
        self.is_harmed |= doing in ("fails", "dies", "seems dead")
        if doing == "take":
            worker.take(self.now, number + 1)
        elif doing in ("reports", "fails"):
            worker.report(self.now, number, 200 if doing == "reports" else 500)
        elif doing in ("dies", "seems dead"):
            worker.die()
            self.ghosts += [worker] if doing == "seems dead" else []
            self.workers[who] = Worker(self.desk, self.arrived)
        elif doing == "ghosts report":
            for ghost in self.ghosts:
                ghost.report(self.now, number, 200)
        elif doing == "waits":
            self.now += 400 * (number + 1)
        else:
            self.desk.force(str(number), "failed", self.now)

    def end(self) -> None:
        """Let all die, unless nothing has happened to anybody, and one more do the rest."""
        for worker in self.workers:
            if self.is_harmed:
                worker.die()
            else:
                worker.report(self.now, 10, 200)
        last = Worker(self.desk, self.arrived)
        while (due := last.outbox.next) is not None:
            self.now = max(self.now, due)
            last.take(self.now, 10)
            last.report(self.now, 10, 200)


DOINGS = ("take", "reports", "fails", "dies", "seems dead", "ghosts report", "waits", "forced")


@given(
    st.lists(st.tuples(st.integers(0, 1), st.sampled_from(DOINGS), st.integers(0, 2)), max_size=40),
    st.sampled_from([(), (1000,), (500, 0)]),
    st.integers(1, 2),
)
def test_whoever_dies_each_callback_is_sent_at_least_once_and_those_of_a_task_in_order(
    doings: list[tuple[int, str, int]], pauses: tuple[Millis, ...], copies: int
) -> None:
    race = Race(pauses, copies)
    for doing in doings:
        race.happen(*doing)
    race.end()
    for id in race.tasks:
        task = race.desk.store.tasks.get("kling", id)
        assert task is not None
        told = [(task.created_at + age, str(status)) for age, status in task.timeline]
        sent = [each for whose, each in race.arrived if whose == id]
        assert list(dict.fromkeys(sent)) == told
        places = [told.index(each) for each in sent]
        assert places == sorted(places)
        assert all(sent.count(each) >= copies for each in told)
        assert race.is_harmed or len(sent) == copies * len(told)
    assert (len(race.desk.outbox), race.desk.store.documents.count(LINES)) == (0, 0)


def test_of_a_callback_that_is_out_twice_only_the_later_one_lets_the_next_go(desk: Desk) -> None:
    desk.add()
    slow, quick = Worker(desk), Worker(desk)
    (first,) = slow.take(NOON, 9)
    slow.die()
    (second,) = quick.take(NOON + 600, 9)
    assert (first.id, first.body, first.status) == (second.id, second.body, "submitted")
    slow.outbox.attempted(first, Attempt(NOON, 0, 200))
    assert quick.take(NOON + 600, 9) == []
    quick.outbox.attempted(second, Attempt(NOON + 600, 0, 200))
    assert [delivery.status for delivery in quick.take(NOON + 600, 9)] == ["processing"]
    assert [len(delivery.attempts) for delivery in desk.outbox.deliveries] == [2, 0]


def test_a_state_forced_while_the_last_callback_is_out_waits_for_it(desk: Desk) -> None:
    desk.add(plan=((0, "submitted"),))
    (first,) = desk.due(NOON)
    desk.force("1", "failed", NOON + 100)
    assert desk.due(NOON + 100) == []
    desk.outbox.attempted(first, Attempt(NOON + 100, 0, 200))
    assert desk.told(NOON + 100) == [("1", "failed", 100)]


def test_what_goes_to_a_full_receiver_stays_taken_and_unwritten(desk: Desk) -> None:
    desk.add("1")
    desk.add("2", account="you")
    keys = desk.outbox.take(NOON, 9)
    mine = "me", "http://127.0.0.1:9"
    claim = desk.outbox.claimed(keys, NOON, {mine})
    assert [delivery.task_id for delivery in claim.deliveries] == ["2"]
    assert claim.held == [("kling/1", mine)]
    assert [delivery.task_id for delivery in desk.outbox.deliveries] == ["2"]
    assert (desk.due(NOON), desk.outbox.unfinished(NOON)) == ([], 2)
    assert [delivery.task_id for delivery in desk.outbox.claimed(["kling/1"], NOON).deliveries] == ["1"]


def test_what_is_taken_stays_so_when_its_task_is_forced(desk: Desk) -> None:
    desk.add(plan=((0, "submitted"),))
    (first,) = desk.due(NOON)
    desk.outbox.attempted(first, Attempt(NOON, 0, 500))
    (key,) = desk.outbox.take(NOON + 1000, 9)
    desk.force("1", "failed", NOON + 1000)
    assert desk.outbox.take(NOON + 1000, 9) == []
    assert [delivery.status for delivery in desk.outbox.claimed([key], NOON + 1000).deliveries] == ["submitted"]


def test_each_outbox_sees_the_versions_of_all(desk: Desk) -> None:
    desk.add()
    one, other = Worker(desk).outbox, Worker(desk).outbox
    seen = [other.version]
    claim = one.claimed(one.take(NOON, 9), NOON)
    seen.append(other.version)
    one.attempts([(delivery, Attempt(NOON, 0, 200)) for delivery in claim.deliveries])
    seen.append(other.version)
    other.clear()
    seen.append(one.version)
    assert len(set(seen)) == 4


@pytest.mark.parametrize("url", [HOOK, "HTTP://A.example/x", "http://a.example", "x", ""])
def test_a_line_waits_for_the_receiver_that_its_callbacks_name(url: str) -> None:
    sent = Delivery("1", "kling", "1", "me", "succeed", url, b"", NOON)
    assert sent.receiver == ("me", origin(url))


def test_tasks_that_had_to_go_leave_nothing_behind_though_time_stands_still(desk: Desk) -> None:
    task = desk.add("0")
    for number in range(1, 2000):
        desk.store.tasks.remove(task)
        task = desk.add(str(number), NOON + 10_000)
    assert desk.store.documents.count(LINES) == len(desk.outbox) < 200
    assert len(desk.store.schedule._heap) < 1500


def hooked(fake: CheckedFake, path: str) -> list[tuple[str, str]]:
    """Create a task with a callback, and return the states that it reports, as the fake and as its body says."""
    fake.made(path, callback_url=HOOK)
    found = []
    for _ in range(9):
        fake.clock.advance(1000)
        found += fake.delivered()
    return [(delivery.status, json.loads(delivery.body)["task_status"]) for delivery in found]


@pytest.mark.parametrize("path", [IMAGE, VIDEO])
@pytest.mark.parametrize("pace", ["fast", "instant"])
@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        ("every-change", ["submitted", "processing", "succeed"]),
        ("after-created", ["processing", "succeed"]),
        ("end-only", ["succeed"]),
    ],
)
def test_which_changes_are_reported_is_a_reading(path: str, pace: str, reading: str, expected: list[str]) -> None:
    fake = CheckedFake(pace=pace, readings={"callback-on": reading})
    assert hooked(fake, path) == [(status, status) for status in expected]


@pytest.mark.parametrize(("reading", "attempts"), [("3", 4), ("0", 1)])
def test_how_often_a_callback_is_tried_again_is_a_reading(reading: str, attempts: int) -> None:
    fake = CheckedFake(readings={"callback-retries": reading, "callback-on": "end-only"}, pace="instant")
    fake.made(callback_url=HOOK)
    made = 0
    while fake.next_delivery is not None:
        fake.clock.set(fake.next_delivery)
        for delivery in fake.due():
            made += 1
            fake.attempted(delivery, Attempt(fake.clock.now(), 0, None, "refused"))
    assert made == attempts


@pytest.mark.parametrize("url", ["", None])
def test_without_a_callback_url_nothing_is_reported(fake: CheckedFake, url: str | None) -> None:
    fake.made(**({} if url is None else {"callback_url": url}))
    assert fake.next_delivery is None


def test_a_callback_is_the_bare_record_that_a_query_shows(fake: CheckedFake) -> None:
    id = fake.made(callback_url=HOOK, external_task_id="order-17", watermark_info={"enabled": True})
    for span in (0, 500, 1500):
        fake.clock.advance(span)
        (delivery,) = fake.delivered()
        assert json.loads(delivery.body) == fake.get(IMAGE, id).data
        assert (delivery.url, delivery.task_id, delivery.service) == (HOOK, id, "kling")


def test_a_callback_of_a_task_that_counts_looks_follows_the_look() -> None:
    fake = CheckedFake(pace="polls:1")
    id = fake.made(callback_url=HOOK)
    told = [[delivery.status for delivery in fake.delivered()]]
    for _ in range(3):
        fake.get(IMAGE, id)
        told.append([delivery.status for delivery in fake.delivered()])
    assert told == [["submitted"], ["processing"], ["succeed"], []]


def test_each_callback_has_an_id_of_its_own(fake: CheckedFake) -> None:
    for _ in range(10):
        fake.made(callback_url=HOOK)
    fake.clock.advance(5000)
    assert len({delivery.id for delivery in fake.delivered()}) == 30


def test_the_callbacks_of_a_fake_are_listed_from_both_ends(fake: CheckedFake) -> None:
    for _ in range(3):
        fake.made(callback_url=HOOK)
        fake.clock.advance(5000)
        fake.delivered()
    assert len(fake.callbacks) == 9
    assert list(reversed(fake.callbacks)) == list(fake.callbacks)[::-1]


def test_a_reset_fake_calls_nobody_back(fake: CheckedFake) -> None:
    fake.made(callback_url=HOOK)
    (first,) = fake.due()
    fake.reset()
    fake.attempted(replace(first), Attempt(NOON, 0, 500))
    fake.clock.advance(100_000)
    assert fake.delivered() == []
