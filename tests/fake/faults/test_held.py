"""What is held: on each store, whoever releases it, and nothing of it is lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.fake.callbacks.delivery import Attempt, Delivery, as_json, from_json
from mockserver.fake.clock import Clock
from mockserver.fake.core import Fake
from mockserver.fake.faults import held
from mockserver.fake.faults.held import Held
from mockserver.fake.handles import TooFewHeld
from mockserver.fake.stores.store import Bounds
from mockserver.settings import Settings
from mockserver.types import Request, Response
from tests.conftest import IMAGE, NOON
from tests.fake.stores.makers import MAKERS, Times

HOOK = "https://example.com/callback"
SHARED = [name for name, maker in MAKERS.items() if maker.url is not None]


def create(fake: Fake, token: str = "me", **fields: Any) -> Response:
    headers = {"host": "localhost", "authorization": f"Bearer {token}", "content-type": "application/json"}
    body = json.dumps({"prompt": "A cat", **fields}).encode()
    return fake.respond(Request("POST", IMAGE, "", headers, body))


def number(response: Response) -> int:
    assert response.wire is not None
    assert response.wire.held
    return response.wire.held


def left(fake: Fake, *numbers: int) -> set[int]:
    """Ask as whoever has the connections does."""
    return fake.turn(lambda: fake.world.held.left(numbers))


def told(deliveries: list[Delivery]) -> list[tuple[str, str]]:
    return [(delivery.task_id, delivery.status) for delivery in deliveries]


class Opening:
    """Opens fakes on one store, at times that the test moves."""

    def __init__(self, maker: str, folder: Path, stack: ExitStack) -> None:
        self.times = Times()
        self._maker, self._folder, self._stack = MAKERS[maker], folder, stack

    def __call__(self, **settings: Any) -> Fake:
        store = self._maker.open(self._folder, Bounds(), self.times)
        self._stack.callback(store.close)
        return Fake(Settings(**{"seed": 1, "pace": "real", **settings}), store=store)

    def go_on(self, fake: Fake, span: int) -> None:
        """Let the machine's time go on, and the fake notice it."""
        self.times.go_on(span)
        fake.store.beat()


@pytest.fixture
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Opening]]:
    with ExitStack() as stack:
        yield lambda maker: Opening(maker, tmp_path, stack)


@pytest.mark.parametrize("maker", MAKERS)
def test_what_is_held_is_done_listed_and_in_the_journal(opening: Callable[[str], Opening], maker: str) -> None:
    fake = opening(maker)()
    fake.faults.add("hold on *.create")
    first, second = create(fake), create(fake, token="you")
    assert (first.status, len(fake.tasks)) == (200, 2)
    assert [(each.number, each.kind, each.operation, each.task, each.account) for each in fake.held] == [
        (number(answer), "answer", "kling/omni-image.create", answer.task, fake.world.known_as(token))
        for answer, token in ((first, "me"), (second, "you"))
    ]
    entry = next(iter(fake.requests))
    assert entry.response.wire is not None
    assert entry.response.wire.held == number(second)
    assert entry.response.reason is not None
    assert "'hold on *.create' happened" in entry.response.reason.sentence
    assert fake.held.release(account="you") == 1
    assert left(fake, number(first), number(second)) == {number(first)}
    assert (fake.held.release(number(first)), fake.held.release(number(first)), len(fake.held)) == (1, 0, 0)


@pytest.mark.parametrize("maker", SHARED)
def test_what_one_holds_another_releases(opening: Callable[[str], Opening], maker: str) -> None:
    opened = opening(maker)
    one, two = opened(), opened()
    one.faults.add("hold")
    answers = [create(one) for _ in range(3)]
    assert [each.number for each in two.held.wait(3)] == [*map(number, answers)]
    two.held.release(number(answers[1]))
    assert left(one, *map(number, answers)) == {number(answers[0]), number(answers[2])}
    assert two.held.release() == 2
    assert left(one, *map(number, answers)) == set()


