"""Numbers: the ends of a range, what lies just inside them, and what lies between."""

from __future__ import annotations

from math import ceil, floor, inf

from mockserver.kit.generation.choices import Choices
from mockserver.kit.generation.shapes import Shape

_FAR = (2**53 + 1, 2**63 - 1, 2**31)
_WIDE = 1000
_CUTS = 100


def edges(shape: Shape, *, is_whole: bool) -> list[float]:
    """Return numbers at the ends of a shape's range, and next to them on both sides.

    Where it has no upper end, those that do not fit into 53, 64 or 32 bits. A fraction is better half a step from an
    end than a hair: an end that is not itself in the range lies next to no number that a person would write.
    """
    ends = [each for each in (least(shape, is_whole=is_whole), most(shape, is_whole=is_whole)) if abs(each) < inf]
    steps = [end + step for end in ends for step in ((0, 1, -1) if is_whole else (0.5, -0.5, 0))]
    return [*steps, *(_FAR if is_whole and shape.high == inf else ())]


def between(shape: Shape, choices: Choices, *, is_whole: bool) -> float:
    """Return any number of a shape's range."""
    low, high = least(shape, is_whole=is_whole), most(shape, is_whole=is_whole)
    if low == -inf:
        low = min(0, high - _WIDE) if high < inf else 0
    if high == inf:
        high = low + _WIDE
    if is_whole:
        return int(low) + choices.below(int(high - low) + 1)
    return low + (high - low) * choices.below(_CUTS + 1) / _CUTS


def least(shape: Shape, *, is_whole: bool) -> float:
    """Return the lower end of a shape's range."""
    return ceil(shape.low) if is_whole and abs(shape.low) < inf else shape.low


def most(shape: Shape, *, is_whole: bool) -> float:
    """Return the upper end of a shape's range."""
    return floor(shape.high) if is_whole and abs(shape.high) < inf else shape.high
