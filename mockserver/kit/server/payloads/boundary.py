"""The boundary: valid payloads that only just keep as many rules at once as they can.

A real service takes money for each task, so cases that do not disturb each other share a payload.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import islice

from mockserver.contract.places import first, values, with_value
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation
from mockserver.contract.vectors import merged, vectors
from mockserver.kit.generation.choices import Seeded
from mockserver.kit.generation.keywords import generator_of
from mockserver.kit.generation.valid import ValidPayloads
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.server.probe import encoded
from mockserver.kit.server.settings import Target
from mockserver.kit.server.spending.prices import units
from mockserver.kit.server.watched_tasks import base_payload, borrows, with_own_pictures
from mockserver.types import JSON, Payload

_MOST_PLACES = 8
"""How many payloads are tried that can have a value, until one names nothing outside."""

_GENERATED = 12
"""How many payloads are drawn beside those of the boundary: each costs money, and they only add to what those show."""


@dataclass(frozen=True, slots=True)
class Case:
    """A valid payload that only just keeps a rule; one that was drawn is about no rule.

    ``plain`` are its fields that the rule is not about, and that may as well be others; ``is_end``: the payload has the
    least or the most of what can be counted.
    """

    rule: Rule | None
    payload: Mapping[str, JSON]
    plain: frozenset[str] = frozenset()
    is_end: bool = False


@dataclass(frozen=True, slots=True)
class BoundaryPayload:
    """A payload that shows several cases at once; ``borrows``: it names something outside."""

    payload: Mapping[str, JSON]
    cases: tuple[Case, ...]
    borrows: bool


def boundary_payloads(target: Target, operation: Operation, extra: Mapping[str, JSON]) -> list[BoundaryPayload]:
    """Return valid payloads: the cases of all rules, packed, and drawn ones. Each has the fields ``extra``.

    What names nothing outside comes first, of that both ends of what can be counted, and then what shows the most for
    its price.
    """
    expectations = target.expectations
    cases = list(_cases(target, operation, extra))
    packed: list[BoundaryPayload] = []
    for borrowing in (False, True):
        packed += _packed(expectations, operation, [c for c in cases if borrows(operation, c.payload) is borrowing])

    def rank(found: BoundaryPayload) -> tuple[bool, bool, Decimal]:
        has_end = any(case.is_end for case in found.cases)
        return found.borrows, not has_end, units(operation, found.payload) / len(found.cases)

    return sorted([*packed, *_drawn(target, operation, extra)], key=rank)


def _cases(target: Target, operation: Operation, extra: Mapping[str, JSON]) -> Iterator[Case]:
    expectations, seen = target.expectations, list[JSON]()
    base: dict[str, JSON] = merged(base_payload(expectations, operation), dict(extra))
    for rule in operation.rules:
        if generator_of(rule.keyword).is_heavy:
            continue  # its vector has megabytes
        for vector in vectors(rule, operation.schema)[0]:
            placed = islice(_placed(expectations, operation, rule, merged(vector, dict(extra))), _MOST_PLACES)
            bares = (_bare(expectations, operation, rule, payload, base) for payload in placed)
            bare = min(bares, key=partial(borrows, operation), default=None)
            if bare is not None and bare not in seen and len(encoded(bare)) <= target.largest_bytes:
                seen.append(bare)
                named = _named(rule)
                plain = frozenset(name for name in bare if name not in named and bare[name] == base.get(name))
                yield Case(rule, bare, plain, _is_end(operation, rule, bare))


def _placed(
    expectations: Expectations, operation: Operation, rule: Rule, payload: dict[str, JSON]
) -> Iterator[dict[str, JSON]]:
    """Yield a payload, or else valid ones that can have its value of a rule's field, the simplest first."""
    if expectations.is_accepted(operation, payload):
        yield payload
    elif not rule.is_anchored and _outermost(rule) in payload:
        source = ValidPayloads.of(operation, expectations.chosen, is_strict=True)
        for base in map(source.simplest, source.branches):
            placed = _placed_on(base, rule, _named(rule), payload)
            yield from (each for each in placed if expectations.is_accepted(operation, each))


