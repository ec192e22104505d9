"""``mockserver example``: each line is a payload, and it is what was asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mockserver.cli import main
from mockserver.contract.catalog import load
from mockserver.contract.readings import levels, settled
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator, Violation
from mockserver.kit.examples import examples
from mockserver.kit.generation.invalid import NoSuchRule
from mockserver.kit.generation.valid import NothingToSend
from mockserver.types import JSON

ROOT = Path(__file__).parents[2]
CATALOG = load()
SENDING = [each for service in CATALOG.services.values() for each in service.operations.values() if each.rules]
IMAGE = CATALOG.operation("kling/omni-image")


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ("example", *words))
    return result.exit_code, result.stdout, result.stderr


def printed(*words: str) -> list[JSON]:
    """Return the payloads of a run that goes well."""
    status, out, told = run(*words)
    assert (status, told) == (0, "")
    return [json.loads(line) for line in out.splitlines()]


def violations(operation: Operation, payload: JSON) -> tuple[Violation, ...]:
    questions = CATALOG.service(operation.service).questions
    readings = settled({operation.service: questions}, {})[operation.service]
    return Validator(operation.schema, operation.rules, levels(questions, readings)).violations(payload)


def broken_rules(operation: Operation, payload: JSON) -> set[str]:
    return {each.rule.id for each in violations(operation, payload)}


@pytest.mark.parametrize("operation", SENDING, ids=lambda operation: operation.id)
def test_the_service_accepts_every_example(operation: Operation) -> None:
    found = printed(operation.id, "--count", "5")
    assert len(found) == 5
    assert [each for payload in found for each in violations(operation, payload) if each.level == "error"] == []


def test_strict_examples_draw_no_warning_and_others_do() -> None:
    strict = printed("kling/omni-video", "--count", "30", "--strict")
    assert [each for payload in strict for each in violations(CATALOG.operation("kling/omni-video"), payload)] == []
    loose = printed("kling/omni-video", "--count", "30")
    assert any(violations(CATALOG.operation("kling/omni-video"), payload) for payload in loose)


@pytest.mark.parametrize("rule", ["prompt.required", "n.maximum", "image_list[].image.type", "o1-up-to-2k"])
def test_a_broken_example_breaks_that_rule_alone(rule: str) -> None:
    found = printed("kling/omni-image", "--break", rule, "--count", "3")
    assert len(found) == 3
    assert [[each.rule.id for each in violations(IMAGE, payload)] for payload in found] == [[rule]] * 3


def test_the_same_seed_prints_the_same_and_another_seed_something_else() -> None:
    def seeded(seed: str, *words: str) -> list[JSON]:
        return printed("kling/omni-image", "--count", "5", "--seed", seed, *words)

    for words in ((), ("--strict",), ("--break", "n.maximum")):
        assert seeded("7", *words) == seeded("7", *words)
        assert seeded("7", *words) != seeded("8", *words)


def test_more_examples_begin_with_those_of_fewer() -> None:
    assert printed("kling/omni-image", "--count", "9")[:4] == printed("kling/omni-image", "--count", "4")


def test_without_a_count_it_is_one_and_the_simplest() -> None:
    assert [payload.keys() for payload in printed("kling/omni-image")] == [{"prompt"}]


def test_a_line_is_one_line_whatever_letters_it_holds() -> None:
    _, out, _ = run("kling/omni-image", "--count", "50")
    assert out.isascii()
    assert any(not json.loads(line)["prompt"].isascii() for line in out.splitlines())


MISTAKES = {
    "operation": (("kling/omni-imag",), "no operation 'kling/omni-imag'; did you mean 'kling/omni-image'?"),
    "rule": (
        ("kling/omni-image", "--break", "prompt.maxLenght"),
        "no rule 'prompt.maxLenght' counts for kling/omni-image.create; did you mean 'prompt.maxLength'?",
    ),
    "nothing-to-send": (
        ("useapi/scheduler.list",),
        "useapi/scheduler.list takes no payload: its contract has neither a body nor a query for it",
    ),
    "none": (("kling/omni-image", "--count", "0"), "Invalid value for '--count': 0 is not in the range x>=1."),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line(name: str) -> None:
    words, fact = MISTAKES[name]
    status, out, told = run(*words)
    assert (status, out) == (2, "")
    (line,) = told.splitlines()
    assert line.startswith(f"mockserver: {fact}")


def test_it_works_without_the_kits_libraries_and_in_any_console() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('hypothesis', 'jinja2', 'pytest', 'httpx', 'respx')))\n"
        "from mockserver.cli import main; main(['example', 'kling/omni-image', '--count', '20'])"
    )
    command = [sys.executable, "-X", "utf8=0", "-c", code]
    found = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, env={"LC_ALL": "C"})
    assert (found.returncode, found.stderr) == (0, b"")
    assert len(found.stdout.splitlines()) == 20


@pytest.mark.parametrize("operation", SENDING, ids=lambda operation: operation.id)
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
        "from mockserver.kit.examples import examples;"
        "print(json.dumps([*examples(load().operation('kling/omni-image'), count=20, seed=3)]));"
        "sys.exit('hypothesis' in sys.modules)"
    )
    elsewhere = {**os.environ, "PYTHONHASHSEED": "7"}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=elsewhere)
    assert json.loads(ran.stdout) == [*examples(IMAGE, count=20, seed=3)]
