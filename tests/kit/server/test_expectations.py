"""Expectations: an open question leaves all of its readings possible, a settled one leaves one."""

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.rules import Rule
from mockserver.errors import NoSuchReading
from mockserver.kit.generation.choices import Simplest
from mockserver.kit.generation.invalid import InvalidPayloads
from mockserver.kit.server.expectations import Expectations, as_query
from mockserver.kit.server.watched_tasks import base_payload
from tests.support.sampling import sampled

CATALOG = load()
IMAGE = CATALOG.operation("kling/omni-image.create")


def expecting(service: str = "kling", **chosen: str) -> Expectations:
    return Expectations(
        CATALOG, CATALOG.service(service), {name.replace("_", "-"): reading for name, reading in chosen.items()}
    )


def rule(name: str) -> Rule:
    return next(rule for rule in IMAGE.rules if rule.id == name)


def test_an_open_question_leaves_all_of_its_readings_possible() -> None:
    assert expecting().possible("missing-task") == {"400-1201", "404-1203"}


def test_a_settled_question_leaves_one() -> None:
    assert expecting(missing_task="400-1201").possible("missing-task") == {"400-1201"}


def test_a_question_of_another_service_leaves_none() -> None:
    assert expecting("useapi").possible("missing-task") == frozenset()


def test_an_unknown_reading_is_refused() -> None:
    with pytest.raises(NoSuchReading):
        expecting(missing_task="418")


def test_a_reading_of_another_service_settles_nothing() -> None:
    found = Expectations(CATALOG, CATALOG.service("kling"), {"useapi/content-type": "accepted"})
    assert found.chosen == {}


def test_what_one_reading_accepts_need_not_be_refused() -> None:
    series = {"prompt": "x", "model_name": "kling-image-o1", "resolution": "4k"}
    assert not expecting().is_refused(IMAGE, rule("o1-up-to-2k"), series)
    assert expecting(o1_abilities="refused").is_refused(IMAGE, rule("o1-up-to-2k"), series)
    assert not expecting(o1_abilities="accepted").is_refused(IMAGE, rule("o1-up-to-2k"), series)


def test_what_one_reading_refuses_need_not_be_accepted() -> None:
    dangling = {"prompt": "<<<image_3>>>"}
    assert not expecting().is_accepted(IMAGE, dangling)
    assert expecting().is_accepted(IMAGE, {"prompt": "x"})


def test_null_must_be_refused_only_where_that_was_settled() -> None:
    assert not expecting().is_refused(IMAGE, rule("n.type"), {"prompt": "x", "n": None})
    assert expecting(null_field="refused").is_refused(IMAGE, rule("n.type"), {"prompt": "x", "n": None})


def test_a_picture_that_is_too_small_may_fail_later() -> None:
    small = InvalidPayloads.of(IMAGE).simplest(rule("image_list[].image.x-image-side")).payload
    assert not expecting().is_refused(IMAGE, rule("image_list[].image.x-image-side"), small)
    assert expecting(media_fault="refused").is_refused(IMAGE, rule("image_list[].image.x-image-side"), small)


def test_a_page_out_of_range_may_be_clamped() -> None:
    pages = CATALOG.operation("kling/omni-image.list")
    too_far = next(rule for rule in pages.rules if rule.id == "pageNum.maximum")
    assert not expecting().is_refused(pages, too_far, {"pageNum": 1001})
    assert expecting(page_range="refused").is_refused(pages, too_far, {"pageNum": 1001})


@pytest.mark.parametrize("service", sampled(CATALOG.services, 1))
def test_some_rules_of_every_service_are_certain_and_the_simplest_payload_is_good(service: str) -> None:
    found = expecting(service)
    for create in [*found.create_operations()][:3]:
        source = InvalidPayloads.of(create)
        certain = [r.id for r in source.rules if found.is_refused(create, r, source.simplest(r).payload)]
        assert len(certain) >= min(10, len(source.rules) // 2), create.id
        assert found.is_accepted(create, base_payload(found, create)), create.id


def test_a_gateway_may_show_no_tasks() -> None:
    create = CATALOG.operation("yutoai/omni-image.create")
    get = expecting("yutoai").get_operation(create)
    assert get is not None
    assert expecting("yutoai").may_be_absent(get)
    assert not expecting("yutoai", gateway_query="same-path").may_be_absent(get)
    assert expecting("yutoai", gateway_query="none").get_operation(create) is None
    assert not expecting().may_be_absent(CATALOG.operation("kling/omni-image.get"))


def test_tasks_are_shown_by_the_operation_of_their_product_or_by_the_only_one() -> None:
    assert expecting().list_operation(CATALOG.operation("kling/omni-video.create")) is CATALOG.operation(
        "kling/omni-video.list"
    )
    assert expecting("useapi").get_operation(CATALOG.operation("useapi/omni-image.create")) is CATALOG.operation(
        "useapi/tasks.get"
    )


def test_a_query_is_text() -> None:
    assert as_query({"a": 1, "b": True, "c": None, "d": "x", "e": 1.5}) == {
        "a": "1",
        "b": "true",
        "c": "",
        "d": "x",
        "e": "1.5",
    }


def test_only_readings_that_make_a_difference_to_payloads_start_another_search() -> None:
    assert expecting(missing_task="404-1203", callback_on="end-only", null_field="absent").of_payloads == {}
    assert expecting(null_field="refused", o1_sound="refused", list_order="oldest-first").of_payloads == {
        "null-field": "refused",
        "o1-sound": "refused",
    }


def test_a_payload_that_breaks_two_rules_breaks_neither_alone() -> None:
    found = InvalidPayloads.of(IMAGE).generate(rule("n.maximum"), Simplest())
    assert found is not None
    assert expecting().breaks_alone(IMAGE, rule("n.maximum"), found.payload)
    assert not expecting().breaks_alone(IMAGE, rule("n.type"), found.payload)
    assert not expecting().breaks_alone(IMAGE, rule("n.maximum"), {**found.payload, "resolution": "16k"})
