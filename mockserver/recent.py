"""What is remembered by texts that clients choose: of the latest ones only, so that nobody can fill the memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")
Key = tuple[str, ...]

MOST_LETTERS = 4 << 20
"""Letters of all keys, at most 16 MiB: thirty thousand usual names, or some dozen headers as large as may be."""


ENTRY_LETTERS = 100
"""What an entry counts for besides its letters: it takes as much room."""


class Recent(Generic[V]):
    """Values by keys, each some texts. When the keys have too many letters, those set the longest ago are forgotten."""

    def __init__(self, letters: int = MOST_LETTERS) -> None:
        self._most, self._letters = letters, 0
        self._values: OrderedDict[Key, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Key) -> V | None:
        """Return what is remembered, if anything."""
        return self._values.get(key)

    def items(self) -> list[tuple[Key, V]]:
        """Return all that is remembered, the oldest first."""
        return list(self._values.items())

    def set(self, key: Key, value: V) -> None:
        """Remember a value."""
        if key not in self._values:
            self._letters += _letters(key)
        self._values[key] = value
        self._values.move_to_end(key)
        while self._letters > self._most:
            forgotten, _ = self._values.popitem(last=False)
            self._letters -= _letters(forgotten)

    def forget(self, is_meant: Callable[[Key], bool]) -> None:
        """Forget the keys that are meant."""
        for key in [key for key in self._values if is_meant(key)]:
            del self._values[key]
            self._letters -= _letters(key)


def _letters(key: Key) -> int:
    return ENTRY_LETTERS + sum(map(len, key))
