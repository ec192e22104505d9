"""Records: a task is found in the answers of both dialects, and nonsense is found to be none."""

import json

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.layout import Layout
from mockserver.kit.task_view import TaskView, lasting, task_views
from mockserver.resources import folder
from mockserver.types import JSON

LAYOUTS = {id: service.layout for id, service in load().services.items()}
KLING_LAYOUT = json.loads((folder("schemas") / "kling" / "service.json").read_text(encoding="utf-8"))["layout"]
KLING, USEAPI = LAYOUTS["kling"], LAYOUTS["useapi"]
IMAGES = {"images": [{"index": 0, "url": "http://a/0"}, {"index": 1, "url": "http://a/1"}]}
AT_KLING = {
    "task_id": "17",
    "task_status": "succeed",
    "created_at": 1,
    "updated_at": 2,
    "task_info": {"external_task_id": "mine"},
    "task_result": IMAGES,
}
AT_USEAPI = {
    "task": {"id": 17, "createTime": 1, "updateTime": 2},
    "status_name": "succeed",
    "works": [{"resource": {"resource": "http://a/0"}}, {"resource": {"resource": "http://a/1"}}],
    "request": {"replyRef": "mine"},
}


@pytest.mark.parametrize(
    "record", [TaskView(AT_KLING, KLING), TaskView(AT_USEAPI, USEAPI), TaskView.of({"data": AT_KLING}, KLING)]
)
def test_both_dialects_say_the_same(record: TaskView) -> None:
    assert (record.id, record.status, record.is_final) == ("17", "succeed", True)
    assert (record.created_at, record.updated_at, record.external_id) == (1, 2, "mine")
    assert record.urls == ["http://a/0", "http://a/1"]
    assert len(record.results) == 2


def test_of_several_names_that_a_url_may_have_those_count_that_are_there() -> None:
    shot: JSON = {"index": 0, "url_1": "http://a/1", "url_2": "http://a/2", "url_3": "http://a/3"}
    record = TaskView(
        {**AT_KLING, "task_result": {"images": [shot, {"index": 1}, {"index": 2, "url": "http://a"}]}}, KLING
    )
    assert len(record.results) == 3
    assert [name for _, name in record.result_urls] == ["url_1", "url_2", "url_3", "url", "url"]
    assert sorted(record.urls) == ["http://a", "http://a/1", "http://a/2", "http://a/3"]


@pytest.mark.parametrize("layout", LAYOUTS.values())
@pytest.mark.parametrize(
    "answer", [None, 1, [], {}, {"data": None}, {"data": []}, {"data": {"task_id": True}}, {"task": {"id": ""}}]
)
def test_nonsense_is_no_task(answer: JSON, layout: Layout) -> None:
    assert TaskView.of(answer, layout) is None


@pytest.mark.parametrize("status", [True, None, ["succeed"], {"task_status": "succeed"}, 5.5])
def test_fields_of_a_wrong_type_are_not_there(status: JSON) -> None:
    record = TaskView({"task_status": status, "created_at": True, "task_result": {"images": [None, {"url": 1}]}}, KLING)
    assert (record.status, record.created_at, record.urls) == (None, None, [])


def test_a_state_may_be_a_number_as_some_services_write_it() -> None:
    spelled = Layout.parse({**KLING_LAYOUT, "states": {"succeed": "99"}})
    assert [TaskView({"task_status": word}, spelled).state for word in (99, "99", 5)] == ["succeed", "succeed", None]


def test_a_list_has_tasks_in_order() -> None:
    assert [record.id for record in task_views({"data": [AT_KLING, {"task_id": "18"}]}, KLING)] == ["17", "18"]
    assert [record.id for record in task_views({"history": [AT_USEAPI]}, USEAPI)] == ["17"]
    assert task_views({"data": "no"}, KLING) == []


def test_a_signature_of_a_url_may_change() -> None:
    one, other = ({"url": f"http://a/b?signature={n}", "at": n} for n in (1, 2))
    assert lasting(one) != lasting(other)
    assert lasting([one], frozenset({"at"})) == lasting([other], frozenset({"at"}))


def test_a_dialect_may_spell_its_states_as_it_likes() -> None:
    spelled = Layout.parse({**KLING_LAYOUT, "states": {"succeed": "succeeded"}})
    seen = [TaskView({"task_status": word}, spelled) for word in ("succeeded", "succeed", "failed", "odd")]
    assert [(view.state, view.is_final) for view in seen] == [
        ("succeed", True),
        (None, False),
        ("failed", True),
        (None, False),
    ]
