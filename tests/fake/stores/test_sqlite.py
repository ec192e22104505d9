"""The SQLite file: opened or refused in a sentence, for its owner alone, whole whatever happens to the disk."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mockserver.errors import BadSetting, StoreUnavailable
from mockserver.fake.stores.memory.store import Memory
from mockserver.fake.stores.opening import opened
from mockserver.fake.stores.sqlite.connection import Connection
from mockserver.fake.stores.sqlite.store import SQLite
from mockserver.fake.stores.store import SHARED, Bounds, Kind
from mockserver.types import JSON, Request, Response
from tests.fake.stores.makers import IMAGE, MAKERS, NOON, Times, task
from tests.fake.stores.test_laws import Worker

BOUNDED: Kind[JSON] = Kind("bounded", lambda value: value, lambda value: value, most=2, room=10**6, renews=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@contextmanager
def store_at(path: Path, **how: Any) -> Iterator[SQLite]:
    with closing(SQLite(path, **how)) as store:
        yield store


def fill(store: SQLite, count: int = 3, first: int = 0) -> None:
    for index in range(first, first + count):
        store.run([partial(add, store, index)])


def add(store: SQLite, index: int) -> None:
    store.tasks.add(task(str(index), external_id=f"order-{index}"), NOON)
    store.documents.put(SHARED, str(index), "x" * 500)
    store.schedule.plan(str(index), NOON)
    store.journal.write(NOON, "kling", IMAGE, "me", Request("GET", "/", body=b"x" * 500), Response(200), ())


def counts(store: SQLite) -> tuple[int, ...]:
    return len(store.tasks), store.documents.count(SHARED), len(store.schedule), len(store.journal)


def folder(path: Path) -> None:
    path.mkdir()


def text(path: Path) -> None:
    path.write_text("A cat walks over the moon.\n" * 100)


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE cats (name)")


def foreign_by_its_number(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA application_id = 1")
        other.execute("VACUUM")


def later(path: Path) -> None:
    SQLite(path).close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 2")


def cut_off(path: Path) -> None:
    with store_at(path) as store:
        fill(store, 200)
    os.truncate(path, path.stat().st_size // 2)


def overwritten(path: Path) -> None:
    with store_at(path) as store:
        fill(store, 200)
    data = bytearray(path.read_bytes())
    for at in range(8192, len(data), 4096):
        data[at : at + 100] = Random(at).randbytes(100)
    path.write_bytes(data)


def cut_in_its_header(path: Path) -> None:
    SQLite(path).close()
    os.truncate(path, 50)


def pipe(path: Path) -> None:
    os.mkfifo(path)


STRANGERS: dict[Callable[[Path], None], str] = {
    folder: "is a folder. Name a file in it.",
    text: "it is no SQLite file. Name another file.",
    foreign: "belongs to another program. Name another file.",
    foreign_by_its_number: "belongs to another program. Name another file.",
    later: "was written by a later mockserver. Install that one, or name another file.",
    cut_off: "damaged. Move it away, and start anew.",
    overwritten: "damaged. Move it away, and start anew.",
    cut_in_its_header: "it is damaged. Move it away, and start anew.",
    pipe: "is no file. Name another one.",
}


@pytest.mark.parametrize(("make", "sentence"), STRANGERS.items(), ids=[make.__name__ for make in STRANGERS])
def test_what_is_no_store_is_refused_and_left_as_it_is(make: Callable[[Path], None], sentence: str, path: Path) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(BadSetting) as refused:
        SQLite(path)
    assert refused.value.option == "--store"
    assert refused.value.sentence.endswith(sentence)
    assert str(path) in refused.value.sentence
    assert "\n" not in refused.value.sentence
    assert before == (path.read_bytes() if path.is_file() else None)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"there is no folder .*cats'. Make it, or name another file."):
        SQLite(tmp_path / "cats" / "state.db")


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder that this test may not write; where the test is run by root, it goes on as another user."""
    where = Path(tempfile.mkdtemp(prefix="mockserver-"))
    if os.geteuid() == 0:
        shutil.chown(where, 65534)
        os.seteuid(65534)
    yield where
    where.chmod(0o700)
    os.seteuid(os.getuid())
    shutil.rmtree(where)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
@pytest.mark.parametrize("mode", ["folder", "new", "file"])
def test_what_must_not_be_written_is_refused(nobody: Path, mode: str) -> None:
    path = nobody / "state.db"
    if mode != "new":
        SQLite(path).close()
    if mode == "file":
        os.seteuid(os.getuid())
        if os.getuid() != 0:
            pytest.skip("its owner may always allow it again, and does")
        shutil.chown(path, 0)
        os.seteuid(65534)
    else:
        nobody.chmod(0o500)
    with pytest.raises(BadSetting, match=r"must be writable. Allow it, or name another file."):
        SQLite(path)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_nobody_else_can_read_it(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with store_at(path) as store:
            fill(store)
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"state.db": 0o600, "state.db-wal": 0o600, "state.db-shm": 0o600}


