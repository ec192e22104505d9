"""The store in Redis: round trips, races, lost connections, and servers that cannot be used."""

from __future__ import annotations

import itertools
import re
import select
import socket
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis as client_library

from mockserver.errors import BadSetting, MissingPackage, StoreUnavailable
from mockserver.fake.callbacks.delivery import Delivery
from mockserver.fake.callbacks.log import CallbackLog
from mockserver.fake.lifecycle import Task
from mockserver.fake.stores import opening
from mockserver.fake.stores.redis.server import PREFIX
from mockserver.fake.stores.redis.store import Redis
from mockserver.fake.stores.store import SHARED, Bounds, Flight, Kind
from mockserver.types import Millis, Request, Response
from tests.conftest import NOON, PATIENCE
from tests.support.process import PIP
from tests.support.redis_server import RedisServer

ME = ("kling", "me")
IMAGE = "kling/omni-image.create"
NOTES: Kind[Any] = Kind("notes", lambda value: value, lambda value: value)
COUNTER = "counter"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def server(running: RedisServer) -> RedisServer:
    with running.client() as client:
        client.flushall()
    return running


@pytest.fixture
def own(tmp_path: Path) -> Iterator[RedisServer]:
    """A server that a test may end."""
    server = RedisServer(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def store(server: RedisServer) -> Iterator[Redis]:
    with closing(Redis(server.url)) as opened:
        yield opened


@pytest.fixture
def other(server: RedisServer) -> Iterator[Redis]:
    with closing(Redis(server.url)) as opened:
        yield opened


def task(id: str, *, external_id: str | None = None, at: Millis = NOON, slots: int = 1, account: str = "me") -> Task:
    return Task(
        id=id,
        operation=IMAGE,
        account=account,
        base_url="http://127.0.0.1",
        created_at=at,
        timeline=((0, "submitted"), (500, "processing"), (2000, "succeed")),
        document=b'{"prompt":"A red bicycle"}',
        slots=slots,
        model="o1",
        external_id=external_id,
    )


def note(store: Redis, account: str | None = "me", body: bytes = b"{}") -> None:
    request = Request("POST", "/v1/images/omni-image", headers={"authorization": "Bearer key-of-mine"}, body=body)
    store.journal.write(NOON, "kling", IMAGE, account, request, Response(200, b"{}"), ())


def creates(store: Redis, id: str) -> Callable[[], bool]:
    """Return what a create does: it is refused when its external id is taken, or no slot is left."""

    def job() -> bool:
        assert isinstance(store.version, int)
        is_free = store.tasks.get_external(ME, id) is None and store.tasks.in_flight(ME, "o1", NOON).slots < 1000
        if is_free:
            store.tasks.add(task(id, external_id=id), NOON)
            store.documents.put(NOTES, id, {"task": id}, "me")
            store.schedule.plan(id, NOON + 500)
        note(store)
        return is_free

    return job


def round_trips(store: Redis, work: Callable[[], object]) -> int:
    before = store.server.round_trips
    work()
    return store.server.round_trips - before


# Round trips


def test_a_create_takes_two_round_trips(store: Redis) -> None:
    assert round_trips(store, lambda: store.run([creates(store, "1")])) == 2
    assert store.tasks.get("kling", "1") == task("1", external_id="1")


def test_sixteen_creates_in_a_turn_take_two_round_trips(store: Redis) -> None:
    assert round_trips(store, lambda: store.run([creates(store, str(number)) for number in range(16)])) == 2
    assert (len(store.tasks), len(store.journal), len(store.schedule)) == (16, 16, 16)


def test_without_a_limit_creates_take_one_round_trip(store: Redis) -> None:
    assert round_trips(store, lambda: store.run([adds(store, "1")])) == 1
    assert round_trips(store, lambda: store.run([adds(store, str(number)) for number in range(2, 18)])) == 1
    assert (len(store.tasks), len(store.journal)) == (17, 17)


def adds(store: Redis, id: str) -> Callable[[], bool]:
    """Return what a create does for whom there is no limit."""

    def job() -> bool:
        assert isinstance(store.version, int)
        is_free = store.tasks.get_external(ME, id) is None
        if is_free:
            store.tasks.add(task(id, external_id=id), NOON)
        note(store)
        return is_free

    return job


def test_a_create_whose_external_id_is_taken_takes_two_round_trips(store: Redis) -> None:
    for create in (creates, adds):
        store.run([create(store, "1")])
        assert round_trips(store, lambda create=create: store.run([create(store, "1")])) == 2  # type: ignore[misc]
    assert store.run([adds(store, "1"), adds(store, "2"), adds(store, "2")]) == [False, True, False]
    assert (len(store.tasks), len(store.journal)) == (2, 7)


def test_a_job_that_raises_because_of_a_wrong_guess_is_called_again(store: Redis) -> None:
    store.run([adds(store, "1")])

    def job() -> str:
        found = store.tasks.get_external(ME, "1")
        if found is None:
            raise LookupError
        return found.id

    assert store.run([job]) == ["1"]


def test_a_refusal_that_reads_nothing_takes_one(store: Redis) -> None:
    def job() -> None:
        assert isinstance(store.version, int)
        note(store)

    assert round_trips(store, lambda: store.run([job])) == 1


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(lambda store: store.tasks.get("kling", "3", "me"), id="id"),
        pytest.param(lambda store: store.tasks.get_external(ME, "3"), id="external id"),
        pytest.param(lambda store: store.tasks.page(ME, IMAGE, 0, 30, newest_first=True), id="list"),
        pytest.param(lambda store: store.tasks.page(ME, IMAGE, 0, 30, newest_first=False), id="list, oldest first"),
        pytest.param(lambda store: store.tasks.count(ME, IMAGE), id="count"),
    ],
)
def test_a_query_takes_two_round_trips_even_without_a_hint(store: Redis, read: Callable[[Redis], object]) -> None:
    store.run([creates(store, str(number)) for number in range(5)])

    def job() -> object:
        found = read(store)
        note(store)
        return found

    assert round_trips(store, lambda: store.run([job])) == 2
    assert round_trips(store, lambda: store.run([job] * 16)) == 2
    assert len(store.journal) == 5 + 17


