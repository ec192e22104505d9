"""Growth: a payload made of a shape, one choice at a time.

The smaller the choices, the simpler the payload: no optional field, one item, the contract's own example for a text.
Lists grow before the texts that may refer to their items, and sums are settled last.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from math import inf
from typing import Any

from mockserver.kit.generation import numbers, references
from mockserver.kit.generation import scalars as texts
from mockserver.kit.generation.choices import Choices, Simplest, picked
from mockserver.kit.generation.dictionary import Lexicon
from mockserver.kit.generation.intersection import arrangement
from mockserver.kit.generation.keywords import balanced
from mockserver.kit.generation.shapes import KINDS, Shape, Shapes, kind_of
from mockserver.types import JSON, Payload

_SIMPLEST = Simplest()
_VARIED_ITEMS = 3
_LONG_LIST = 50
_STRANGERS = ("no_such_field", "negative_prompt", "modelName", "Prompt", "seed")
_NUMBERS = frozenset({"integer", "fraction"})


@dataclass(slots=True)
class _Scene:
    """What one payload knows while it grows: the references that the texts of a field may, or must, have."""

    choices: Choices
    position: int = 0
    allowed: dict[str, list[str]] = field(default_factory=dict)
    forced: dict[str, list[str]] = field(default_factory=dict)


class Growth:
    """Grows payloads of the shapes of one request schema."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._kinds: dict[tuple[Shape, str], list[str]] = {}
        self._known_texts: dict[tuple[Shape, str], list[str]] = {}
        self._usual_texts: dict[tuple[Shape, str], str] = {}
        self._known_numbers: dict[tuple[Shape, str, bool], list[float]] = {}
        self._slots: dict[tuple[Shape, int], tuple[Shapes, ...] | None] = {}

    def payload(self, shape: Shape, choices: Choices) -> JSON:
        """Return a payload of a shape."""
        return self._value((shape,), "", _Scene(choices))

    def _value(self, shapes: Shapes, name: str, scene: _Scene, room: tuple[int, float] = (0, inf)) -> JSON:
        shape = picked(shapes, scene.choices)
        if shape.values is not None:
            return copy.deepcopy(picked(shape.values, scene.choices))
        if (shape, name) not in self._kinds:
            self._kinds[shape, name] = self._ordered_kinds(shape, name)
        kind = picked(self._kinds[shape, name], scene.choices)
        if kind == "string":
            return self._text(shape, name, scene)
        if kind == "array":
            return self._list(shape, name, scene, room)
        if kind == "object":
            return self._object(shape, name, scene)
        if kind in ("null", "boolean"):
            return None if kind == "null" else picked((True, False), scene.choices)
        return self._number(shape, name, scene, is_whole=kind == "integer")

    def _ordered_kinds(self, shape: Shape, name: str) -> list[str]:
        """Return the kinds of a shape, those that the contract shows first; of a field without a type only those."""
        shown = self._lexicon.kinds(name)
        ordered = sorted((kind for kind in KINDS if kind in shape.kinds), key=lambda kind: kind not in shown)
        return ordered if len(ordered) < len(KINDS) else ordered[: max(len(shown), 1)]

    def _object(self, shape: Shape, name: str, scene: _Scene) -> Payload:
        present = self._present(shape, scene.choices)
        referring = [our for our in shape.ours if our.keyword == "x-references"]
        late = {place.partition("[]")[0] for our in referring for place in our.value["in"]}
        grown: Payload = {}
        for inner in sorted(present, key=late.__contains__):
            if inner in late:
                self._note_references(referring, grown, scene)
            where = f"{name}.{inner}".lstrip(".")
            grown[inner] = self._value(shape.of(inner), where, scene, _room(shape, inner, grown, present))
        payload = {inner: grown[inner] for inner in present}
        for our in shape.ours:
            if our.keyword == "x-sum-equals":
                balanced(payload, our, shape, scene.choices)
        if shape.stranger:
            known = shape.known or frozenset()
            payload[picked([each for each in _STRANGERS if each not in known], scene.choices)] = 1
        return payload

    def _present(self, shape: Shape, choices: Choices) -> list[str]:
        """Choose the fields that are there: those that must be, and about half of those that may."""
        names = [*shape.properties, *sorted(shape.required - shape.properties.keys())]
        free = [each for each in names if each not in shape.required and shape.of(each)]
        chosen = {each for each in free if choices.below(2)}
        return [each for each in names if each in shape.required or each in chosen]

    def _note_references(self, referring: Sequence[Any], grown: Payload, scene: _Scene) -> None:
        for our in referring:
            found = references.named(our.value, grown) if our.holds else references.dangling(our.value, grown)
            known = scene.allowed if our.holds else scene.forced
            known.update(dict.fromkeys(our.value["in"], found))

    def _list(self, shape: Shape, name: str, scene: _Scene, room: tuple[int, float]) -> list[JSON]:
        low, high = max(shape.fewest, room[0]), min(shape.most, room[1])
        few = max(low, 1)
        sizes = [few, few + 1, few + 2, int(high) if high <= _LONG_LIST else few + 4, low]
        possible = [
            size for size in dict.fromkeys(sizes) if low <= size <= high and self._arranged(shape, size) is not None
        ]
        count = picked(possible or [low], scene.choices)
        items = []
        for index, shapes in enumerate(self._arranged(shape, count) or ()):
            inner = scene if index < _VARIED_ITEMS else _Scene(_SIMPLEST, index, scene.allowed, scene.forced)
            inner.position = index
            items.append(self._value(shapes, f"{name}[]", inner))
        return items

    def _arranged(self, shape: Shape, count: int) -> tuple[Shapes, ...] | None:
        key = (shape, count)
        if key not in self._slots:
            self._slots[key] = arrangement(shape, count)
        return self._slots[key]

    def _text(self, shape: Shape, name: str, scene: _Scene) -> str:
        choices = scene.choices
        if name in scene.forced:
            return _joined(shape, self._free_text(shape, name, choices), [picked(scene.forced[name], choices)])
        known = scene.allowed.get(name, [])
        if (self._is_chosen_among(shape) and not known) or self._is_number(name):
            return picked(self._texts(shape, name) or [self._usual(shape, name)], choices)
        found = self._free_text(shape, name, choices)
        chosen = [picked(known, choices) for _ in range(choices.below(3))] if known else []
        found = _joined(shape, found, chosen)
        for pattern, is_wanted in shape.patterns:
            if is_wanted and not re.search(pattern, found):
                found = _joined(shape, found, [each for each in known if re.search(pattern, each)][:1])
        return found

    def _free_text(self, shape: Shape, name: str, choices: Choices) -> str:
        return texts.text(shape, self._texts(shape, name), self._usual(shape, name), choices)

    def _is_chosen_among(self, shape: Shape) -> bool:
        """Tell whether a text must be taken from those that are known, because it cannot be made up."""
        return any(wanted for _, wanted in shape.patterns) or any(
            not our.holds or our.keyword in texts.PICTURE_KEYWORDS for our in shape.ours
        )

    def _is_number(self, name: str) -> bool:
        """Tell whether the contract shows a field with numbers only: as text they are still numbers."""
        return bool(shown := self._lexicon.kinds(name)) and shown <= _NUMBERS

    def _texts(self, shape: Shape, name: str) -> list[str]:
        key = (shape, name)
        if key not in self._known_texts:
            known = self._spellings(name)
            if self._is_chosen_among(shape):
                edges = [each for our in shape.ours for each in texts.edges(our)]
                known = [*known, *edges, *texts.url_variants(known), ""]
            self._known_texts[key] = [*texts.fitting(shape, known)]
        return self._known_texts[key]

    def _spellings(self, name: str) -> list[str]:
        """Return the known texts of a field; of one that is known by numbers only, those as text."""
        values = self._lexicon.values(name)
        return [each for each in values if isinstance(each, str)] or [str(each) for each in values if each]

    def _usual(self, shape: Shape, name: str) -> str:
        """Return a text to make others of: one of the shape, or one that is near to it."""
        key = (shape, name)
        if key not in self._usual_texts:
            referring = texts.fitting(shape, self._lexicon.referring(name))
            known = chain(self._texts(shape, name), referring, self._spellings(name))
            self._usual_texts[key] = next(known, "sample")
        return self._usual_texts[key]

    def _number(self, shape: Shape, name: str, scene: _Scene, *, is_whole: bool) -> float:
        key = (shape, name, is_whole)
        if key not in self._known_numbers:
            known = [*self._lexicon.values(name), *numbers.edges(shape, is_whole=is_whole)]
            self._known_numbers[key] = [each for each in known if kind_of(each) in _NUMBERS and shape.accepts(each)]
        shown = self._known_numbers[key]
        if is_whole and self._lexicon.values(name)[:2] == (1, 2) and shape.accepts(scene.position + 1):
            # The contract's own items count from 1 on, so ours do, too.
            shown = [scene.position + 1] * 3 + shown
        chosen = scene.choices.below(len(shown) + 1)
        found = shown[chosen] if chosen < len(shown) else numbers.between(shape, scene.choices, is_whole=is_whole)
        return found if shape.accepts(found) else next(iter(shown), found)


def _joined(shape: Shape, text: str, more: Sequence[str]) -> str:
    """Add references to a text, as far as they are short enough; the text is cut where they would be too long."""
    for each in more:
        room = shape.longest - len(each) - 1
        if room >= 0:
            text = f"{text[: int(room)] if len(text) > room else text} {each}".strip()
    return text


def _room(shape: Shape, name: str, grown: Mapping[str, JSON], present: Sequence[str]) -> tuple[int, float]:
    """Return how many items a list may have beside the lists that it shares a limit with."""
    low, high = 0, inf
    for our in shape.ours:
        if our.keyword != "x-total-items" or name not in our.value["lists"]:
            continue
        others = [each for each in our.value["lists"] if each in present and each != name]
        taken = sum(len(grown[each]) for each in others if each in grown)
        waiting = [each for each in others if each not in grown]
        if our.holds:
            least = sum(min(inner.fewest for inner in shape.of(each)) for each in waiting)
            high = min(high, our.value["max"] - taken - least)
        elif not waiting:
            low = max(low, our.value["max"] + 1 - taken)
    return low, high
