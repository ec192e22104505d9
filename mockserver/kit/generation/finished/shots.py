"""Shots: the shots that a text consists of last as long as the film, as ``x-shots`` demands, or something is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.contract import places
from mockserver.contract.keywords import shots, total_of
from mockserver.contract.texts.shots import shots_of
from mockserver.kit.generation.choices import Choices, picked
from mockserver.kit.generation.shapes import OwnKeyword, Shape
from mockserver.types import Payload

_WORDS = "a cat on the moon"
"""What a shot shows where the text that it is made of has nothing to show."""

_SHORT_CHARACTERS = 100
"""So much of a text goes into a shot."""


def with_shots(own: OwnKeyword, payload: Payload, _: Shape, choices: Choices) -> Payload:
    """Return a payload whose shots are right; if the keyword must not hold, one with shots of which one thing is wrong.

    About every fourth text that may have shots becomes one that has.
    """
    total = total_of(own.value, payload)
    found = [(path, text) for path, text in places.located(own.value["in"], payload) if isinstance(text, str)]
    if not found or total is None or total < 1:
        return payload
    path, text = found[0]
    words = _words(text)
    if not own.holds:
        return places.put(path, payload, picked([*_wrong(own, total, words)], choices).rstrip())
    is_wrong = any(shots(own.value, payload))
    wanted = choices.below(4) == 3
    return places.put(path, payload, _right(own, total, words, choices)) if is_wrong or wanted else payload


def _right(own: OwnKeyword, total: int, words: str, choices: Choices) -> str:
    """Return one shot or several that last so long together."""
    count = 1 + choices.below(min(total, own.value["most"]))
    lengths = [total // count + (number < total % count) for number in range(count)]
    return "".join(_shot(number, seconds, words) for number, seconds in enumerate(lengths, 1)).rstrip()


def _wrong(own: OwnKeyword, total: int, words: str) -> Iterator[str]:
    """Yield shots that are too long or too short together, one with a wrong number, one of no length, a wordy one."""
    yield _shot(1, total + 1, words)
    if total > 1:
        yield _shot(1, total - 1, words)
    yield _shot(own.value["most"] + 1, total, words)
    yield _shot(0, total, words)
    yield f"{_shot(1, 0, words)}{_shot(2, total, words)}"
    yield _shot(1, total, "x" * (own.value["words"] + 1))


def _shot(number: int, seconds: int, words: str) -> str:
    return f"shot {number}, {seconds}, {words}; "


def _words(text: str) -> str:
    """Return the words of a text that can be those of a shot."""
    said = " ".join(shot.words for shot in shots_of(text)) or text
    return said.replace(";", ",").replace("@", "")[:_SHORT_CHARACTERS].strip() or _WORDS
