"""Names: the references by name in texts lead somewhere, as ``x-references`` demands, or one does not."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.contract import places
from mockserver.contract.texts.references import dangling
from mockserver.kit.generation.choices import Choices, picked
from mockserver.kit.generation.shapes import OwnKeyword, Shape, longest_text
from mockserver.types import Path, Payload

_NOBODY = ("nobody", "somebody", "xyz")
"""Names that hardly anything has."""

_ROOMY_CHARACTERS = 200
"""A longer text gets no reference that it need not have: it is long for a reason, as a blank one is blank."""


def with_names(own: OwnKeyword, payload: Payload, shape: Shape, choices: Choices) -> Payload:
    """Return a payload whose texts refer only to what it has; if the keyword must not hold, one text to nothing."""
    forms = {form: target for form, target in own.value["to"].items() if "*" in form}
    for form, target in forms.items():
        names = [name for name in places.values(target, payload) if isinstance(name, str) and name]
        texts = [*_texts(own, payload)]
        if not own.holds:
            return _referring_to_nothing(form, names, texts[:1], payload, shape, own)
        for path, text in texts:
            kept = _without_dangling(form, text, target, payload)
            if names and kept.strip() and len(kept) < _ROOMY_CHARACTERS and choices.below(3) == 2:
                kept = f"{kept} {form.replace('*', picked(names, choices))}"
            payload = payload if kept == text else places.put(path, payload, kept)
    return payload


def _texts(own: OwnKeyword, payload: Payload) -> Iterator[tuple[Path, str]]:
    for place in own.value["in"]:
        yield from ((path, text) for path, text in places.located(place, payload) if isinstance(text, str))


def _without_dangling(form: str, text: str, target: str, payload: Payload) -> str:
    """Return a text in which what refers to nothing is a word like others."""
    before, _, after = form.partition("*")
    for found in dangling(form, text, target, payload):
        text = text.replace(found, found.removeprefix(before).removesuffix(after))
    return text


def _referring_to_nothing(
    form: str, names: list[str], texts: list[tuple[Path, str]], payload: Payload, shape: Shape, own: OwnKeyword
) -> Payload:
    name = next((each for each in _NOBODY if not each.startswith(tuple(names))), "0")
    reference = form.replace("*", name)
    for path, text in texts:
        room = min(longest_text(shape, place) for place in own.value["in"]) - len(reference) - 1
        kept = text[: int(room)] if len(text) > room else text
        payload = places.put(path, payload, f"{kept} {reference}".lstrip())
    return payload
