"""Steering: what a test does to a fake from outside, and 200 tests that share one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import IMAGE, VIDEO, CheckedFake


@pytest.mark.parametrize("status", ["processing", "succeed", "failed"])
def test_a_task_can_be_forced_into_any_state(fake: CheckedFake, status: str) -> None:
    task = fake.tasks.get("kling", fake.made())
    assert task is not None
    fake.tasks.force(task, status, "because")  # type: ignore[arg-type] # parametrized
    fake.clock.advance("1h")
    record = fake.get(IMAGE, task.id).data
    assert record["task_status"] == status
    assert (record.get("task_status_msg") == "because") == (status == "failed")


def test_a_final_task_can_be_sent_back(fake: CheckedFake) -> None:
    task = fake.tasks.get("kling", fake.made())
    assert task is not None
    fake.clock.advance("1h")
    fake.tasks.force(task, "submitted")
    assert fake.status(task.id) == "submitted"


def test_a_known_reason_is_said_in_the_services_words(fake: CheckedFake) -> None:
    task = fake.tasks.get("kling", fake.made())
    assert task is not None
    fake.tasks.force(task, "failed", "pixels")
    assert fake.get(IMAGE, task.id).data["task_status_msg"] == "Image pixel is invalid"


def test_a_deleted_task_is_not_found(fake: CheckedFake) -> None:
    id = fake.made(external_task_id="mine")
    task = fake.tasks.get("kling", id)
    assert task is not None
    fake.tasks.delete(task)
    assert fake.get(IMAGE, id).code == 1201
    assert fake.made(external_task_id="mine")


def test_a_callback_can_be_sent_again(fake: CheckedFake) -> None:
    fake.made(callback_url="http://127.0.0.1:1/hook")
    (first,) = fake.due()
    assert fake.callbacks.send_again(first.id) is not None
    assert [delivery.id for delivery in fake.due()] == [first.id]
    assert fake.callbacks.send_again("nothing") is None


def test_an_account_may_have_limits_of_its_own(fake: CheckedFake) -> None:
    fake.limit("small", slots=1, rate="2/m")
    assert [fake.create(VIDEO, token="small").code for _ in range(3)] == [0, 1303, 1302]
    assert [fake.create(VIDEO).code for _ in range(3)] == [0, 0, 0]


def test_a_rate_is_a_quota_that_refills_and_says_when() -> None:
    fake = CheckedFake(rate="2/10s")
    fake.clock.freeze()
    assert [fake.create().status for _ in range(2)] == [200, 200]
    refused = fake.create()
    assert (refused.status, refused.code, refused.headers["retry-after"]) == (429, 1302, "5")
    fake.clock.advance("4999ms")
    assert fake.create().status == 429
    fake.clock.advance("1ms")
    assert fake.create().status == 200


def test_a_reset_of_one_account_leaves_the_others_alone(fake: CheckedFake) -> None:
    for token in ("one", "two"):
        fake.made(token=token, external_task_id="same", callback_url="http://127.0.0.1:1/")
        fake.faults.add("hang", account=token)
    fake.due()
    fake.reset("one")
    assert [task.account for task in fake.tasks] == [fake.world.known_as("two")]
    assert {entry.account for entry in fake.requests} == {fake.world.known_as("two")}
    assert {delivery.account for delivery in fake.callbacks} == {fake.world.known_as("two")}
    assert [fault.account for _, fault, _ in fake.faults] == [fake.world.known_as("two")]


def test_two_hundred_tests_at_once_do_not_see_each_other(fake: CheckedFake) -> None:
    def one_test(number: int) -> None:
        token = f"test-{number}"
        fake.limit(token, slots=2)
        fake.faults.add("5000 x1", account=token)
        assert fake.create(token=token, external_task_id="same").code == 5000
        id = fake.made(token=token, external_task_id="same")
        assert fake.create(token=token, external_task_id="same").code == 1201
        assert fake.create(token=token).code == 0
        assert fake.create(token=token).code == 1303
        assert [record["task_id"] for record in fake.get(IMAGE, token=token).data][-1] == id
        assert fake.requests.verify("kling/omni-image.create", account=token, times=5).is_met
        if number % 2:
            fake.reset(token)
            assert fake.get(IMAGE, token=token).data == []

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one_test, range(200)))
    assert len(fake.tasks) == 200