@pytest.mark.parametrize(
    "name", ["a b.db", "100%.db", "what?mode=ro", "file:x.db", ":memory:", "#1", "katze-猫.db", "'"]
)
def test_a_path_is_a_path(name: str, tmp_path: Path) -> None:
    with store_at(tmp_path / name) as store:
        fill(store)
    assert [each.name for each in tmp_path.iterdir()] == [name]
    with store_at(tmp_path / name) as store:
        assert counts(store) == (3, 3, 3, 3)


def test_an_empty_file_is_a_new_store(path: Path) -> None:
    path.touch()
    with store_at(path) as store:
        fill(store)


def test_processes_that_open_one_new_file_at_once_all_get_on(path: Path) -> None:
    workers = [Worker(MAKERS["sqlite"], path.parent, "reserve", 0) for _ in range(4)]
    found = sorted(int(number) for worker in workers for number in worker.end().split())
    assert found == list(range(100, 1300))


def test_a_second_store_in_a_process_leaves_the_first_its_locks(path: Path) -> None:
    code = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1], timeout=0).execute('PRAGMA journal_mode = DELETE'))"
    with store_at(path) as store:
        with store_at(path) as other:
            fill(other)
        stranger = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
        assert "database is locked" in stranger.stderr
        assert counts(store) == (3, 3, 3, 3)


def test_a_full_disk_keeps_the_state_before_and_work_goes_on_when_there_is_room(path: Path) -> None:
    with store_at(path) as store:
        fill(store)
        pages = store._connection.value("PRAGMA page_count")
        store._connection.rows(f"PRAGMA max_page_count = {pages + 5}")
        with pytest.raises(StoreUnavailable, match=r"cannot be used: the disk is full. Make room on it."):
            fill(store, 100, first=3)
        done = len(store.tasks)
        assert 3 <= done < 103
        assert counts(store) == (done,) * 4
        with pytest.raises(StoreUnavailable):
            store.run([partial(add, store, 1000 + index) for index in range(100)])
        assert counts(store) == (done,) * 4
        store._connection.rows("PRAGMA max_page_count = 1000000")
        fill(store, 1, first=done)
        assert counts(store) == (done + 1,) * 4
    with store_at(path) as store:
        assert counts(store) == (done + 1,) * 4


def test_a_job_that_goes_on_after_a_full_disk_keeps_nothing_either(path: Path) -> None:
    with store_at(path) as store:
        pages = store._connection.value("PRAGMA page_count")
        store._connection.rows(f"PRAGMA max_page_count = {pages + 2}")

        def stubborn() -> str:
            for index in range(100):
                try:
                    add(store, index)
                except StoreUnavailable:
                    store.documents.drop(SHARED, "0")
            return "done"

        with pytest.raises(StoreUnavailable):
            store.run([stubborn])
        assert counts(store) == (0, 0, 0, 0)


