"""Faults that a prompt asks for."""

from __future__ import annotations

import pytest

from tests.conftest import IMAGE, NOON, CheckedFake


def test_a_prompt_is_refused_as_often_as_it_asks_for(fake: CheckedFake) -> None:
    answers = [fake.create(prompt="A cat [[mock: 1303 x2]]") for _ in range(4)]
    assert [answer.code for answer in answers] == [1303, 1303, 0, 0]


def test_another_prompt_and_another_account_count_for_themselves(fake: CheckedFake) -> None:
    assert fake.create(prompt="A cat [[mock: 1303 x1]]").code == 1303
    assert fake.create(prompt="A dog [[mock: 1303 x1]]").code == 1303
    assert fake.create(prompt="A cat [[mock: 1303 x1]]", token="another").code == 1303
    assert fake.create(prompt="A cat [[mock: 1303 x1]]").code == 0


def test_a_task_fails_when_its_prompt_says(fake: CheckedFake) -> None:
    fake.clock.freeze()
    id = fake.made(prompt="A cat [[mock: fail moderation after 40s]]")
    fake.clock.set(NOON + 39_999)
    assert fake.status(id) == "processing"
    fake.clock.set(NOON + 40_000)
    record = fake.get(IMAGE, id).data
    assert (record["task_status"], record["task_status_msg"]) == ("failed", "Failure to pass the risk control system")


def test_several_spells_in_one_prompt_all_work(fake: CheckedFake) -> None:
    prompt = "[[mock: 5000 x1]] a cat [[ mock:never-ends ]]"
    assert fake.create(prompt=prompt).code == 5000
    id = fake.made(prompt=prompt)
    fake.clock.advance("1h")
    assert fake.status(id) == "processing"


def test_a_poll_is_struck_when_the_spell_names_it(fake: CheckedFake) -> None:
    id = fake.made(prompt="A cat [[mock: 5000 x1 on kling/omni-image.get]]")
    assert [fake.get(IMAGE, id).code for _ in range(2)] == [5000, 0]


@pytest.mark.parametrize("spell", ["13x03", "", "trunkated", "hang on nowhere", "slow-body"])
def test_a_misspelt_spell_is_refused_and_makes_no_task(fake: CheckedFake, spell: str) -> None:
    answer = fake.create(prompt=f"A cat [[mock: {spell}]]")
    assert (answer.status, answer.code) == (400, 1201)
    assert answer.message.startswith("mock: ")
    assert len(fake.tasks) == 0


@pytest.mark.parametrize("prompt", ["[[a]]", "[[mock]]", "[mock: 1303]", "[[mock: 1303", "mock: 1303]]"])
def test_other_brackets_are_just_a_prompt(fake: CheckedFake, prompt: str) -> None:
    assert fake.create(prompt=prompt).code == 0


def test_a_reset_lets_a_spell_begin_again(fake: CheckedFake) -> None:
    assert fake.create(prompt="[[mock: 1303 x1]]").code == 1303
    fake.reset()
    assert fake.create(prompt="[[mock: 1303 x1]]").code == 1303
