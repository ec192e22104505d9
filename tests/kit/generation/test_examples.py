"""Examples are payloads that can be printed: the same for the same seed, the simplest first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from mockserver.contract.catalog import Operation, load
from mockserver.contract.validation import Validator
from mockserver.kit.generation.examples import examples
from mockserver.kit.generation.invalid import NoSuchRule
from mockserver.kit.generation.valid import NothingToSend, ruled
from mockserver.types import JSON

EVERY = [each for service in load().services.values() for each in service.operations.values() if each.rules]
IMAGE = load().operation("kling/omni-image")


def broken_rules(operation: Operation, payload: JSON) -> set[str]:
    judged = Validator(operation.schema, operation.rules, ruled(operation, None))
    return {each.rule.id for each in judged.violations(payload)}


@pytest.mark.parametrize("operation", [pytest.param(each, id=each.id) for each in EVERY])
def test_examples_are_as_many_as_were_asked_for_valid_and_json(operation: Operation) -> None:
    made = [json.loads(json.dumps(payload, ensure_ascii=False).encode()) for payload in examples(operation, count=12)]
    assert (len(made), [payload for payload in made if broken_rules(operation, payload)]) == (12, [])


def test_the_first_example_is_the_simplest() -> None:
    assert next(examples(IMAGE, seed=7)) == {"prompt": "Put the cat on the moon"}


@pytest.mark.parametrize("how", [{}, {"break_rule": "ten-references"}])
def test_a_seed_repeats_and_another_one_does_not(how: dict[str, Any]) -> None:
    once, again, other = ([*examples(IMAGE, count=10, seed=seed, **how)] for seed in (1, 1, 2))
    assert once == again != other


def test_an_example_of_a_break_breaks_that_rule_alone() -> None:
    made = [*examples(IMAGE, count=10, break_rule="ten-references")]
    assert (len(made), [broken_rules(IMAGE, payload) for payload in made]) == (10, [{"ten-references"}] * 10)


def test_examples_that_are_not_strict_may_draw_a_warning() -> None:
    made = [*examples(IMAGE, count=40, strict=False)]
    assert any(broken_rules(IMAGE, payload) for payload in made)


def test_a_reading_is_heeded() -> None:
    with pytest.raises(NoSuchRule):
        examples(load().operation("kling/omni-video"), break_rule="video-excludes-4k")
    held = {"spring-2026": "held"}
    assert next(examples(load().operation("kling/omni-video"), break_rule="video-excludes-4k", readings=held))


def test_what_cannot_be_made_is_refused_at_once() -> None:
    with pytest.raises(NothingToSend):
        examples(load().operation("kling/omni-image.get"))


def test_examples_are_the_same_in_another_process_and_need_no_hypothesis() -> None:
    code = (
        "import json, sys; from mockserver.contract.catalog import load;"
        "from mockserver.kit.generation.examples import examples;"
        "print(json.dumps([*examples(load().operation('kling/omni-image'), count=20, seed=3)]));"
        "sys.exit('hypothesis' in sys.modules)"
    )
    elsewhere = {**os.environ, "PYTHONHASHSEED": "7"}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=elsewhere)
    assert json.loads(ran.stdout) == [*examples(IMAGE, count=20, seed=3)]
