"""The journal: every exchange, in bounded memory, without secrets."""

import json
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.differences import Difference
from mockserver.contract.validation import Violation
from mockserver.fake.journal import Entry
from mockserver.fake.stores.memory.journal import Journal
from mockserver.secrecy.mask import masked
from mockserver.types import Request, Response
from tests.conftest import NOON

SECRET = "api-key-kling-0123456789abcdefghij"


def written(
    journal: Journal,
    body: bytes = b"{}",
    answer: bytes = b"{}",
    *,
    path: str = "/v1",
    headers: dict[str, str] | None = None,
    violations: tuple[Violation, ...] = (),
) -> Entry:
    request, response = Request("POST", path, "a=b", headers or {}, body), Response(200, answer)
    return journal.write(NOON, "kling", "kling/omni-image.create", SECRET, request, response, violations)


def violation(value: object = 10) -> Violation:
    rule = next(rule for rule in load().operation("kling/omni-image").rules if rule.id == "n.maximum")
    return Violation(rule, "error", ("n",), "is more than 9", value)


def test_it_holds_exchanges_newest_first_and_numbers_them() -> None:
    journal = Journal()
    for path in ("/1", "/2", "/3"):
        written(journal, path=path)
    assert [(entry.number, entry.request.path) for entry in journal] == [(3, "/3"), (2, "/2"), (1, "/1")]
    assert len(journal) == 3


def test_it_can_be_read_while_it_is_written() -> None:
    journal = Journal()
    written(journal)
    assert len([written(journal) for _ in journal]) == 1


@pytest.mark.torture
def test_it_can_be_read_while_other_threads_write() -> None:
    journal, is_over = Journal(entries=50), Event()

    def write() -> None:
        while not is_over.is_set():
            written(journal)

    switching = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    writers = [Thread(target=write) for _ in range(2)]
    try:
        for writer in writers:
            writer.start()
        for _ in range(20_000):
            numbers = [entry.number for entry in journal]
            assert numbers == sorted(numbers, reverse=True)
    finally:
        sys.setswitchinterval(switching)
        is_over.set()
        for writer in writers:
            writer.join()


def test_the_oldest_go_when_there_are_too_many() -> None:
    journal = Journal(entries=10)
    for _ in range(25):
        written(journal)
    assert [entry.number for entry in journal] == list(range(25, 15, -1))


@pytest.mark.parametrize("where", ["body", "answer", "path", "header"])
def test_the_oldest_go_when_they_take_too_much_room(where: str) -> None:
    journal = Journal(size=100_000)
    for _ in range(100):
        written(
            journal,
            b"x" * 9000 if where == "body" else b"",
            b"x" * 9000 if where == "answer" else b"",
            path="/" + "x" * 9000 if where == "path" else "/",
            headers={"cookie": "x" * 9000} if where == "header" else {},
        )
    assert 9 <= len(journal) <= 11
    assert next(iter(journal)).number == 100


def test_the_room_is_free_again_when_exchanges_go() -> None:
    journal = Journal(entries=5, size=10_000)
    written(journal, b"x" * 1000)
    one = journal._held
    for _ in range(50):
        written(journal, b"x" * 1000)
    assert (len(journal), journal._held) == (5, 5 * one)
    journal.clear()
    assert journal._held == 0
    written(journal, b"x" * 1000)
    assert (len(journal), journal._held) == (1, one)


MANY = 100
SENT: dict[str, Callable[[int], tuple[Request, tuple[Violation, ...]]]] = {
    "nothing": lambda n: (Request("GET", f"/{n}"), ()),
    "few-headers": lambda n: (Request("GET", f"/{n}", "", {f"h{i}": f"{n}-{i}" for i in range(4)}), ()),
    "many-headers": lambda n: (Request("GET", f"/{n}", "", {f"h{n}-{i}": f"{n}-{i}" for i in range(90)}), ()),
    "long-headers": lambda n: (Request("GET", f"/{n}", "", {f"h{i}": f"{n}" + "x" * 3000 for i in range(9)}), ()),
    "body": lambda n: (Request("POST", f"/{n}", "", {}, b"%d" % n + b"x" * 5000), ()),
    "violations": lambda n: (Request("POST", f"/{n}"), tuple(strange(f"{n}-{i}", "名") for i in range(120))),
    "long-violations": lambda n: (Request("POST", f"/{n}"), tuple(strange(f"{n}-{i}", "😀" * 900) for i in range(9))),
    "endless-violations": lambda n: (Request("POST", f"/{n}"), (strange(f"{n}", "x" * 100_000),)),
}


def strange(name: str, text: str) -> Violation:
    return replace(violation(), path=(name + text,), fact=f"{name} {text}")


@pytest.mark.parametrize("case", SENT)
def test_an_exchange_weighs_at_least_what_it_costs(case: str) -> None:
    journal = Journal()
    response = Response(200, b"{}", {"content-type": "application/json"})
    tracemalloc.start()
    try:
        for n in range(MANY):
            request, violations = SENT[case](n)
            journal.write(NOON, "kling", None, None, request, response, violations)
        del request, violations
        cost = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(journal) == MANY
    assert cost <= 1.1 * journal._held


def test_a_cleared_journal_is_empty_and_goes_on_counting() -> None:
    journal = Journal()
    written(journal)
    journal.clear()
    assert len(journal) == 0
    assert written(journal).number == 2


