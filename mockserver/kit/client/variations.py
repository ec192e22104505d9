"""Variations: what is played again under each other answer to an open question; a good client survives all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mockserver.contract.catalog import Catalog, Operation
from mockserver.contract.readings import levels
from mockserver.contract.validation import Validator
from mockserver.kit.client.plan import Cast, Choice, plain

_SCENES = ("plain", "task-fails", "several-results")

_DEAD_ENDS = frozenset({"gateway-query=none"})
"""Readings under which a service has nothing to poll, and no client could learn of the end."""


def variations(catalog: Catalog, played: Sequence[Cast]) -> list[Cast]:
    """Return the telling ones among some casts, under each reading of their services but the usual one.

    A payload that the service would refuse under a reading is not played under it.
    """
    return [
        replace(each, choice=choice)
        for each in played
        if each.scene.id in _SCENES
        for choice in _choices(catalog, each.operation)
        if str(choice) not in _DEAD_ENDS and _is_accepted(catalog, each, choice)
    ]


def _choices(catalog: Catalog, operation: Operation) -> Iterator[Choice]:
    for question in catalog.services[operation.service].questions.values():
        for reading in question.readings:
            if reading != question.default:
                yield Choice(f"{operation.service}/{question.id}", reading, question.default)


def _is_accepted(catalog: Catalog, each: Cast, choice: Choice) -> bool:
    questions = catalog.services[each.operation.service].questions
    chosen = {question.id: question.default for question in questions.values()}
    chosen[choice.question.partition("/")[2]] = choice.reading
    validator = Validator(each.operation.schema, each.operation.rules, levels(questions, chosen))
    return not any(found.level == "error" for found in validator.violations(plain(each.operation, each.scene)))
