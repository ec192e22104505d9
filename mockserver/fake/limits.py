"""Limits of accounts: tasks in flight, and requests per time as a quota that refills."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from mockserver.durations import parsed_rate
from mockserver.recent import Recent
from mockserver.types import Millis


@dataclass(frozen=True, slots=True)
class Rate:
    """How many requests an account may send in a span of time."""

    count: int
    span: Millis

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read ``10/s`` or ``100/1.5m``. Raises ``BadSetting``."""
        return cls(*parsed_rate(text))

    def __str__(self) -> str:
        return f"{self.count}/{self.span}ms"


@dataclass(frozen=True, slots=True)
class Limit:
    """What one account may do; ``None`` means without a limit."""

    slots: int | None = None
    rate: Rate | None = None


class Limits:
    """The limit of each account, and how much of its quota is left."""

    def __init__(self, usual: Limit) -> None:
        self.usual = usual
        self._own: dict[str, Limit] = {}
        self._left: Recent[tuple[float, Millis]] = Recent()

    def of(self, account: str) -> Limit:
        """Return an account's own limit, or the usual one."""
        return self._own.get(account, self.usual)

    def set(self, account: str, limit: Limit) -> None:
        """Give an account a limit of its own, and a full quota."""
        self._own[account] = limit
        self._forget(account)

    def __iter__(self) -> Iterator[tuple[str, Limit | None, tuple[float, Millis] | None]]:
        """Yield each account with a limit of its own, if it has one, and with what was left of its quota, and when."""
        accounts = dict.fromkeys((*self._own, *(account for (account,), _ in self._left.items())))
        return iter([(account, self._own.get(account), self._left.get((account,))) for account in accounts])

    def put(self, account: str, own: Limit | None, left: tuple[float, Millis] | None) -> None:
        """Let an account go on from what ``__iter__`` yielded."""
        if own is not None:
            self._own[account] = own
        if left is not None:
            self._left.set((account,), left)

    def take(self, account: str, now: Millis) -> Millis:
        """Take one request out of an account's quota; if none is left, return the time until there is one again."""
        rate = self.of(account).rate
        if rate is None:
            return 0
        left, since = self._left.get((account,)) or (float(rate.count), now)
        left = min(float(rate.count), left + max(now - since, 0) * rate.count / rate.span)
        # A millionth is forgiven: what refills in thirds must not end up short of a whole by rounding.
        if left >= 1 - 1e-6:
            self._left.set((account,), (left - 1, now))
            return 0
        self._left.set((account,), (left, now))
        return max(1, ceil((1 - left) * rate.span / rate.count - 1e-6))

    def clear(self, account: str | None = None) -> None:
        """Forget limits of single accounts and the quotas that were used, of all accounts or of one."""
        if account is None:
            self._own.clear()
        else:
            self._own.pop(account, None)
        self._forget(account)

    def _forget(self, account: str | None) -> None:
        self._left.forget(lambda key: account in (None, *key))