@pytest.mark.parametrize("maker", SHARED)
def test_what_a_process_held_that_has_died_is_not_waited_for(opening: Callable[[str], Opening], maker: str) -> None:
    opened = opening(maker)
    one, two = opened(), opened()
    one.faults.add("hold")
    answer = create(one)
    for _ in range(4):
        opened.go_on(one, 2000)
        opened.go_on(two, 0)
        assert left(one, number(answer)) == {number(answer)}
        assert len(two.held) == 1
    opened.go_on(two, held._ALIVE_MILLIS + 1000)
    assert (len(two.held), two.held.release(number(answer))) == (0, 0)


@pytest.mark.parametrize("maker", MAKERS)
def test_a_callback_that_is_held_is_sent_when_it_is_released(opening: Callable[[str], Opening], maker: str) -> None:
    fake = opening(maker)()
    fake.clock.freeze()
    fake.faults.add("callback-hold #2")
    id = create(fake, callback_url=HOOK).task
    fake.clock.advance("1h")
    assert told(fake.delivered()) == [(id, "submitted"), (id, "succeed")]
    (found,) = fake.held
    assert (found.kind, found.task, found.operation, found.since) == (
        "callback",
        id,
        "kling/omni-image.create",
        fake.clock.now(),
    )
    assert [each.is_held for each in fake.callbacks] == [False, True, False]
    assert fake.delivered() == []
    assert fake.held.release(found.number) == 1
    assert [each.is_held for each in fake.callbacks] == [False, False, False]
    assert told(fake.delivered()) == [(id, "processing")]
    assert fake.unfinished(fake.clock.now()) == 0
    assert all(each.is_delivered for each in fake.callbacks)


@pytest.mark.parametrize("maker", SHARED)
def test_a_callback_stays_held_across_a_restart(opening: Callable[[str], Opening], maker: str) -> None:
    opened = opening(maker)
    one = opened(pace="instant")
    one.clock.freeze()
    one.faults.add("callback-hold x1")
    id = create(one, callback_url=HOOK).task
    assert told(one.delivered()) == [(id, "processing"), (id, "succeed")]
    one.store.close()
    opened.go_on(two := opened(pace="instant"), 60_000)
    assert [(each.kind, each.task) for each in two.held] == [("callback", id)]
    assert two.delivered() == []
    two.held.release()
    assert told(two.delivered()) == [(id, "submitted")]


def test_a_callback_waits_for_its_release_and_for_its_delay() -> None:
    fake = Fake(Settings(pace="instant"))
    fake.clock.freeze()
    fake.faults.add("callback-hold x1")
    fake.faults.add("callback-delayed 10s x1")
    create(fake, callback_url=HOOK)
    fake.delivered()
    fake.held.release()
    assert fake.delivered() == []
    fake.clock.advance("10s")
    assert [each.status for each in fake.delivered()] == ["submitted"]


def test_a_callback_that_is_held_can_be_sent_again_and_stays_held() -> None:
    fake = Fake(Settings(pace="instant"))
    fake.clock.freeze()
    fake.faults.add("callback-hold x1")
    create(fake, callback_url=HOOK)
    fake.delivered()
    (found,) = fake.held
    assert found.delivery is not None
    assert fake.callbacks.send_again(found.delivery.id) is not None
    assert [each.status for each in fake.delivered()] == ["submitted"]
    assert next(iter(fake.callbacks)).is_held
    fake.held.release()
    assert [each.status for each in fake.delivered()] == ["submitted"]
    first = next(iter(fake.callbacks))
    assert (len(first.attempts), first.is_held) == (2, False)


def test_a_callback_that_is_released_waits_for_the_one_that_is_out() -> None:
    fake = Fake(Settings(pace="instant"))
    fake.clock.freeze()
    fake.faults.add("callback-hold x1")
    create(fake, callback_url=HOOK)
    (out,) = fake.due()
    fake.held.release()
    assert (out.status, fake.due()) == ("processing", [])
    fake.attempted(out, Attempt(fake.clock.now(), 5, 200))
    assert [each.status for each in fake.delivered()] == ["succeed", "submitted"]