def _bare(
    expectations: Expectations, operation: Operation, rule: Rule, payload: dict[str, JSON], base: Mapping[str, JSON]
) -> dict[str, JSON]:
    """Leave out or simplify what a rule is not about, so that more cases fit together, and send pictures, not URLs."""
    named = _named(rule)
    for alone in _placed_on(base, rule, named, payload):
        if expectations.is_accepted(operation, alone):
            return with_own_pictures(expectations, operation, alone, without=rule.field)
    for name in [name for name in payload if name not in named]:
        plain = {
            key: base[name] if key == name else value for key, value in payload.items() if key != name or name in base
        }
        if expectations.is_accepted(operation, plain):
            payload = plain
    return with_own_pictures(expectations, operation, payload, without=rule.field)


def _placed_on(base: Mapping[str, JSON], rule: Rule, names: set[str], payload: dict[str, JSON]) -> Iterator[Payload]:
    """Yield the base with the value of the rule's field alone, unless that is in a list; then with all of ``names``."""
    if rule.field and not rule.is_anchored and "[" not in rule.field:
        yield from (with_value(rule.field, base, value) for value in values(rule.field, payload))
    yield {**base, **{name: value for name, value in payload.items() if name in names}}


def _named(rule: Rule) -> set[str]:
    """Return the fields of a payload that a rule is about."""
    return {name for patch in rule.accept for name in patch} if rule.is_anchored else {_outermost(rule)}


def _is_end(operation: Operation, rule: Rule, payload: Mapping[str, JSON]) -> bool:
    """Whether a payload has the least or the most of what is counted: of results, of their size or their length."""
    task, field, sizes = operation.task, rule.field, operation.task.get("sizes", {})
    if rule.keyword in ("minimum", "maximum"):
        return field == task.get("count")
    counted = {task.get("duration"), task.get("series", {}).get("count"), task.get("size"), task.get("ratio")}
    if rule.keyword != "enum" or field not in counted:
        return False
    amounts = [_amount(value, sizes) for value in rule.value]
    known = [amount for amount in amounts if amount is not None]
    return bool(known) and _amount(first(field, payload), sizes) in (min(known), max(known))


def _amount(value: JSON, sizes: Mapping[str, int]) -> float | None:
    """Return how much a value is: the pixels of a size, the quotient of a ratio, a number; ``None`` for ``auto``."""
    if value in sizes:
        return sizes[value]
    wide, _, high = str(value).partition(":")
    if not (wide.isdecimal() and (high or "1").isdecimal()):
        return None
    return int(wide) / int(high or "1")


def _outermost(rule: Rule) -> str:
    return rule.field.partition(".")[0].removesuffix("[]")


def _packed(expectations: Expectations, operation: Operation, cases: list[Case]) -> list[BoundaryPayload]:
    """Put each case into the first payload that stays valid, and whose fields it leaves as they are."""
    found: list[BoundaryPayload] = []
    for case in cases:
        for place, before in enumerate(found):
            both = _merged(before, case)
            if both is not None and expectations.is_accepted(operation, both):
                found[place] = _payload(operation, both, (*before.cases, case))
                break
        else:
            found.append(_payload(operation, case.payload, (case,)))
    return found


def _merged(before: BoundaryPayload, case: Case) -> dict[str, JSON] | None:
    """Return a payload that shows a case, too; ``None`` if both need the same field."""
    taken = {name for each in before.cases for name in each.payload.keys() - each.plain}
    merged = dict(before.payload)
    for name, value in case.payload.items():
        if name in merged and merged[name] != value:
            if name not in case.plain and name in taken:
                return None
            if name in case.plain:
                continue
        merged[name] = value
    return merged


def _drawn(target: Target, operation: Operation, extra: Mapping[str, JSON]) -> Iterator[BoundaryPayload]:
    source = ValidPayloads.of(operation, target.expectations.chosen, is_strict=True)
    for number in range(_GENERATED):
        payload = source.generate(Seeded(f"{target.seed}/{number}"))
        if payload is None:
            continue
        whole = merged(payload, dict(extra))
        if len(encoded(whole)) <= target.largest_bytes and target.expectations.is_accepted(operation, whole):
            yield _payload(operation, whole, (Case(None, whole),))


def _payload(operation: Operation, payload: Mapping[str, JSON], cases: tuple[Case, ...]) -> BoundaryPayload:
    return BoundaryPayload(payload, cases, borrows(operation, payload))
