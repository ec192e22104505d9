"""The log of callbacks: the last ones with every attempt, bounded in number and in bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from mockserver.fake.callbacks.delivery import Delivery
from mockserver.types import Millis

_MOST_KEPT = 10_000
"""Callbacks that are remembered after they were sent; a load test would otherwise fill the memory."""

_MOST_KEPT_BYTES = 32 << 20
"""As much of them, too: a URL can have thousands of letters, and each attempt a sentence."""


class CallbackLog:
    """The last callbacks by their ids, oldest first."""

    def __init__(self) -> None:
        self._deliveries: OrderedDict[str, Delivery] = OrderedDict()
        self._held_bytes = 0
        self.forgotten_until: Millis = -1
        """When the newest of those that had to go was due."""

    def __len__(self) -> int:
        return len(self._deliveries)

    def __iter__(self) -> Iterator[Delivery]:
        return iter(list(self._deliveries.values()))

    def get(self, id: str) -> Delivery | None:
        """Find a callback."""
        return self._deliveries.get(id)

    def keep(self, delivery: Delivery) -> None:
        """Note a callback, or what became of it since; the oldest go when there is no more room."""
        before = self._deliveries.get(delivery.id)
        self._held_bytes += _weight(delivery) - (0 if before is None else _weight(before))
        self._deliveries[delivery.id] = delivery
        while len(self._deliveries) > _MOST_KEPT or self._held_bytes > _MOST_KEPT_BYTES:
            _, oldest = self._deliveries.popitem(last=False)
            self._held_bytes -= _weight(oldest)
            self.forgotten_until = max(self.forgotten_until, oldest.due)

    def clear(self, account: str | None) -> None:
        """Forget the callbacks of all accounts, or of one."""
        gone = [delivery for delivery in self if account in (None, delivery.account)]
        for delivery in gone:
            del self._deliveries[delivery.id]
            self._held_bytes -= _weight(delivery)


def _weight(delivery: Delivery) -> int:
    """Return about how many bytes a callback takes; an object without its texts was measured to take 600."""
    told = sum(120 + 4 * len(attempt.fault or "") for attempt in delivery.attempts)
    return 600 + len(delivery.body) + 4 * len(delivery.url) + told