def test_a_callback_of_a_task_that_is_gone_is_not_sent() -> None:
    fake = Fake(Settings(pace="instant"))
    fake.faults.add("callback-hold")
    create(fake, callback_url=HOOK)
    fake.delivered()
    fake.tasks.delete(next(iter(fake.tasks)))
    assert fake.held.release() == 3
    assert (fake.delivered(), len(fake.held)) == ([], 0)


def test_a_reset_lets_answers_go_and_forgets_callbacks() -> None:
    fake = Fake(Settings(pace="instant"))
    fake.faults.add("hold")
    fake.faults.add("callback-hold")
    mine, yours = create(fake, callback_url=HOOK), create(fake, token="you", callback_url=HOOK)
    fake.delivered()
    fake.reset(account="you")
    assert left(fake, number(mine), number(yours)) == {number(mine)}
    assert {each.account for each in fake.held} == {fake.world.known_as("me")}
    fake.reset()
    assert (left(fake, number(mine)), len(fake.held), fake.delivered()) == (set(), 0, [])


def test_of_too_many_the_oldest_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "MOST", 3)
    fake = Fake(Settings(pace="instant"))
    fake.faults.add("callback-hold x1")
    fake.faults.add("hold")
    numbers = [number(create(fake, callback_url=HOOK))]
    fake.delivered()
    numbers += [number(create(fake)) for _ in range(3)]
    assert [each.number for each in fake.held] == numbers[1:]
    assert "submitted" in [each.status for each in fake.delivered()]
    assert left(fake, *numbers) == {*numbers[1:]}


def test_who_waits_in_vain_is_told_what_was_held() -> None:
    fake = Fake(Settings())
    fake.faults.add("hold")
    create(fake)
    assert [each.kind for each in fake.held.wait()] == ["answer"]
    with pytest.raises(TooFewHeld, match=r"1 held after 0.02 s, not 2\. Is the fault in force") as caught:
        fake.held.wait(2, timeout=0.02)
    assert (caught.value.count, caught.value.held) == (2, 1)


def test_a_callback_that_an_earlier_release_has_kept_is_read() -> None:
    delivery = Delivery("id", "kling", "1", "me", "succeed", HOOK, b"{}", NOON, claim=3)
    assert from_json(as_json(delivery)[:-1]) == from_json(as_json(delivery)) == delivery
    assert not from_json(as_json(delivery)[:-1]).is_held


ACTIONS = st.lists(st.sampled_from(["create", "advance", "deliver", "release first", "release last"]), max_size=25)


@given(ACTIONS, st.integers(0, 9))
def test_whatever_is_held_and_released_each_callback_comes_once(actions: list[str], seed: int) -> None:
    fake = Fake(Settings(seed=seed, pace="fast"), clock=Clock(lambda: NOON))
    fake.faults.add("callback-hold 50%")
    ids: list[str] = []
    came: list[tuple[str, str]] = []
    for action in actions:
        if action == "create":
            ids.append(str(create(fake, callback_url=HOOK).task))
        elif action == "advance":
            fake.clock.advance("1s")
        elif action == "deliver":
            came += told(fake.delivered())
        elif waiting := list(fake.held):
            fake.held.release(waiting[0 if action == "release first" else -1].number)
    fake.clock.advance("1h")
    came += told(fake.delivered())
    fake.held.release()
    came += told(fake.delivered())
    assert Counter(came) == Counter((id, status) for id in ids for status in ("submitted", "processing", "succeed"))
    assert (len(fake.held), len(fake.world.callbacks)) == (0, 0)


def test_a_held_thing_is_read_as_it_was_written() -> None:
    delivery = Delivery("id", "kling", "1", "me", "succeed", HOOK, b"{}", NOON, is_held=True)
    for found in (
        Held(1, "answer", "kling/omni-image.create", None, "me", NOON, 7),
        Held(2, "callback", "kling/omni-image.create", "1", "me", NOON, delivery=delivery),
    ):
        assert held._HELD.read(json.loads(json.dumps(held._HELD.write(found)))) == found
