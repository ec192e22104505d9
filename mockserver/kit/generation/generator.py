"""Generator: a payload made from a shape, one choice at a time.

The smaller the choices, the simpler the payload: no optional field, one item, the contract's own example for a text.
So a failing test shrinks to a payload that a person would write.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from math import inf

from mockserver.kit.generation.choices import Choices, Simplest, picked
from mockserver.kit.generation.dictionary import Dictionary
from mockserver.kit.generation.intersection import shapes_of_items
from mockserver.kit.generation.keywords import generator_of, in_order, needs_known_value, values_near_limits
from mockserver.kit.generation.scalars import fitting_texts, number_between, number_edges, text_of, url_variants
from mockserver.kit.generation.shapes import KINDS, NUMBER_KINDS, Shape, Shapes
from mockserver.types import JSON, Payload, kind_of

_SIMPLEST = Simplest()
_ANY_ROOM: tuple[int, float] = (0, inf)

_VARIED_ITEMS = 3
"""Of a list only the first three items vary; the others are the simplest. A bug that needs a fourth odd item is rare,
and every item that varies makes a draw slower and harder to shrink."""

_FILLED_ITEMS = 50
"""A list that may have more items is never filled up: its payload would be slow to make, to send and to read."""

_MORE_ITEMS = 4
"""So many more items than the least has the longest list that is not filled up."""

_UNKNOWN_FIELDS = ("no_such_field", "negative_prompt", "modelName", "Prompt", "seed")
"""A field that nobody has, one of other APIs for pictures, two in a wrong spelling, and one of other APIs again."""


@dataclass(slots=True)
class _Context:
    """What the generator knows while it makes one payload.

    ``position`` is the index of the item that is being made. The other two hold, for the texts of a field, references
    that they may have and references of which they must have one.
    """

    choices: Choices
    position: int = 0
    allowed: dict[str, list[str]] = field(default_factory=dict)
    demanded: dict[str, list[str]] = field(default_factory=dict)


class Generator:
    """Makes payloads of the shapes of one request schema."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        # What follows from a shape alone is found once: payloads are made by the thousand from a few dozen shapes.
        self._kinds: dict[tuple[Shape, str], list[str]] = {}
        self._texts: dict[tuple[Shape, str], list[str]] = {}
        self._usual_texts: dict[tuple[Shape, str, bool], str] = {}
        self._numbers: dict[tuple[Shape, str, bool], list[float]] = {}
        self._items: dict[tuple[Shape, int], tuple[Shapes, ...] | None] = {}

    def payload(self, shape: Shape, choices: Choices) -> JSON:
        """Return a payload of a shape. It may break a rule that depends on what else was chosen, such as a sum."""
        return self._value((shape,), "", _Context(choices))

    def _value(self, shapes: Shapes, name: str, context: _Context, room: tuple[int, float] = _ANY_ROOM) -> JSON:
        """Return a value for the field ``name``; ``room`` is how many items a list may have, from and up to."""
        choices = context.choices
        shape = picked(shapes, choices)
        if shape.values is not None:
            return copy.deepcopy(picked(shape.values, choices))
        if (shape, name) not in self._kinds:
            self._kinds[shape, name] = self._ordered_kinds(shape, name)
        kind = picked(self._kinds[shape, name], choices)
        if kind == "string":
            return self._text(shape, name, context)
        if kind == "array":
            return self._list(shape, name, context, room)
        if kind == "object":
            return self._object(shape, name, context)
        if kind in ("null", "boolean"):
            return None if kind == "null" else picked((True, False), choices)
        return self._number(shape, name, context, is_whole=kind == "integer")

    def _ordered_kinds(self, shape: Shape, name: str) -> list[str]:
        """Return the kinds of a shape, those of known values first; for a field without a type only those."""
        known = self._dictionary.kinds(name)
        ordered = sorted((kind for kind in KINDS if kind in shape.kinds), key=lambda kind: kind not in known)
        return ordered if len(ordered) < len(KINDS) else ordered[: max(len(known), 1)]

    def _object(self, shape: Shape, name: str, context: _Context) -> Payload:
        present = self._present_fields(shape, context.choices)
        late = {late for own in shape.own_keywords for late in generator_of(own.keyword).late_fields(own.value)}
        made: Payload = {}
        for inner in sorted(present, key=late.__contains__):
            if inner in late:
                _note_references(shape, made, context, name)
            room = _room(shape, inner, made, present) if shape.own_keywords else _ANY_ROOM
            made[inner] = self._value(shape.field_shapes(inner), f"{name}.{inner}".lstrip("."), context, room)
        payload = {inner: made[inner] for inner in present}
        for own in in_order(shape.own_keywords):
            payload = generator_of(own.keyword).completed(own, payload, shape, context.choices)
        if shape.has_unknown:
            known = shape.known or frozenset()
            unknown = picked([inner for inner in _UNKNOWN_FIELDS if inner not in known], context.choices)
            payload[unknown] = 1
        return payload

    def _present_fields(self, shape: Shape, choices: Choices) -> list[str]:
        """Choose the fields that are there: those that are required, and about half of those that are optional."""
        names = [*shape.properties, *sorted(shape.required - shape.properties.keys())]
        optional = [name for name in names if name not in shape.required and shape.field_shapes(name)]
        present = shape.required.union(name for name in optional if choices.below(2))
        return [name for name in names if name in present]

    def _list(self, shape: Shape, name: str, context: _Context, room: tuple[int, float]) -> list[JSON]:
        size = self._size(shape, context.choices, room)
        items = []
        for index, shapes in enumerate(self._shapes_of_items(shape, size) or ()):
            inner = context
            if index >= _VARIED_ITEMS:
                inner = _Context(_SIMPLEST, index, context.allowed, context.demanded)
            inner.position = index
            items.append(self._value(shapes, f"{name}[]", inner))
        return items

    def _size(self, shape: Shape, choices: Choices, room: tuple[int, float]) -> int:
        """Choose how many items a list has: the fewest but at least one, two more sizes, the most, the fewest, or any.

        Any size is as likely as all the others together, so that lists of middle length are not rare.
        """
        low, high = max(shape.min_items, room[0]), min(shape.max_items, room[1])
        few = max(low, 1)
        most = int(high) if high <= _FILLED_ITEMS else few + _MORE_ITEMS
        ends = [each for each in dict.fromkeys((few, few + 1, few + 2, most, low)) if low <= each <= high]
        if most > few and choices.below(2):
            ends.insert(0, few + choices.below(most - few + 1))
        elif len(ends) > 1:
            ends.insert(0, picked(ends, choices))
        return next((each for each in ends if self._shapes_of_items(shape, each) is not None), low)

    def _shapes_of_items(self, shape: Shape, size: int) -> tuple[Shapes, ...] | None:
        key = (shape, size)
        if key not in self._items:
            self._items[key] = shapes_of_items(shape, size)
        return self._items[key]

    def _text(self, shape: Shape, name: str, context: _Context) -> str:
        choices = context.choices
        if name in context.demanded:
            return _with_references(
                shape, self._free_text(shape, name, choices), [picked(context.demanded[name], choices)]
            )
        allowed = context.allowed.get(name, [])
        if (_must_be_known(shape) and not allowed) or self._is_written_number(name):
            return picked(self._known_texts(shape, name) or [self._usual_text(shape, name)], choices)
        demanded = [pattern for pattern, must_match in shape.patterns if must_match]
        # What a pattern demands is appended where it can be: a text of the contract may refer to more than was sent.
        can_refer = all(any(re.search(pattern, each) for each in allowed) for pattern in demanded)
        text = self._free_text(shape, name, choices, is_plain=bool(demanded) and can_refer)
        if allowed and not demanded:
            text = _with_references(shape, text, [picked(allowed, choices) for _ in range(choices.below(3))])
        for pattern in demanded:
            if not re.search(pattern, text):
                text = _with_references(shape, text, [each for each in allowed if re.search(pattern, each)][:1])
        return text

    def _free_text(self, shape: Shape, name: str, choices: Choices, *, is_plain: bool = False) -> str:
        usual = self._usual_text(shape, name, is_plain=is_plain)
        return text_of(shape, self._known_texts(shape, name), usual, choices)

    def _is_written_number(self, name: str) -> bool:
        """Tell whether all known values of a field are numbers. If it may be a text, too, that text is a number."""
        return bool(known := self._dictionary.kinds(name)) and known <= NUMBER_KINDS

    def _known_texts(self, shape: Shape, name: str) -> list[str]:
        """Return the known texts of a field that are of a shape; with variants, if only such a text can be."""
        key = (shape, name)
        if key not in self._texts:
            texts = self._dictionary_texts(name)
            if _must_be_known(shape):
                near = (value for own in shape.own_keywords for value in values_near_limits(own, texts))
                texts = [*texts, *(value for value in near if isinstance(value, str)), *url_variants(texts), ""]
            self._texts[key] = [*fitting_texts(shape, texts)]
        return self._texts[key]

    def _dictionary_texts(self, name: str) -> list[str]:
        """Return the known texts of a field; if only numbers are known, those as texts."""
        values = self._dictionary.values(name)
        return [value for value in values if isinstance(value, str)] or [str(value) for value in values if value]

    def _usual_text(self, shape: Shape, name: str, *, is_plain: bool = False) -> str:
        """Return the text that others are made of: a known one that is of the shape, or else one that is not.

        A plain one refers to nothing.
        """
        key = (shape, name, is_plain)
        if key not in self._usual_texts:
            referring = () if is_plain else fitting_texts(shape, self._dictionary.referring_texts(name))
            candidates = chain(self._known_texts(shape, name), referring, self._dictionary_texts(name))
            self._usual_texts[key] = next(candidates, "sample")
        return self._usual_texts[key]

    def _number(self, shape: Shape, name: str, context: _Context, *, is_whole: bool) -> float:
        known = self._known_numbers(shape, name, is_whole=is_whole)
        if is_whole and self._dictionary.values(name)[:2] == (1, 2) and shape.accepts(context.position + 1):
            # The contract's own items are numbered from 1 on, so most of ours are, too.
            known = [context.position + 1] * 3 + known
        choice = context.choices.below(len(known) + 1)
        number = known[choice] if choice < len(known) else number_between(shape, context.choices, is_whole=is_whole)
        return number if shape.accepts(number) else next(iter(known), number)

    def _known_numbers(self, shape: Shape, name: str, *, is_whole: bool) -> list[float]:
        """Return the known numbers of a field that are of a shape, and those at its edges."""
        key = (shape, name, is_whole)
        if key not in self._numbers:
            values = self._dictionary.values(name)
            near = [value for own in shape.own_keywords for value in values_near_limits(own, values)]
            candidates = [*values, *number_edges(shape, is_whole=is_whole), *near]
            self._numbers[key] = [
                value for value in candidates if kind_of(value) in NUMBER_KINDS and shape.accepts(value)
            ]
        return self._numbers[key]