def test_under_a_pace_that_counts_queries_a_query_takes_two_round_trips(store: Redis) -> None:
    store.tasks.add(task("1"), NOON)

    def job() -> int:
        found = store.tasks.get("kling", "1")
        assert found is not None
        note(store)
        return store.tasks.look(found)

    assert round_trips(store, lambda: store.run([job])) == 2
    assert store.run([job] * 3) == [2, 3, 4]


def test_page_1000_takes_as_many_round_trips_as_page_1(store: Redis) -> None:
    store.run([lambda: [store.tasks.add(task(str(number)), NOON) for number in range(3000)]])
    for newest_first in (True, False):
        for start in (0, 2997):
            page = store.tasks.page(ME, IMAGE, start, 3, newest_first=newest_first)
            numbers = range(2999, -1, -1) if newest_first else range(3000)
            assert [each.id for each in page] == [str(number) for number in numbers[start : start + 3]]
            assert round_trips(store, lambda: store.tasks.page(ME, IMAGE, 2997, 3, newest_first=True)) == 1


def test_what_is_shared_costs_no_round_trip_of_its_own(store: Redis, other: Redis) -> None:
    version = store.version
    other.documents.put(SHARED, "clock", [1, 2])
    seen: list[object] = []

    def job() -> None:
        seen.append((store.version != version, store.documents.get(SHARED, "clock")))
        note(store)

    # It went by what it knew, was refused, and was told what has changed.
    assert round_trips(store, lambda: store.run([job])) == 2
    assert seen[-1] == (True, [1, 2])
    assert round_trips(store, lambda: store.run([job])) == 1


# Races


def test_of_two_that_take_one_external_id_at_once_one_wins(store: Redis, other: Redis) -> None:
    race(store, other, 25)


@pytest.mark.torture
def test_of_a_thousand_creates_with_one_external_id_one_wins_200_times(server: RedisServer) -> None:
    for _ in range(200):
        with server.client() as client:
            client.flushall()
        with closing(Redis(server.url)) as one, closing(Redis(server.url)) as two:
            race(one, two, 500)


def race(one: Redis, two: Redis, each: int) -> None:
    """Let two stores create with one external id; of all one wins, and all are in the journal."""
    won: list[str] = []

    def job(store: Redis, id: str) -> None:
        if store.tasks.get_external(ME, "order") is None:
            store.tasks.add(task(id, external_id="order"), NOON)
        note(store)

    def creates(store: Redis, name: str) -> None:
        for first in range(0, each, 5):
            store.run([lambda number=number: job(store, f"{name}{number}") for number in range(first, first + 5)])  # type: ignore[misc]
        won.append(name)

    together(lambda: creates(one, "a"), lambda: creates(two, "b"))
    assert len(won) == 2
    assert len(one.tasks) == len(two.tasks) == 1
    found = one.tasks.get_external(ME, "order")
    assert found is not None
    assert found == two.tasks.get_external(ME, "order")
    assert [each.id for each in one.tasks.page(ME, IMAGE, 0, 9, newest_first=True)] == [found.id]
    assert len(one.journal) == 2 * each
    assert [entry.number for entry in one.journal] == list(range(2 * each, 0, -1))