def test_files_that_must_not_grow_are_a_full_disk(path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with store_at(path) as store:
        fill(store)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
            with pytest.raises(StoreUnavailable):
                fill(store, 1000, first=3)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        done = len(store.tasks)
        assert counts(store) == (done,) * 4
        fill(store, 1, first=done)
    with store_at(path) as store:
        assert counts(store) == (done + 1,) * 4


def test_a_file_that_is_damaged_meanwhile_is_told(path: Path) -> None:
    with store_at(path) as store:
        fill(store, 300)
        store._sweeper.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        with path.open("r+b") as stream:
            for at in range(4096, path.stat().st_size, 4096):
                stream.seek(at)
                stream.write(b"\xff" * 200)
        other = Connection(path)  # what it remembers of the file is not from before
        with closing(other), pytest.raises(StoreUnavailable, match=r"it is damaged. Move it away, and start anew."):
            other.rows("SELECT * FROM tasks")
        with pytest.raises(BadSetting, match=r"damaged. Move it away, and start anew."):
            SQLite(path)


def test_whoever_waits_too_long_is_told(path: Path) -> None:
    with store_at(path) as store, closing(Connection(path, patience=0.01)) as impatient:
        with store._connection, pytest.raises(StoreUnavailable, match="another process has held it for too long"):
            impatient.rows("UPDATE totals SET evicted = 1")
        assert store.tasks.evicted == 0
        with impatient:
            impatient.rows("UPDATE totals SET evicted = 1")
        assert store.tasks.evicted == 1


def test_the_log_of_changes_does_not_grow_for_ever(path: Path) -> None:
    with store_at(path) as store:
        for _ in range(20):
            store.run([partial(store.documents.put, SHARED, str(key), "n" * 2000) for key in range(100)])
            store.beat()
        assert path.with_name("state.db-wal").stat().st_size < 2 << 20
        assert path.stat().st_size < 2 << 20


class TestTime:
    """One time for all who share a file, which never goes back."""

    def test_it_goes_on_evenly_when_somebody_sets_the_clock(self, path: Path) -> None:
        times = Times()
        with store_at(path, machine=times.machine) as store:
            assert store.now() == NOON
            times.go_on(1000)
            times.wall -= 3_600_000
            assert store.now() == NOON + 1000

    def test_all_agree_on_it(self, path: Path) -> None:
        times = Times()
        with store_at(path, machine=times.machine) as one:
            times.wall += 3_600_000
            times.go_on(10)
            with store_at(path, machine=times.machine) as other:
                assert one.now() == other.now() == NOON + 10

    @pytest.mark.parametrize("is_killed", [True, False])
    @pytest.mark.parametrize("boots", [True, False])
    def test_it_never_goes_back(self, path: Path, is_killed: bool, boots: bool) -> None:
        times = Times()
        store = SQLite(path, machine=times.machine)
        times.go_on(1000)
        store.beat()
        times.go_on(4000)
        seen = store.now()
        if not is_killed:
            store.close()
        times.wall -= 3_600_000
        times.go_on(60_000)
        if boots:
            times.boot, times.elapsed = "second", 60_000
        with store_at(path, machine=times.machine) as other:
            assert other.now() >= seen
            assert other.now() < seen + 120_000
            times.go_on(5)
            again = other.now()
        with store_at(path, machine=times.machine) as other:
            assert other.now() == again
        store.close()

    def test_whoever_comes_alone_goes_by_the_clock(self, path: Path) -> None:
        times = Times()
        SQLite(path, machine=times.machine).close()
        times.wall += 3_600_000
        with store_at(path, machine=times.machine) as store:
            assert store.now() == NOON + 3_600_000

    def test_after_a_start_of_the_machine_all_leases_are_free(self, path: Path) -> None:
        times = Times()
        dead = SQLite(path, machine=times.machine)
        dead.schedule.plan("a", NOON)
        assert dead.schedule.take(NOON, 1) == ["a"]
        times.boot, times.elapsed = "second", 100
        with store_at(path, machine=times.machine) as store:
            store.beat()
            assert store.schedule.take(NOON, 1) == ["a"]
        dead.close()


CONSTANT = ("totals", "forgotten", "workers", "CONSTANT ROW")
"""What is short however much is stored."""

WHOLE = (
    "DELETE FROM owners",
    "UPDATE journal SET kept = ? WHERE kept IS NULL RETURNING bytes",
    "SELECT count(*) FROM schedule",
)
"""What is about everything."""


def test_no_statement_looks_through_a_table(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    with store_at(path, bounds=Bounds(tasks=5, exchanges=5)) as store:
        monkeypatch.setattr(Connection, "_executed", noticed(Connection._executed, told))
        monkeypatch.setattr(Connection, "_patiently", noticed(Connection._patiently, told))
        use_all(store)
        statements = [each for each in dict.fromkeys(told) if each.split()[0] in ("SELECT", "UPDATE", "DELETE")]
        assert len(statements) > 30
        for sql in statements:
            values = (None,) * sql.count("?")
            plan = [row[3] for row in store._connection.rows(f"EXPLAIN QUERY PLAN {sql}", values)]
            scans = [each for each in plan if "SCAN" in each and not each.endswith(CONSTANT)]
            assert not scans or "LIMIT" in sql or sql in WHOLE, (sql, plan)
            assert not [each for each in plan if "TEMP B-TREE" in each], (sql, plan)


def noticed(method: Callable[..., Any], told: list[str]) -> Callable[..., Any]:
    def notice(self: Connection, sql: str, *rest: Any) -> Any:
        told.append(sql)
        return method(self, sql, *rest)

    return notice


def test_a_turn_pays_once_for_all_that_it_adds(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    with store_at(path) as store:
        monkeypatch.setattr(Connection, "_patiently", noticed(Connection._patiently, told))

        def statements(creates: int) -> int:
            told.clear()
            store.run([partial(create, store, index) for index in range(creates)])
            return len(told)

        assert statements(1) > 0  # the first makes the list that all are in
        assert statements(2) == statements(50)


def create(store: SQLite, index: int) -> None:
    assert store.version == 0
    store.tasks.add(task(str(index)), NOON)
    store.journal.write(NOON, "kling", IMAGE, "me", Request("POST", "/"), Response(200), ())


def test_what_a_turn_adds_is_there_for_whatever_it_reads(path: Path) -> None:
    with store_at(path) as store:

        def job() -> tuple[object, ...]:
            add(store, 1)
            add(store, 2)
            found = store.tasks.get_external(("kling", "me"), "order-1")
            return found and found.id, len(store.tasks), len(list(store.tasks.newest())), len(list(store.journal))

        assert store.run([job]) == [("1", 2, 2, 2)]


def test_accounts_that_end_alike_are_told_apart(path: Path) -> None:
    with store_at(path) as store:
        for account in ("one-of-the-accounts", "two-of-the-accounts"):
            store.journal.write(NOON, "kling", IMAGE, account, Request("GET", "/"), Response(200), ())
        store.journal.clear("one-of-the-accounts")
        assert [entry.account for entry in store.journal] == ["two-of-the-accounts"]


def use_all(store: SQLite) -> None:
    tasks, journal, documents, schedule = store.tasks, store.journal, store.documents, store.schedule
    fill(store, 12)
    for _ in range(3):
        for key in "abc":
            documents.put(BOUNDED, key, "x", "me")
    (first, *_), owner = list(tasks.newest()), ("kling", "me")
    tasks.get("kling", first.id)
    tasks.get("kling", first.id, "me")
    tasks.get_external(owner, "x")
    for newest_first in (True, False):
        tasks.page(owner, IMAGE, 1, 2, newest_first=newest_first)
    tasks.count(owner, IMAGE)
    tasks.in_flight(owner, "o1", NOON)
    tasks.look(first)
    tasks.looks(first)
    tasks.replace(first)
    tasks.remove(first)
    list(journal)
    journal.clear("you")
    journal.keep_cleared()
    journal.clear("me")
    journal.clear()
    assert journal.cleared
    for _ in range(6):
        journal.write(NOON, "kling", None, None, Request("GET", "/"), Response(200), ())
    list(documents.oldest(BOUNDED))
    list(documents.newest(BOUNDED))
    documents.drop(BOUNDED, "a")
    documents.forget(BOUNDED, "me")
    documents.forget(BOUNDED)
    schedule.take(NOON, 2)
    schedule.unfinished(NOON)
    len(schedule)
    schedule.drop("1")
    store.beat()
    for _ in (*tasks.forget("me"), *tasks.forget()):
        pass
    store.reserve("n", 1, 1)
    store.reserve_up_to("n", 9)


class TestUrl:
    """A store by its URL."""

    @pytest.mark.parametrize("url", [None, "memory:"])
    def test_without_one_the_state_is_in_memory(self, url: str | None) -> None:
        assert isinstance(opened(url, Bounds()), Memory)

    @pytest.mark.parametrize("form", ["sqlite:{0}", "sqlite://{0}", "sqlite:///{0}"])
    def test_a_path_may_follow_slashes(self, form: str, path: Path) -> None:
        opened(form.format(path), Bounds()).close()
        assert path.exists()

    def test_a_path_may_be_relative(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        opened("sqlite:a b?c.db", Bounds()).close()
        assert [each.name for each in tmp_path.iterdir()] == ["a b?c.db"]

    @pytest.mark.parametrize(
        ("url", "sentence"),
        [
            ("sqllite:x.db", "'sqllite:x.db' is no store. Did you mean sqlite:?"),
            ("postgres://u:pw12345678@h/x", "is no store. Write sqlite:PATH or redis://HOST:PORT/DB."),
            ("state.db", "'state.db' is no store. Write sqlite:PATH or redis://HOST:PORT/DB."),
            ("", "'' is no store. Write sqlite:PATH or redis://HOST:PORT/DB."),
            ("memory:x", "'memory:x' is no store. Write sqlite:PATH or redis://HOST:PORT/DB."),
            ("sqlite:", "'sqlite:' names no file. Write sqlite:PATH."),
            ("sqlite://host/x.db", "'sqlite://host/x.db' names no file. Write sqlite:PATH."),
            ("sqlite:a\0b", "names no file. Write sqlite:PATH."),
        ],
    )
    def test_what_names_no_store_is_refused_in_a_sentence(self, url: str, sentence: str) -> None:
        with pytest.raises(BadSetting) as refused:
            opened(url, Bounds())
        assert refused.value.sentence.endswith(sentence)
        assert "pw12345678" not in refused.value.sentence


def test_a_disk_that_cannot_be_shared_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Connection.rows
    refused = [("delete",)]
    monkeypatch.setattr(
        Connection, "rows", lambda self, sql, *rest: refused if "journal_mode" in sql else rows(self, sql, *rest)
    )
    with pytest.raises(BadSetting, match=r"it has no shared memory. Name a file elsewhere."):
        SQLite(path)


def test_an_old_sqlite_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(BadSetting, match=r"is too old. Install 3.35 or later"):
        SQLite(path)