def _must_be_known(shape: Shape) -> bool:
    """Tell whether a text must be one that is known, because none of the shape can be made up."""
    return any(must_match for _, must_match in shape.patterns) or any(map(needs_known_value, shape.own_keywords))


def _note_references(shape: Shape, made: Payload, context: _Context, name: str) -> None:
    """Note what the texts of the object ``name`` may refer to, or must."""
    for own in shape.own_keywords:
        noted = context.allowed if own.holds else context.demanded
        found = generator_of(own.keyword).references(own, made)
        noted.update({f"{name}.{place}".lstrip("."): texts for place, texts in found.items()})


def _with_references(shape: Shape, text: str, references: Sequence[str]) -> str:
    """Append references to a text. A text that would be too long is cut; a reference that is too long is left out."""
    for reference in references:
        room = shape.max_length - len(reference) - 1
        if room >= 0:
            kept = text[: int(room)] if len(text) > room else text
            text = f"{kept} {reference}" if kept else reference
    return text


def _room(shape: Shape, name: str, made: Payload, present: Sequence[str]) -> tuple[int, float]:
    """Return how many items a list may have, from and up to, beside the lists that it shares a limit with."""
    low, high = _ANY_ROOM
    for own in shape.own_keywords:
        if (room := generator_of(own.keyword).room) is not None:
            at_least, at_most = room(own, shape, name, made, present)
            low, high = max(low, at_least), min(high, at_most)
    return low, high