def together(*works: Callable[[], object]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_two_who_create_at_once_never_take_more_slots_than_there_are(store: Redis, other: Redis) -> None:
    def job(store: Redis, id: str) -> None:
        if store.tasks.in_flight(ME, "o1", NOON).slots < 10:
            store.tasks.add(task(id), NOON)

    together(
        lambda: [store.run([lambda n=n: job(store, f"a{n}")]) for n in range(30)],  # type: ignore[misc]
        lambda: [other.run([lambda n=n: job(other, f"b{n}")]) for n in range(30)],  # type: ignore[misc]
    )
    assert store.tasks.in_flight(ME, "o1", NOON) == Flight(10, 10)


@pytest.mark.parametrize("kind", [NOTES, SHARED], ids=lambda kind: kind.name)
def test_no_change_of_a_document_is_lost(store: Redis, other: Redis, kind: Kind[Any]) -> None:
    def count(store: Redis) -> None:
        store.documents.put(kind, COUNTER, (store.documents.get(kind, COUNTER) or 0) + 1)

    def counts(store: Redis) -> None:
        for _ in range(20):
            store.run([lambda: count(store)] * 4)

    together(lambda: counts(store), lambda: counts(other), lambda: counts(other))
    assert store.documents.get(kind, COUNTER) == 240


def test_a_slow_turn_is_not_kept_from_its_end_by_many_quick_ones(store: Redis, other: Redis) -> None:
    tries: list[int] = []

    def slow() -> None:
        count = store.documents.get(NOTES, COUNTER) or 0
        tries.append(count)
        if len(tries) < 50:  # whenever it has read, somebody else was faster, unless that one has to wait
            quick = threading.Thread(target=other.run, args=([lambda: count_on(other)],))
            quick.start()
            quick.join(0.1)
            quicks.append(quick)
        store.documents.put(NOTES, COUNTER, count + 100)

    def count_on(store: Redis) -> None:
        store.documents.put(NOTES, COUNTER, (store.documents.get(NOTES, COUNTER) or 0) + 1)

    quicks: list[threading.Thread] = []
    store.run([slow])
    for quick in quicks:
        quick.join(PATIENCE)
    assert 4 <= len(tries) < 50
    assert store.documents.get(NOTES, COUNTER) == 100 + len(quicks)


def test_the_first_document_is_found_without_the_others_whatever_a_turn_has_written(store: Redis) -> None:
    def changed(keys: str) -> list[tuple[str, Any]]:
        for number, key in enumerate(keys):
            store.documents.put(NOTES, key, [number])
        found = [store.documents.first(NOTES), next(store.documents.oldest(NOTES), None)]
        return [each for each in found if each is not None]

    for keys in ("", "ab", "ba", "c"):
        (found,) = store.run([partial(changed, keys)])
        assert found == found[:1] * len(found)
    documents = store.documents
    assert round_trips(store, lambda: documents.first(NOTES)) == 1
    store.run([partial(documents.put, NOTES, str(number), number) for number in range(2000)])
    jobs: list[Callable[[], object]] = [partial(documents.put, NOTES, "x", 1), partial(documents.first, NOTES)]
    assert round_trips(store, lambda: store.run(jobs)) == 2


def test_a_long_log_of_callbacks_is_as_quickly_written_as_a_short_one(store: Redis) -> None:
    log = CallbackLog(store.documents)
    sent = Delivery("kling_1_0_submitted", "kling", "1", "me", "submitted", "http://127.0.0.1/", b"{}", NOON)

    def note(id: str) -> None:
        log.keep(replace(sent, id=id))
        log.note_what_went()

    store.run([lambda: note("first")])
    trips = round_trips(store, lambda: store.run([lambda: note("second")]))
    store.run([partial(log.keep, replace(sent, id=str(number))) for number in range(2000)])
    assert round_trips(store, lambda: store.run([lambda: note("last")])) == trips


def test_who_goes_first_and_does_not_come_back_is_waited_for_no_longer(store: Redis, server: RedisServer) -> None:
    with server.client() as client:
        client.set(f"{PREFIX}first", "somebody", px=50)
    store.run([creates(store, "1")])
    assert len(store.tasks) == 1


def test_a_list_that_has_changed_is_read_again_before_anything_is_decided_by_it(store: Redis, other: Redis) -> None:
    counted: list[int] = []

    def job() -> None:
        counted.append(store.tasks.count(ME, IMAGE))
        if len(counted) == 1:
            other.tasks.add(task("1"), NOON)
        store.documents.put(NOTES, "count", counted[-1])

    store.run([job])
    assert counted == [0, 1]
    assert store.documents.get(NOTES, "count") == 1


def test_a_list_that_nothing_is_decided_by_is_read_once(store: Redis, other: Redis) -> None:
    counted: list[int] = []

    def job() -> None:
        counted.append(store.tasks.count(ME, IMAGE))
        other.tasks.add(task(str(len(counted))), NOON)
        note(store)

    store.run([job])
    assert counted == [0]


@pytest.mark.parametrize(
    ("read", "change"),
    [
        pytest.param(
            lambda store: store.tasks.get("kling", "1"), lambda store: store.tasks.add(task("1"), NOON), id="no task"
        ),
        pytest.param(
            lambda store: store.tasks.get("kling", "0"),
            lambda store: store.tasks.replace(task("0").forced("failed", NOON)),
            id="task",
        ),
        pytest.param(lambda store: store.tasks.looks(task("0")), lambda store: store.tasks.look(task("0")), id="looks"),
        pytest.param(
            lambda store: store.tasks.get_external(ME, "x"),
            lambda store: store.tasks.add(task("1", external_id="x"), NOON),
            id="external id",
        ),
        pytest.param(
            lambda store: store.documents.get(NOTES, "x"),
            lambda store: store.documents.put(NOTES, "x", 1),
            id="no document",
        ),
        pytest.param(
            lambda store: store.documents.get(NOTES, "0"), lambda store: store.documents.drop(NOTES, "0"), id="document"
        ),
        pytest.param(
            lambda store: store.documents.count(NOTES), lambda store: store.documents.drop(NOTES, "0"), id="number"
        ),
        pytest.param(
            lambda store: list(store.documents.newest(NOTES)),
            lambda store: store.documents.forget(NOTES, "me"),
            id="documents",
        ),
        pytest.param(lambda store: store.version, lambda store: store.documents.put(SHARED, "x", 1), id="shared"),
        pytest.param(
            lambda store: store.tasks.page(ME, IMAGE, 0, 5, newest_first=True),
            lambda store: list(store.tasks.forget("me")),
            id="page",
        ),
    ],
)
def test_what_was_decided_by_what_has_changed_is_decided_again(
    store: Redis,
    other: Redis,
    read: Callable[[Redis], object],
    change: Callable[[Redis], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store.tasks.add(task("0"), NOON)
    store.documents.put(NOTES, "0", 0, "me")
    found: list[object] = []
    commits: list[int] = []
    run = store.server.run

    def raced(script: str, *args: object) -> object:
        if script == "commit":
            commits.append(len(found))
            if len(commits) == 1:
                change(other)
        return run(script, *args)

    def job() -> None:
        found.append(read(store))
        store.documents.put(NOTES, "decided", len(found))

    monkeypatch.setattr(store.server, "run", raced)
    store.run([job])
    assert len(commits) == 2
    assert found[commits[0] - 1] != found[-1]
    assert store.documents.get(NOTES, "decided") == len(found)


# Turns


def test_of_a_turn_in_which_a_job_raises_nothing_is_kept(store: Redis) -> None:
    def broken() -> bool:
        raise LookupError

    with pytest.raises(LookupError):
        store.run([creates(store, "1"), broken])
    assert (len(store.tasks), len(store.journal), len(store.schedule), store.documents.count(NOTES)) == (0, 0, 0, 0)


def test_a_job_that_catches_every_exception_is_stopped_all_the_same(store: Redis) -> None:
    store.documents.put(NOTES, "x", 1)

    def job() -> object:
        try:
            return store.documents.get(NOTES, "x")
        except Exception as error:  # noqa: BLE001 - as the fake does
            return error

    assert store.run([job]) == [1]


def test_jobs_see_what_those_before_them_have_written(store: Redis) -> None:
    store.run(
        [
            lambda: store.documents.put(NOTES, "x", (store.documents.get(NOTES, "x") or 0) + 1),
            lambda: store.documents.put(NOTES, "x", (store.documents.get(NOTES, "x") or 0) * 10),
        ]
    )
    assert store.documents.get(NOTES, "x") == 10


def test_the_clock_stands_still_within_a_turn_and_never_goes_back(store: Redis) -> None:
    (moments,) = store.run([lambda: [store.now() for _ in range(1000)]])
    assert len(set(moments)) == 1
    before = store.now()
    store.beat()
    assert moments[0] <= before <= store.now()


def test_the_time_is_that_of_the_server(store: Redis, server: RedisServer) -> None:
    with server.client() as client:
        seconds, micros = client.time()
    assert abs(store.now() - (seconds * 1000 + micros // 1000)) < PATIENCE * 1000


def test_when_the_clock_of_the_server_is_set_back_time_goes_on(store: Redis, other: Redis, server: RedisServer) -> None:
    store.beat()
    with server.client() as client:
        client.hincrby(f"{PREFIX}meta", "time", 3_600_000)  # it was an hour later before
    store.beat()
    before = store.now()
    other.beat()
    # Two workers know the time of the server to half a round trip; what must not show is the hour.
    assert before - 1000 < other.now() < before + PATIENCE * 1000
    with server.client() as client:
        assert 3_590_000 < int(client.hget(f"{PREFIX}meta", "time-ahead") or 0) <= 3_600_000


def test_a_block_of_numbers_larger_than_lua_can_count_is_exact(store: Redis, other: Redis) -> None:
    start, size = 8 * 10**17 + 1, 10**9 + 1
    assert store.reserve("ids", size, start) == start
    assert other.reserve("ids", size, start) == start + size
    other.reserve_up_to("ids", 4 * 10**18 + 3)
    store.reserve_up_to("ids", 9)
    assert store.reserve("ids", 1, start) == 4 * 10**18 + 4


# What is lost on the way


class Wire:
    """A proxy before a server, which can swallow the next answers: it ends the connection instead.

    What comes while it is ``slow`` is held, also when its client has given up, until it is ``let_through``.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._serve)]
        self.port = self._listener.getsockname()[1]
        self.swallows = 0
        self.slow = False
        self._held: list[tuple[socket.socket, bytes]] = []
        self._threads[0].start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                thread = threading.Thread(target=self._pass, args=(near,))
                self._threads.append(thread)
                thread.start()

    def _pass(self, near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", self._target)) as far, suppress(OSError):
            while True:
                for source in select.select([near, far], [], [])[0]:
                    data = source.recv(1 << 16)
                    if source is near and data and self.slow:
                        self._held.append((far.dup(), data))
                        continue
                    if source is far and self.swallows:
                        self.swallows -= 1
                        return
                    if not data:
                        return
                    (far if source is near else near).sendall(data)

    def let_through(self) -> None:
        """Let all arrive that was held, one after the other, and wait until it has had its effect."""
        for far, data in self._held:
            with far:
                far.sendall(data)
                assert far.recv(1 << 16)
        self._held = []

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE)


@pytest.fixture
def wire(server: RedisServer) -> Iterator[Wire]:
    with closing(Wire(server.port)) as opened:
        yield opened


def test_a_commit_whose_answer_was_lost_is_done_once(server: RedisServer, wire: Wire) -> None:
    with closing(Redis(f"redis://127.0.0.1:{wire.port}/0")) as store:

        def job() -> None:
            store.tasks.look(task("1"))
            note(store)
            wire.swallows = 1  # the reads have been answered; the next answer is that of the commit

        store.tasks.add(task("1"), NOON)
        store.run([job])
        assert wire.swallows == 0
        assert (store.tasks.looks(task("1")), len(store.journal)) == (1, 1)


def test_what_was_taken_by_a_call_whose_answer_was_lost_is_had_with_the_next(server: RedisServer, wire: Wire) -> None:
    with closing(Redis(f"redis://127.0.0.1:{wire.port}/0")) as store:
        store.schedule.plan("a", 1)
        wire.swallows = 1
        assert store.schedule.take(5, 9) == ["a"]
        store.schedule.plan("b", 2)
        wire.swallows = 9  # at every attempt
        with pytest.raises(StoreUnavailable):
            store.schedule.take(5, 9)
        wire.swallows = 0
        store.server._down_until = 0.0
        assert store.schedule.take(5, 9) == ["b"]
        assert (len(store.schedule), store.schedule.next()) == (2, None)


@pytest.mark.parametrize("taken", [[], ["b"]], ids=["nothing", "something"])
def test_what_is_taken_by_a_call_that_comes_late_waits_for_nobody(
    wire: Wire, taken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that stalls reads what was sent over a connection that has been given up, after what came later."""
    with closing(Redis(f"redis://127.0.0.1:{wire.port}/0")) as store:
        for key in taken:
            store.schedule.plan(key, 1)
        monkeypatch.setattr("mockserver.fake.stores.redis.server.ANSWER_SECONDS", 0.05)
        wire.slow = True
        with pytest.raises(StoreUnavailable):
            store.schedule.take(5, 9)
        wire.slow = False
        monkeypatch.undo()
        store.server._down_until = 0.0
        assert store.schedule.take(5, 9) == taken
        store.schedule.plan("a", 2)
        wire.let_through()
        assert store.schedule.take(5, 9) == ["a"]


def test_a_connection_that_was_closed_is_made_again(store: Redis, server: RedisServer) -> None:
    store.run([creates(store, "1")])
    with server.client() as client:
        client.client_kill_filter(_type="normal", skipme=True)
    assert store.run([creates(store, "1"), creates(store, "2")]) == [False, True]
    assert len(store.tasks) == 2


def test_a_connection_that_is_closed_between_read_and_commit_is_made_again(store: Redis, server: RedisServer) -> None:
    def job() -> None:
        count = store.documents.get(NOTES, COUNTER) or 0
        with server.client() as client:
            client.client_kill_filter(_type="normal", skipme=True)
        store.documents.put(NOTES, COUNTER, count + 1)

    store.run([job])
    store.run([job])
    assert store.documents.get(NOTES, COUNTER) == 2


def test_a_server_that_is_down_is_said_and_found_again(own: RedisServer) -> None:
    with closing(Redis(own.url)) as store:
        store.run([creates(store, "1")])
        own.stop()
        for _ in range(3):
            with pytest.raises(StoreUnavailable, match=rf"127.0.0.1:{own.port}: Redis cannot be reached"):
                store.run([creates(store, "2")])
        with pytest.raises(StoreUnavailable):
            store.beat()
        own.start()
        store.server._down_until = 0.0
        # It has kept nothing, as it was told, so the external id is free again.
        assert store.run([creates(store, "1")]) == [True]
        store.beat()


def test_whatever_was_answered_is_there_after_the_server_was_killed_under_load(tmp_path: Path) -> None:
    """With a log on the disk that is written before each answer, as ``appendfsync always`` has it."""
    options = "--appendonly", "yes", "--appendfsync", "always"
    with closing(Closing(RedisServer(tmp_path, *options))) as closed:
        assert_that_kills_lose_nothing(closed.server, kills=2)


@pytest.mark.torture
def test_whatever_was_answered_is_there_after_many_kills(tmp_path: Path) -> None:
    options = "--appendonly", "yes", "--appendfsync", "always"
    with closing(Closing(RedisServer(tmp_path, *options))) as closed:
        assert_that_kills_lose_nothing(closed.server, kills=40)


def assert_that_kills_lose_nothing(server: RedisServer, kills: int) -> None:
    """What was answered is there as a whole.

    Redis 7.0 that is killed while it writes a transaction into its log brings the part that was written back at the
    start after the next one; nobody has been answered of it.
    """
    answered: list[str] = []
    is_over = threading.Event()

    def load(store: Redis, name: str) -> None:
        for number in itertools.count():
            if is_over.is_set():
                return
            with suppress(StoreUnavailable):
                ids = [f"{name}-{number}-{index}" for index in range(4)]
                made = store.run([adds(store, id) for id in ids])
                answered.extend(id for id, is_made in zip(ids, made, strict=True) if is_made)

    with closing(Redis(server.url)) as one, closing(Redis(server.url)) as two:
        threads = [threading.Thread(target=load, args=each) for each in ((one, "a"), (two, "b"))]
        for thread in threads:
            thread.start()
        for _ in range(kills):
            wanted = len(answered) + 100
            while len(answered) < wanted:
                assert all(thread.is_alive() for thread in threads)
                is_over.wait(0.01)
            server.stop()
            server.start()
        is_over.set()
        for thread in threads:
            thread.join(PATIENCE)
    with closing(Redis(server.url)) as store:
        there = [each.id for each in store.tasks.newest()]
        assert len(there) == len(set(there))
        turns = Counter(id.rpartition("-")[0] for id in there)
        whole = [id for id in there if turns[id.rpartition("-")[0]] == 4]
        assert set(answered) <= set(whole)
        assert len(whole) <= len([*store.journal]) <= len(there)
        assert all(store.tasks.get_external(ME, id) is not None for id in answered[:100])


def test_a_server_that_does_not_answer_is_given_up(own: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("server", "opening"):
        monkeypatch.setattr(f"mockserver.fake.stores.redis.{module}.ANSWER_SECONDS", 0.1)
    with closing(Redis(own.url)) as store, own.client() as client:
        client.client_pause(int(PATIENCE * 1000), all=True)
        with pytest.raises(StoreUnavailable, match="does not answer in time"):
            store.run([creates(store, "1")])
        own.stop()


def test_scripts_that_the_server_has_forgotten_are_sent_again(store: Redis, server: RedisServer) -> None:
    with server.client() as client:
        client.script_flush()
    assert store.run([creates(store, "1")]) == [True]
    store.beat()
    assert store.schedule.take(NOON + 500, 9) == ["1"]


def test_a_server_without_memory_is_said(store: Redis, server: RedisServer) -> None:
    with server.client() as client:
        client.config_set("maxmemory", 1)
        try:
            with pytest.raises(StoreUnavailable, match="no memory left"):
                store.run([creates(store, "1")])
        finally:
            client.config_set("maxmemory", 0)
    assert (len(store.tasks), len(store.journal)) == (0, 0)
    assert store.run([creates(store, "1")]) == [True]


def test_after_an_error_each_answer_still_belongs_to_its_question(store: Redis, server: RedisServer) -> None:
    assert store.reserve("ids", 10, 1) == 1
    with server.client() as client:
        client.config_set("maxmemory", 1)
        try:
            with pytest.raises(StoreUnavailable, match="no memory left"):
                store.reserve("ids", 10, 1)
        finally:
            client.config_set("maxmemory", 0)
    assert store.reserve("ids", 10, 1) == 11
    assert store.run([creates(store, "1")]) == [True]


def test_a_server_that_became_a_replica_is_said(own: RedisServer) -> None:
    with closing(Redis(own.url)) as store, own.client() as client:
        client.replicaof("127.0.0.1", 1)
        with pytest.raises(StoreUnavailable, match="replica"):
            store.run([creates(store, "1")])
        client.replicaof("NO", "ONE")
        store.server._down_until = 0.0
        assert store.run([creates(store, "1")]) == [True]


def test_a_server_that_is_busy_with_a_script_is_said(own: RedisServer) -> None:
    with closing(Redis(own.url)) as store, own.client() as client, own.client() as killer:
        client.config_set("lua-time-limit", 1)

        def loop() -> None:
            with suppress(client_library.ResponseError):
                client.eval("while true do end", 0)

        thread = threading.Thread(target=loop)
        thread.start()
        with pytest.raises(StoreUnavailable, match=r"busy with a script|does not answer in time"):
            deque(iter(lambda: store.run([creates(store, "1")]), None), maxlen=0)  # until it is busy
        killer.script_kill()
        thread.join(PATIENCE)
        assert isinstance(store.run([creates(store, "2")])[0], bool)


# Servers that cannot be used


def refused(url: str) -> str:
    with pytest.raises(BadSetting) as raised:
        Redis(url)
    assert raised.value.option == "--store"
    assert "hunter2" not in str(raised.value)
    return raised.value.sentence


def test_where_nothing_listens_is_said() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert refused(f"redis://:hunter2@127.0.0.1:{port}/0").startswith(f"nothing answers at 127.0.0.1:{port} as Redis")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "127.0.0.1.5"])
def test_a_host_that_is_not_there_is_said(host: str) -> None:
    assert refused(f"redis://:hunter2@{host}:1/0").startswith(f"nothing answers at {host}:1 as Redis")


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", b"SSH-2.0-x\r\n", b""])
def test_a_server_that_is_no_redis_is_said(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(3):
                with suppress(OSError):
                    near, _ = listener.accept()
                    near.recv(1 << 16)
                    near.sendall(answer)
                    near.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        sentence = refused(f"redis://:hunter2@127.0.0.1:{listener.getsockname()[1]}/0")
        assert "is no Redis server" in sentence or "nothing answers" in sentence


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1:port/0",
        "redis://127.0.0.1:6379/first",
        "redis://127.0.0.1:70000/0",
        "redis://:hunter2@127.0.0.1:6379/0/1",
        "redis://127.0.0.1:1/0?db=x",
        "redis://127.0.0.1:1/0?socket_timeout=hunter2",
        "http://:hunter2@127.0.0.1:6379/0",
        "redis:",
        "redis",
        "",
    ],
)
def test_what_is_no_url_of_a_database_is_said(url: str) -> None:
    assert refused(url)


def test_without_the_extra_what_to_install_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    said = f"--store redis needs redis: {PIP} 'kling-mockserver[redis]'"
    with pytest.raises(MissingPackage, match=re.escape(said)):
        opening.opened("redis://127.0.0.1:1/0", Bounds())


@pytest.mark.parametrize("scheme", ["redis", "REDIS", "valkey"])
def test_a_store_is_opened_by_its_url(server: RedisServer, scheme: str) -> None:
    store = opening.opened(f"{scheme}://127.0.0.1:{server.port}/3", Bounds())
    assert (len(store.tasks), store.is_shared) == (0, True)
    store.close()


def test_a_parameter_that_does_not_exist_is_said(server: RedisServer) -> None:
    assert "parameters" in refused(f"{server.url}?hunter=hunter2")


def test_a_wrong_password_and_a_missing_one_are_said(tmp_path: Path) -> None:
    with closing(Closing(RedisServer(tmp_path, "--requirepass", "swordfish"))) as closed:
        port = closed.server.port
        assert refused(f"redis://:hunter2@127.0.0.1:{port}/0") == (
            f"127.0.0.1:{port} does not accept this user and password."
        )
        assert "wants a password" in refused(f"redis://127.0.0.1:{port}/0")
        with closing(Redis(f"redis://:swordfish@127.0.0.1:{port}/0")) as store:
            assert store.run([creates(store, "1")]) == [True]


class Closing:
    """A server as something that can be closed."""

    def __init__(self, server: RedisServer) -> None:
        self.server = server

    def close(self) -> None:
        self.server.stop()


def test_a_database_that_is_not_there_is_said(server: RedisServer) -> None:
    assert "has no database 99" in refused(f"redis://127.0.0.1:{server.port}/99")


def test_databases_of_one_server_are_apart(store: Redis, server: RedisServer) -> None:
    store.run([creates(store, "1")])
    with closing(Redis(f"redis://127.0.0.1:{server.port}/1")) as apart:
        assert len(apart.tasks) == 0


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-lru", "allkeys-random", "volatile-ttl"])
def test_a_server_that_drops_data_is_refused(server: RedisServer, policy: str) -> None:
    with server.client() as client:
        client.config_set("maxmemory-policy", policy)
        try:
            assert policy in refused(server.url)
        finally:
            client.config_set("maxmemory-policy", "noeviction")


def test_a_server_that_says_nothing_of_itself_is_used_with_a_warning(
    server: RedisServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with server.client() as client:
        client.acl_setuser(
            "guest", enabled=True, passwords=["+hunter2"], keys=["*"], commands=["+@all", "-info", "-config"]
        )
    with closing(Redis(f"redis://guest:hunter2@127.0.0.1:{server.port}/0")) as store:
        assert store.run([creates(store, "1")]) == [True]
    said = capsys.readouterr().err
    assert "has to be Redis 6.2" in said
    assert "hunter2" not in said


def test_a_server_that_may_not_run_scripts_is_refused(server: RedisServer) -> None:
    with server.client() as client:
        client.acl_setuser("poor", enabled=True, passwords=["+hunter2"], keys=["*"], commands=["+@all", "-@scripting"])
    assert "permission" in refused(f"redis://poor:hunter2@127.0.0.1:{server.port}/0").lower()


def test_a_replica_is_refused(own: RedisServer) -> None:
    with own.client() as client:
        client.replicaof("127.0.0.1", 1)
    assert "replica" in refused(own.url)


def test_data_of_a_newer_version_are_refused(server: RedisServer) -> None:
    with server.client() as client:
        client.set("{mockserver}:schema", 2)
    assert "another version of mockserver (schema 2)" in refused(server.url)


def test_an_old_server_is_refused() -> None:
    answers = [b"+OK\r\n", b"$1\r\n1\r\n"] + [b"$1\r\nx\r\n"] * 6 + [b"$22\r\nredis_version:5.0.14\r\n\r\n"] * 2
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            near, _ = listener.accept()
            with near, suppress(OSError):
                near.recv(1 << 16)  # the client says who it is
                near.sendall(b"+OK\r\n")
                near.recv(1 << 16)
                near.sendall(b"+OK\r\n")
                for answer in answers:
                    near.recv(1 << 20)
                    near.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        assert "is Redis 5.0.14. It has to be 6.2" in refused(f"redis://127.0.0.1:{listener.getsockname()[1]}/0")


# A cluster


def test_one_slot_of_a_cluster_holds_everything(tmp_path: Path) -> None:
    with closing(Closing(RedisServer(tmp_path, "--cluster-enabled", "yes"))) as closed:
        with closed.server.client() as client:
            client.execute_command("CLUSTER", "ADDSLOTS", *range(16384))
        with closing(opened_when_ready(closed.server.url)) as store:
            store.run([creates(store, str(number)) for number in range(3)])
            assert store.schedule.take(NOON + 500, 9) == ["0", "1", "2"]
            assert list(store.tasks.forget("me")) == []
            store.beat()
            assert len(store.tasks) == 0


def opened_when_ready(url: str) -> Redis:
    """Open a store in a cluster, which takes a moment to know that it is complete."""
    for _ in range(int(PATIENCE * 10)):
        try:
            return Redis(url)
        except BadSetting as error:
            assert "cluster is down" in str(error)  # noqa: PT017 - the reason to try again
            threading.Event().wait(0.1)
    raise AssertionError("the cluster did not become ready")


def test_a_node_of_a_cluster_that_has_not_our_slot_is_refused(tmp_path: Path) -> None:
    with closing(Closing(RedisServer(tmp_path, "--cluster-enabled", "yes"))) as closed:
        assert refused(closed.server.url)


# Keys and values


def test_every_key_is_in_one_slot(store: Redis, server: RedisServer) -> None:
    store.run([creates(store, str(number)) for number in range(3)])
    store.documents.put(SHARED, "x", 1)
    store.schedule.take(NOON + 500, 1)
    store.reserve("ids", 1, 1)
    store.journal.clear("me")
    with server.client() as client:
        keys = list(client.scan_iter())
    assert all(key.startswith(PREFIX.encode()) or key == b"{mockserver}:schema" for key in keys)
    assert len(keys) > 15


def test_no_secret_is_in_plain_text(store: Redis, server: RedisServer) -> None:
    note(store, body=b'{"api_key":"hunter2-hunter2"}')
    with server.client() as client:
        (entry,) = client.xrange(f"{PREFIX}journal")
    assert b"key-of-mine" not in str(entry).encode()
    assert b"hunter2-hunter2" not in str(entry).encode()


def test_what_goes_leaves_no_key_behind(store: Redis, server: RedisServer) -> None:
    """Only what says how far things have come, and commits whose answer may still be lost."""
    store.run([creates(store, str(number)) for number in range(300)])
    store.schedule.clear()
    store.documents.forget(NOTES)
    store.journal.clear()
    assert len(list(store.tasks.forget("me"))) == 1
    assert len(store.tasks) == 0
    with server.client() as client:
        left = {key.removeprefix(PREFIX.encode()).split(b":")[0].decode() for key in client.scan_iter(f"{PREFIX}*")}
        counts = client.hgetall(f"{PREFIX}meta")
    assert left <= {"meta", "done", "kinds", "workers", "gone", "owners"}
    assert {counts[name] for name in (b"task-bytes", b"live", b"exchange-bytes")} == {b"0"}


# Forgetting


def test_a_forgotten_account_is_in_no_list_at_once(store: Redis) -> None:
    store.run([creates(store, str(number)) for number in range(3)])
    store.tasks.add(task("9", external_id="9", account="you"), NOON)
    left = store.tasks.forget("me")
    assert store.tasks.page(ME, IMAGE, 0, 9, newest_first=True) == []
    assert store.tasks.in_flight(ME, "o1", NOON) == Flight(0, 0)
    assert store.tasks.get_external(ME, "1") is None
    store.tasks.add(task("1", external_id="1"), NOON)  # it has a new task with the same id before the old one is gone
    list(left)
    assert [each.id for each in store.tasks.newest()] == ["1", "9"]
    assert store.tasks.get_external(("kling", "you"), "9") == task("9", external_id="9", account="you")


def test_what_nobody_has_swept_goes_with_a_beat(store: Redis, other: Redis) -> None:
    store.run([creates(store, str(number)) for number in range(3)])
    store.tasks.forget("me")
    assert len(other.tasks) == 3
    other.beat()
    assert len(other.tasks) == 0


# Bounds


def test_tasks_are_bounded_in_number_and_the_oldest_that_are_over_go(server: RedisServer) -> None:
    with closing(Redis(server.url, Bounds(tasks=10))) as store:
        store.tasks.add(task("flying", at=NOON + 10_000), NOON)
        for number in range(30):
            store.tasks.add(task(str(number)), NOON + 5000)
        assert (len(store.tasks), store.tasks.evicted) == (10, 21)
        assert [each.id for each in store.tasks.newest()] == [*map(str, range(29, 20, -1)), "flying"]


def test_tasks_are_bounded_in_bytes(server: RedisServer) -> None:
    with closing(Redis(server.url, Bounds(size=10_000))) as store:
        for number in range(100):
            store.tasks.add(task(str(number)), NOON + 5000)
        with server.client() as client:
            assert int(client.hget(f"{PREFIX}meta", "task-bytes") or 0) <= 11_000
        assert 5 < len(store.tasks) < 20


def test_the_journal_is_bounded(server: RedisServer) -> None:
    with closing(Redis(server.url, Bounds(exchanges=10, exchange_bytes=10_000))) as store:
        store.run([lambda: note(store)] * 7)
        store.journal.keep_cleared()
        store.journal.clear("me")
        store.run([lambda: note(store, "you")] * 8)
        assert ([entry.number for entry in store.journal], len(store.journal)) == (list(range(15, 7, -1)), 8)
        assert [entry.number for entry in store.journal.cleared] == [6, 7]
        assert store.journal.forgotten == 5
        note(store, "you", b"x" * 8000)
        assert (len(store.journal) < 8, store.journal.cleared) == (True, [])
        note(store, "you", b"x" * 20_000)
        assert (len(store.journal), store.journal.forgotten) == (0, 17)


# Leases


def test_what_the_dead_had_taken_is_taken_by_others(store: Redis, other: Redis, server: RedisServer) -> None:
    store.schedule.plan("a", 1)
    assert store.schedule.take(5, 9) == ["a"]
    other.beat()
    assert other.schedule.take(5, 9) == []
    with server.client() as client:
        client.zadd(f"{PREFIX}workers", {store._worker: 1})  # it was last alive in 1970
    other.beat()
    assert other.schedule.take(5, 9) == ["a"]
    store.beat()
    assert len(store.schedule) == 1


def test_who_has_taken_and_not_yet_beaten_counts_as_alive(server: RedisServer, other: Redis) -> None:
    with closing(Redis(server.url)) as store:
        store.schedule.plan("a", 1)
        with server.client() as client:
            client.zrem(f"{PREFIX}workers", store._worker)
        store.schedule.take(5, 9)
        other.beat()
        assert other.schedule.take(5, 9) == []


def test_who_ends_gives_back_what_was_taken(store: Redis, server: RedisServer) -> None:
    with closing(Redis(server.url)) as ending:
        ending.schedule.plan("a", 1)
        assert ending.schedule.take(5, 9) == ["a"]
    assert (store.schedule.next(), store.schedule.unfinished(1)) == (1, 1)
    assert store.schedule.take(5, 9) == ["a"]


def test_two_who_take_at_once_get_each_thing_once(store: Redis, other: Redis) -> None:
    store.run([lambda: [store.schedule.plan(str(number), number) for number in range(500)]])
    taken: list[str] = []

    def takes(store: Redis) -> None:
        for _ in range(50):
            taken.extend(store.schedule.take(1000, 7))

    together(lambda: takes(store), lambda: takes(other))
    assert sorted(taken, key=int) == [str(number) for number in range(500)]


def test_to_plan_something_anew_takes_it_from_whoever_had_it(store: Redis, other: Redis) -> None:
    store.schedule.plan("a", 1)
    store.schedule.take(5, 9)
    other.schedule.plan("a", 2)
    assert other.schedule.take(5, 9) == ["a"]
    assert len(store.schedule) == 1
