"""Uniques: no text stands twice at a place, as ``x-unique`` demands, or one does."""

from __future__ import annotations

from itertools import count

from mockserver.contract import places
from mockserver.kit.generation.choices import Choices
from mockserver.kit.generation.shapes import OwnKeyword, Shape
from mockserver.types import Payload


def with_unique_texts(own: OwnKeyword, payload: Payload, _: Shape, __: Choices) -> Payload:
    """Return a payload whose texts at a place differ; if the keyword must not hold, the second is the first."""
    found = [(path, text) for path, text in places.located(own.value, payload) if isinstance(text, str) and text]
    if not own.holds:
        return places.put(found[1][0], payload, found[0][1]) if len(found) > 1 else payload
    taken = set[str]()
    for path, text in found:
        free = text if text not in taken else next(f"{text}{n}" for n in count(2) if f"{text}{n}" not in taken)
        taken.add(free)
        payload = payload if free == text else places.put(path, payload, free)
    return payload
