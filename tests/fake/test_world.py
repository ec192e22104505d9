"""The world: slots, paces, force, expiry, and a change of settings that is whole or not at all."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.contract.vectors import picture
from mockserver.errors import BadSetting, MockserverError, NoSuchReading, NoSuchService
from mockserver.fake.encoding import encoded
from mockserver.fake.lifecycle import FINAL
from mockserver.fake.world import RETENTION_MILLIS
from mockserver.settings import Key, Settings
from mockserver.types import JSON
from tests.conftest import IMAGE, NOON, VIDEO, CheckedFake
from tests.support.sampling import draws

NO_SLOT = (429, 1303, "parallel task over resource pack limit")
RANK = {"submitted": 0, "processing": 1, "succeed": 2, "failed": 2}
SERIES: dict[str, Any] = {
    "model_name": "kling-v3-omni",
    "result_type": "series",
    "image_list": [{"image": "https://a.b/c"}],
}


def told(fake: CheckedFake, path: str = IMAGE, *, token: str = "me", **fields: Any) -> tuple[int, int, str]:
    answer = fake.create(path, token=token, **fields)
    return answer.status, answer.code, answer.message


MADE = (200, 0, "SUCCEED")


def test_without_a_limit_any_number_of_tasks_is_in_flight(fake: CheckedFake) -> None:
    assert [told(fake, n=9) for _ in range(50)] == [MADE] * 50


def test_a_film_takes_one_slot_and_over_the_limit_it_is_429_1303() -> None:
    fake = CheckedFake(slots=2)
    assert [told(fake, VIDEO) for _ in range(4)] == [MADE, MADE, NO_SLOT, NO_SLOT]


def test_an_image_takes_a_slot_for_each_result() -> None:
    fake = CheckedFake(slots=9)
    assert [told(fake, n=n) for n in (4, 4, 2, 1, 1)] == [MADE, MADE, NO_SLOT, MADE, NO_SLOT]


def test_more_images_than_slots_are_refused_on_an_idle_account() -> None:
    assert told(CheckedFake(slots=3), n=4) == NO_SLOT


@pytest.mark.parametrize(("reading", "left"), [("images", 2), ("one", 8)])
@pytest.mark.parametrize("amount", [7, "7"])
def test_how_many_slots_a_series_takes_is_a_reading(reading: str, left: int, amount: object) -> None:
    fake = CheckedFake(slots=9, readings={"series-slots": reading})
    assert told(fake, **SERIES, series_amount=amount) == MADE
    assert told(fake, model_name="kling-v3-omni", n=min(left + 1, 9)) == NO_SLOT
    assert told(fake, model_name="kling-v3-omni", n=left) == MADE


def test_slots_are_counted_by_account_and_model() -> None:
    fake = CheckedFake(slots=1)
    assert told(fake) == MADE
    assert told(fake) == NO_SLOT
    assert told(fake, model_name="kling-image-o1") == NO_SLOT
    assert told(fake, model_name="kling-v3-omni") == MADE
    assert told(fake, VIDEO) == MADE
    assert told(fake, token="you") == MADE


@pytest.mark.parametrize(("path", "span"), [(IMAGE, 2000), (VIDEO, 4000)])
def test_a_slot_is_free_on_the_millisecond_of_the_end(path: str, span: int) -> None:
    fake = CheckedFake(slots=1)
    assert told(fake, path) == MADE
    fake.clock.advance(span - 1)
    assert told(fake, path) == NO_SLOT
    fake.clock.advance(1)
    assert told(fake, path) == MADE


def test_a_failure_frees_its_slot_too() -> None:
    fake = CheckedFake(slots=1)
    fake.made()
    (task,) = fake.world.tasks.newest()
    fake.world.force(task, "failed", fake.clock.now(), "The moderators said no")
    assert told(fake) == MADE


def test_a_refused_create_takes_no_slot_and_leaves_no_task() -> None:
    fake = CheckedFake(slots=1)
    assert told(fake, n=10)[1] == 1201
    assert told(fake, n=2) == NO_SLOT
    assert len(fake.world.tasks) == 0
    assert told(fake) == MADE


@given(st.integers(1, 12), st.lists(st.tuples(st.integers(1, 9), st.integers(0, 1500)), max_size=25))
@settings(max_examples=draws(40))
def test_never_are_more_results_in_flight_than_there_are_slots(slots: int, steps: list[tuple[int, int]]) -> None:
    fake = CheckedFake(slots=slots, services=("kling",))
    flying: list[tuple[int, int]] = []
    for n, span in steps:
        now = fake.clock.now()
        taken = sum(amount for end, amount in flying if end > now)
        assert told(fake, n=n) == (MADE if taken + n <= slots else NO_SLOT)
        if taken + n <= slots:
            flying.append((now + 2000, n))
        fake.clock.advance(span)


@pytest.mark.parametrize("looks", [1, 2, 5])
@pytest.mark.parametrize("path", [IMAGE, VIDEO])
def test_under_polls_each_step_takes_so_many_looks_and_no_time(looks: int, path: str) -> None:
    fake = CheckedFake(pace=f"polls:{looks}")
    id = fake.made(path)
    fake.clock.advance(10**9)
    seen = [fake.status(id, path) for _ in range(3 * looks)]
    assert seen == ["submitted"] * (looks - 1) + ["processing"] * looks + ["succeed"] * (looks + 1)


def test_under_polls_a_list_is_a_look_at_each_of_its_tasks_and_another_task_is_none() -> None:
    fake = CheckedFake(pace="polls:1")
    first, second = fake.made(), fake.made()
    assert fake.status(first) == "processing"
    assert [task["task_status"] for task in fake.get(IMAGE).data] == ["processing", "succeed"]
    assert fake.status(second) == "succeed"


def test_under_polls_a_task_that_will_fail_fails() -> None:
    fake = CheckedFake(pace="polls:1", readings={"media-fault": "task-failed"})
    id = fake.made(image_list=[{"image": picture(299, 300)}])
    assert [fake.status(id) for _ in range(3)] == ["processing", "failed", "failed"]


PACES = st.sampled_from(["real", "fast", "instant", "polls:1", "polls:2", "polls:3"])
STEPS = st.lists(st.tuples(st.sampled_from(["get", "list", "wait", "force"]), st.integers(0, 40_000)), max_size=25)


@given(PACES, st.sampled_from([IMAGE, VIDEO]), STEPS)
@settings(max_examples=draws(80))
def test_under_every_pace_and_force_states_only_move_ahead_and_updated_at_lies_between(
    pace: str, path: str, steps: list[tuple[str, int]]
) -> None:
    fake = CheckedFake(pace=pace, services=("kling",))
    created = fake.create(path).data
    last = (created["task_status"], created["updated_at"])
    assert last == ("submitted", NOON)
    for step, span in steps:
        fake.clock.advance(span if step == "wait" else 0)
        if step == "force":
            (task,) = fake.world.tasks.newest()
            ahead = [status for status in ("processing", "failed") if RANK[status] > RANK[last[0]]]
            if not task.is_final(fake.clock.now()) and ahead:
                fake.world.force(task, ahead[span % len(ahead)], fake.clock.now())  # type: ignore[arg-type]
        data = fake.get(path).data[0] if step == "list" else fake.get(path, created["task_id"]).data
        now = (data["task_status"], data["updated_at"])
        assert RANK[last[0]] <= RANK[now[0]]
        assert last[0] not in FINAL or now == last
        assert data["created_at"] == NOON <= last[1] <= now[1] <= fake.clock.now()
        last = now


@pytest.mark.parametrize("status", ["submitted", "processing", "succeed", "failed"])
def test_a_task_can_be_forced_into_every_state_and_is_shown_in_it(fake: CheckedFake, status: str) -> None:
    id = fake.made()
    fake.clock.advance(700)
    (task,) = fake.world.tasks.newest()
    fake.world.force(task, status, fake.clock.now(), "The moderators said no")  # type: ignore[arg-type]
    fake.clock.advance(100_000)
    data = fake.get(IMAGE, id).data
    # At 700 ms it was processing already, and had been since 500.
    assert (data["task_status"], data["updated_at"]) == (status, NOON + (500 if status == "processing" else 700))
    assert data.get("task_status_msg") == ("The moderators said no" if status == "failed" else None)


def test_a_task_that_is_forced_to_fail_without_a_reason_is_shown_with_one(fake: CheckedFake) -> None:
    id = fake.made()
    (task,) = fake.world.tasks.newest()
    fake.world.force(task, "failed", fake.clock.now())
    assert fake.get(IMAGE, id).data["task_status_msg"]


def test_results_are_kept_for_thirty_days_from_the_end(fake: CheckedFake) -> None:
    fake.made()
    (task,) = fake.world.tasks.newest()
    assert not fake.world.is_expired(task, NOON + 2000 + RETENTION_MILLIS - 1)
    assert fake.world.is_expired(task, NOON + 2000 + RETENTION_MILLIS)


def test_a_tasks_payload_is_what_was_sent(fake: CheckedFake) -> None:
    payload = {"prompt": "猫" * 2000, "n": 2, "foo": {"bar": [1.5, None]}}
    fake.post(IMAGE, payload)
    (task,) = fake.world.tasks.newest()
    assert fake.world.sent(task) == payload
    assert fake.world.operation(task).id == "kling/omni-image.create"


def test_a_reset_forgets_tasks_callbacks_and_exchanges_and_keeps_settings_and_time(fake: CheckedFake) -> None:
    fake.clock.advance(77)
    id = fake.made(callback_url="http://127.0.0.1:9/", external_task_id="order-17")
    fake.reset()
    assert (len(fake.world.tasks), len(fake.world.journal), fake.next_delivery) == (0, 0, None)
    assert fake.get(IMAGE, id).code == 1201
    assert fake.get(IMAGE).data == []
    assert fake.clock.now() == NOON + 77
    assert fake.made(external_task_id="order-17") != id


@pytest.mark.usefixtures("in_memory")  # no store keeps keys
def test_a_change_of_settings_leaves_the_tasks_as_they_were(fake: CheckedFake) -> None:
    id = fake.made()
    fake.reconfigure(Settings(pace="real", slots=1, keys=(Key("a"),), readings={"success-message": "success"}))
    fake.clock.advance(2000)
    assert fake.get(IMAGE, id, token="a").status == 400
    assert fake.get(IMAGE, id).code == 1002
    fake.reconfigure(Settings(pace="real", readings={"success-message": "success"}))
    answer = fake.get(IMAGE, id)
    assert (answer.data["task_status"], answer.message) == ("succeed", "success")
    assert fake.status(fake.made()) == "submitted"


def test_a_change_of_readings_changes_the_level_of_rules(fake: CheckedFake) -> None:
    dangling = {"prompt": "<<<image_1>>>"}
    assert fake.post(IMAGE, dangling).status == 200
    fake.reconfigure(Settings(readings={"dangling-reference": "refused"}))
    assert fake.post(IMAGE, dangling).rules == ["references-exist"]
    assert fake.post(IMAGE, dangling).status == 400


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"pace": "slow"}, BadSetting),
        ({"services": ("nobody",)}, NoSuchService),
        ({"readings": {"no-such": "reading"}}, NoSuchReading),
        ({"readings": {"callback-on": "never"}}, NoSuchReading),
        ({"readings": {"success-message": "success"}, "pace": "polls:0"}, BadSetting),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_and_change_nothing(
    fake: CheckedFake, wrong: dict[str, Any], error: type[MockserverError]
) -> None:
    with pytest.raises(error):
        CheckedFake(**wrong)
    world = fake.world
    before = (world.settings, world.services, world.readings, world.pace)
    with pytest.raises(error):
        fake.reconfigure(Settings(**wrong))
    assert (world.settings, world.services, world.readings, world.pace) == before
    assert fake.create().message == "SUCCEED"


def test_a_service_that_is_left_out_answers_no_more_and_comes_back_with_its_tasks() -> None:
    fake = CheckedFake()
    id = fake.made(callback_url="http://127.0.0.1:9/")
    fake.reconfigure(Settings(services=("chainhub",)))
    assert fake.get(IMAGE, id).code == 1203
    fake.clock.advance(2000)
    assert [delivery.status for delivery in fake.delivered()] == ["submitted", "processing", "succeed"]
    fake.reconfigure(Settings())
    assert fake.status(id) == "succeed"


def test_a_service_can_be_added_later() -> None:
    fake = CheckedFake(services=("chainhub",))
    assert fake.create().code == 1203
    fake.reconfigure(Settings(services=("kling", "chainhub")))
    assert fake.create().status == 200


def test_the_same_seed_makes_the_same_answers() -> None:
    def life(seed: int) -> list[object]:
        fake = CheckedFake(seed=seed)
        return [fake.create(n=n).json for n in (1, 10, 2)]

    assert life(3) == life(3)
    assert life(3) != life(4)


def test_what_is_written_is_json_that_keeps_the_scripts_of_the_world(fake: CheckedFake) -> None:
    fake.made(external_task_id="訂單 17/\N{GRINNING FACE}")
    body = next(iter(fake.world.journal)).response.body
    assert "訂單 17/\N{GRINNING FACE}" in body.decode()
    assert b", " not in body
    assert json.loads(body)["code"] == 0


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    )
)
def test_an_answer_is_written_as_the_standard_library_writes_it(body: JSON) -> None:
    usual = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    assert encoded(body) == usual.encode(errors="backslashreplace")
