"""Bundles: valid payloads that stand on the edge of as many rules at once as they can.

A real service takes money for each, so edges that do not disturb each other share a payload.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from mockserver.contract.catalog import Operation
from mockserver.contract.rules import Rule
from mockserver.contract.vectors import picture, vectors
from mockserver.kit.generation.choices import Seeded
from mockserver.kit.generation.valid import ValidPayloads
from mockserver.kit.server.expectations import Terms
from mockserver.kit.server.probe import encoded
from mockserver.kit.server.watched_tasks import base_payload, borrows, units
from mockserver.types import JSON

_GENERATED = 12


@dataclass(frozen=True, slots=True)
class Edge:
    """A payload that just keeps a rule; a generated one is of no rule."""

    rule: Rule | None
    payload: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A payload that just keeps some rules, and those with which it was made."""

    payload: Mapping[str, JSON]
    edges: tuple[Edge, ...]

    @property
    def borrows(self) -> bool:
        """Whether it speaks of something outside."""
        return borrows(self.payload)


def bundles(terms: Terms, operation: Operation, extra: Mapping[str, JSON], seed: int, largest: int) -> list[Bundle]:
    """Return valid payloads: the packed edges of all rules, and generated ones. None is larger than so many bytes.

    What speaks of nothing outside comes first, and then what shows the most for its price.
    """
    edges = list(_edges(terms, operation, extra, largest))
    apart = [[edge for edge in edges if borrows(edge.payload) is borrowing] for borrowing in (False, True)]
    packed = [bundle for some in apart for bundle in _packed(terms, operation, some)]

    def rank(bundle: Bundle) -> tuple[bool, Decimal]:
        return bundle.borrows, units(operation, bundle.payload) / len(bundle.edges)

    return sorted([*packed, *_generated(terms, operation, extra, seed, largest)], key=rank)


def _edges(terms: Terms, operation: Operation, extra: Mapping[str, JSON], largest: int) -> Iterator[Edge]:
    seen: list[JSON] = []
    base = {**base_payload(terms, operation), **extra}
    for rule in operation.rules:
        if rule.keyword == "x-image-bytes":
            continue  # vectors makes ten megabytes of it
        for vector in vectors(rule, operation.schema)[0]:
            payload = _placed(terms, operation, rule, {**vector, **extra})
            bare = _bare(terms, operation, rule, payload, base) if payload is not None else None
            if bare is not None and bare not in seen and len(encoded(bare)) <= largest:
                seen.append(bare)
                yield Edge(rule, bare)


def _placed(terms: Terms, operation: Operation, rule: Rule, payload: dict[str, JSON]) -> dict[str, JSON] | None:
    """Return a payload, or the simplest valid one in which its value of a rule's field can stand."""
    if terms.is_accepted(operation, payload):
        return payload
    name = _outermost(rule)
    if rule.is_anchored or name not in payload:
        return None
    source = ValidPayloads.of(operation, terms.chosen, is_strict=True)
    placed = ({**source.simplest(branch), name: payload[name]} for branch in source.branches)
    return next((each for each in placed if terms.is_accepted(operation, each)), None)


def _bare(
    terms: Terms, operation: Operation, rule: Rule, payload: dict[str, JSON], base: Mapping[str, JSON]
) -> dict[str, JSON]:
    """Leave out what a rule does not speak of, or make it simple; a picture that is sent needs no URL."""
    spoken = {name for patch in rule.accept for name in patch} if rule.is_anchored else {_outermost(rule)}
    for name in [name for name in payload if name not in spoken]:
        plain = {
            key: base[name] if key == name else value for key, value in payload.items() if key != name or name in base
        }
        if terms.is_accepted(operation, plain):
            payload = plain
    holder, _, field = operation.task.get("images", "").partition("[].")
    if holder in payload and holder not in spoken:
        owned = {**payload, holder: [{**item, field: picture(300, 300)} for item in payload[holder]]}
        payload = owned if terms.is_accepted(operation, owned) else payload
    return payload


def _outermost(rule: Rule) -> str:
    return rule.field.partition(".")[0].removesuffix("[]")


def _packed(terms: Terms, operation: Operation, edges: list[Edge]) -> list[Bundle]:
    """Put each edge into the first bundle that stays valid, and whose fields it leaves as they are."""
    found: list[Bundle] = []
    for edge in edges:
        for place, bundle in enumerate(found):
            shared = edge.payload.keys() & bundle.payload.keys()
            if all(edge.payload[name] == bundle.payload[name] for name in shared):
                both = {**bundle.payload, **edge.payload}
                if terms.is_accepted(operation, both):
                    found[place] = Bundle(both, (*bundle.edges, edge))
                    break
        else:
            found.append(Bundle(edge.payload, (edge,)))
    return found


def _generated(
    terms: Terms, operation: Operation, extra: Mapping[str, JSON], seed: int, largest: int
) -> Iterator[Bundle]:
    source = ValidPayloads.of(operation, terms.chosen, is_strict=True)
    for number in range(_GENERATED):
        payload = source.generate(Seeded(f"{seed}/{number}"))
        if payload is None:
            continue
        whole = {**payload, **extra}
        if len(encoded(whole)) <= largest and terms.is_accepted(operation, whole):
            yield Bundle(whole, (Edge(None, whole),))