def test_it_counts_what_it_has_forgotten() -> None:
    journal = Journal(entries=3)
    for _ in range(5):
        written(journal)
    assert (len(journal), journal.forgotten) == (3, 2)
    journal.clear()
    assert (len(journal), journal.forgotten) == (0, 5)


def test_it_puts_by_what_is_cleared_if_asked_for_it() -> None:
    journal = Journal(entries=5, size=10_000)
    first = written(journal, b"x" * 1000)
    journal.keep_cleared()
    one = journal._held
    journal.clear("another")
    assert (len(journal), journal.cleared, journal._held) == (1, [], one)
    journal.clear(SECRET)
    assert (len(journal), journal.cleared, journal.forgotten, journal._held) == (0, [first], 0, one)
    later = [written(journal, b"x" * 1000) for _ in range(4)]
    assert (journal.cleared, list(journal)) == ([first], later[::-1])
    later.append(written(journal, b"x" * 1000))
    assert (journal.cleared, list(journal), journal.forgotten) == ([], later[::-1], 1)
    assert journal._held == 5 * one


def test_clearing_one_account_leaves_the_others() -> None:
    journal = Journal()
    kept = journal.write(NOON, "kling", None, "you", Request("GET", "/"), Response(404), ())
    one = journal._held
    written(journal, b"x" * 100)
    journal.clear(SECRET)
    assert (list(journal), journal._held) == ([kept], one)


@pytest.mark.parametrize("size", [64 * 1024 - 1, 64 * 1024])
def test_a_body_of_64_kib_is_kept_whole(size: int) -> None:
    assert written(Journal(), b"x" * size).request.body == b"x" * size


def test_a_longer_body_is_cut_and_its_size_told() -> None:
    entry = written(Journal(), b"x" * (1 << 20), b"y" * (1 << 19))
    assert (len(entry.request.body), len(entry.response.body)) == (64 * 1024, 64 * 1024)
    assert entry.sizes == (1 << 20, 1 << 19)
    shown = entry.as_json()
    assert (shown["request"]["size"], shown["response"]["size"]) == (1 << 20, 1 << 19)


def test_a_violation_is_kept_without_its_value_which_can_be_megabytes() -> None:
    (kept,) = written(Journal(), violations=(violation("x" * 1000),)).violations
    assert (kept.rule.id, kept.path, kept.value) == ("n.maximum", ("n",), None)


def test_of_very_many_violations_the_first_hundred_are_kept() -> None:
    assert len(written(Journal(), violations=(violation(),) * 5000).violations) == 100


def test_an_entry_as_json_says_what_a_person_wants_to_know() -> None:
    entry = written(Journal(), b'{"n":10}', b'{"code":1201}', headers={"host": "h"}, violations=(violation(),))
    assert json.loads(json.dumps(entry.as_json())) == {
        "number": 1,
        "at": NOON,
        "service": "kling",
        "operation": "kling/omni-image.create",
        "account": "api-…ghij",
        "task": None,
        "took": None,
        "reason": None,
        "request": {
            "method": "POST",
            "path": "/v1",
            "query": "a=b",
            "headers": {"host": "h"},
            "body": '{"n":10}',
            "size": 8,
        },
        "response": {"status": 200, "headers": {}, "body": '{"code":1201}', "size": 13, "wire": None},
        "violations": [
            {
                "rule": "n.maximum",
                "pointer": "/n",
                "level": "error",
                "fact": "is more than 9",
                "description": "How many images, 1 to 9; not for a series.",
                "source": "kling 1.2; seed 002 S2-8",
                "confidence": "documented",
            }
        ],
        "differences": [],
    }


def difference(received: str = "201") -> Difference:
    return Difference("answer", "", "status", "200", received, "kling/service.json#/operations/omni-image.create")


def test_an_entry_shows_where_an_answer_was_not_what_the_contract_says() -> None:
    request, response = Request("GET", "/"), Response(201)
    entry = Journal().write(NOON, "kling", None, None, request, response, (), (difference(),))
    assert entry.as_json()["differences"] == [
        {
            "side": "answer",
            "pointer": "",
            "keyword": "status",
            "documented": "200",
            "received": "201",
            "where": "kling/service.json#/operations/omni-image.create",
        }
    ]


def test_differences_take_room_too() -> None:
    journal = Journal(size=100_000)
    for _ in range(100):
        journal.write(NOON, "kling", None, None, Request("GET", "/"), Response(201), (), (difference("x" * 200),) * 10)
    assert 5 <= len(journal) <= 10


def test_a_body_that_is_no_utf_8_can_still_be_shown() -> None:
    assert written(Journal(), b"\xff{").as_json()["request"]["body"] == "\N{REPLACEMENT CHARACTER}{"


@pytest.mark.parametrize("name", ["authorization", "cookie", "set-cookie", "x-api-key", "proxy-authorization"])
def test_a_header_with_a_secret_is_masked(name: str) -> None:
    entry = written(Journal(), headers={name: f"Bearer {SECRET}", "accept": "*/*"})
    assert SECRET[:20] not in json.dumps(entry.as_json())
    assert entry.as_json()["request"]["headers"] == {name: "Bear…ghij", "accept": "*/*"}


@pytest.mark.parametrize(
    ("secret", "shown"), [("", "…"), ("key", "ke…"), ("0123456789abcdef", "01…"), ("0123456789abcdefg", "0123…defg")]
)
def test_a_mask_shows_only_the_ends_and_of_a_short_secret_less(secret: str, shown: str) -> None:
    assert masked(secret) == shown
