"""Suggestions: what is offered for a name that does not exist is near, exists, and is taken by the command."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator
from functools import cache
from zlib import crc32

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from mockserver.cli import main
from mockserver.contract.catalog import load
from mockserver.errors import (
    NoSuchCheck,
    NoSuchName,
    NoSuchOperation,
    NoSuchQuestion,
    NoSuchReading,
    NoSuchScenario,
    NoSuchService,
)
from mockserver.fake.faults.line import NoSuchFault, NoSuchPlace, kinds
from mockserver.fake.faults.profiles import NoSuchProfile, known
from mockserver.kit.checks import AnyCheck
from mockserver.kit.client.checks.registry import CHECKS as OF_CLIENTS
from mockserver.kit.client.scenarios import SCENARIOS
from mockserver.kit.generation.invalid import NoSuchRule
from mockserver.kit.server.checks.registry import CHECKS as OF_SERVERS
from mockserver.suggestions import near_names
from tests.support.representatives import CHOSEN

SERVICES = load().services
OPERATIONS = {operation.id: operation for service in SERVICES.values() for operation in service.operations.values()}
QUESTIONS = [question for service in SERVICES.values() for question in service.questions.values()]
CHECKS: dict[str, AnyCheck] = {**OF_CLIENTS, **OF_SERVERS}

NAMES: dict[type[NoSuchName], list[str]] = {
    NoSuchService: [*SERVICES],
    NoSuchOperation: [*OPERATIONS],
    NoSuchPlace: [*SERVICES, *OPERATIONS],
    NoSuchQuestion: [*{question.id for question in QUESTIONS}],
    NoSuchReading: [*{f"{question.id}={reading}" for question in QUESTIONS for reading in question.readings}],
    NoSuchCheck: [*CHECKS, *{check.family for check in CHECKS.values()}],
    NoSuchScenario: [*SCENARIOS],
    NoSuchFault: [kind.name for kind in kinds(SERVICES.values())],
    NoSuchProfile: [*known({})],
}
"""All names of each kind."""


def rules(operation: str) -> list[str]:
    return [rule.id for rule in OPERATIONS[operation].every_rule]


KNOWN = {kind.__name__: names for kind, names in NAMES.items()} | {id: rules(id) for id in sorted(CHOSEN) if rules(id)}
"""All names by what an error compares them with: a kind, or the rules of an operation."""


_MOST_SWEPT = 60
"""Names of a kind that are misspelt: each is compared with all others."""


def misspelt(name: str) -> Iterator[str]:
    """Yield a name with one letter dropped, swapped with its neighbour, doubled or in the other case.

    Which letter it is depends on the name; to try all would take a minute.
    """
    for at in [crc32(name.encode()) % len(name)]:
        letter = name[at]
        if letter in string.ascii_letters:
            yield name[:at] + name[at + 1 :]
            yield name[: at + 1] + name[at:]
            yield name[:at] + letter.swapcase() + name[at + 1 :]
            if name[at + 1 : at + 2].isalpha():
                yield name[:at] + name[at + 1] + letter + name[at + 2 :]


def test_each_kind_of_unknown_name_is_swept_here() -> None:
    def kinds_of(kind: type[NoSuchName]) -> set[type[NoSuchName]]:
        return {kind}.union(*(kinds_of(each) for each in kind.__subclasses__()))

    assert kinds_of(NoSuchName) - {NoSuchName} == NAMES.keys()


@pytest.mark.parametrize("kind", KNOWN)
def test_a_misspelt_name_is_offered_right(kind: str) -> None:
    known = {*KNOWN[kind]}
    for name in sorted(known)[:: 1 + len(known) // _MOST_SWEPT]:
        # Of a name of one or two letters nothing is left to know it by.
        wrong = [
            each for each in misspelt(name) if each not in known and (len(name) > 2 or each.lower() == name.lower())
        ]
        assert [each for each in wrong if name not in near_names(each, KNOWN[kind])] == []


@given(st.text("qxzjwv", min_size=3, max_size=20), st.sampled_from([*KNOWN]))
def test_a_word_that_is_like_none_is_offered_none(word: str, kind: str) -> None:
    assert near_names(word, KNOWN[kind]) == []


@pytest.mark.parametrize("kind", KNOWN)
def test_a_stranger_is_offered_none(kind: str) -> None:
    for word in ("nope", "something", "whatever-this-is", "unknown/thing", "a.b.c"):
        assert near_names(word, KNOWN[kind]) == []


@cache
def printed(command: str) -> str:
    program, *words = command.split()
    result = CliRunner().invoke(main, words)
    assert (program, result.exit_code) == ("mockserver", 0), result.output
    return result.stdout


@pytest.mark.parametrize("kind", NAMES, ids=lambda kind: kind.__name__)
def test_the_command_in_a_hint_lists_all_names(kind: type[NoSuchName]) -> None:
    (command,) = re.findall(r"\(`([^`]+)` lists all\)", str(kind("qqq", NAMES[kind])))
    text = printed(command)
    if kind is NoSuchReading:
        listed = {f"{id}={reading}" for id, inside in questions(text) for reading in inside}
    elif kind is NoSuchQuestion:
        listed = {id for id, _ in questions(text)}
    else:
        listed = {word for line in text.splitlines() for word in re.split(r"[ ,:]+", line)}
        listed |= {operation.partition("/")[0] for operation in listed}
    assert {*NAMES[kind]} <= listed


def questions(text: str) -> Iterator[tuple[str, list[str]]]:
    """Read what ``mockserver readings`` prints: each question with its readings."""
    for block in re.split(r"\n(?=\S)", text):
        first, *inside = block.splitlines()
        yield first.partition(": ")[0], [line.strip().partition(": ")[0] for line in inside]


@pytest.mark.parametrize("operation", sorted(id for id in CHOSEN if rules(id)))
def test_the_command_in_a_hint_lists_all_rules(operation: str) -> None:
    (command,) = re.findall(r"\(`([^`]+)` lists all\)", str(NoSuchRule("qqq", operation, rules(operation))))
    lines = [line.split("  ")[:2] for line in printed(command).splitlines()[::2]]
    assert lines == [[operation, rule] for rule in rules(operation)]


@cache
def suggested_for(operation: str) -> set[str]:
    """Return what is suggested for a name of an operation that is misspelt in some way."""
    wrong = [each for name in (operation, operation.removesuffix(".create")) for each in misspelt(name)]
    wrong += [operation.partition("/")[2], operation.rpartition(".")[0], f"{operation}.nothing", "qqq"]
    suggested: set[str] = set()
    for name in wrong:
        try:
            load().operation(name, with_payload=True)
        except NoSuchOperation as error:
            suggested |= {*re.findall(r"'([^']+)'", str(error).partition("; ")[2])}
    return suggested


@pytest.mark.parametrize("operation", sorted(CHOSEN))
@pytest.mark.parametrize("command", ["validate", "example"])
def test_what_a_command_suggests_is_what_it_takes(command: str, operation: str) -> None:
    assert suggested_for(operation)
    for name in suggested_for(operation):
        assert takes(command, name), name


@cache
def takes(command: str, operation: str) -> bool:
    payload = json.dumps({})
    words = [command, operation, "-"] if command == "validate" else [command, operation]
    return CliRunner().invoke(main, words, input=payload).exit_code != 2


@pytest.mark.parametrize("command", ["validate", "example"])
def test_a_command_uses_these_suggestions(command: str) -> None:
    words = [command, "kling/omni-image.gett"] + ["-"] * (command == "validate")
    error = CliRunner().invoke(main, words, input="{}").stderr
    assert "no operation 'kling/omni-image.gett'" in error
    assert ".get'?" not in error
