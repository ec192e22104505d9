"""Limits of accounts: tasks in flight, and requests per time as a quota that refills."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from mockserver.durations import parsed_rate
from mockserver.fake.call import Call
from mockserver.fake.media import plan
from mockserver.fake.stores.store import SHARED, Documents, Kind
from mockserver.recent import ENTRY_LETTERS, MOST_LETTERS
from mockserver.settings import Settings
from mockserver.types import JSON, Millis, value


@value
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


@value
class Limit:
    """What one account may do; ``None`` means without a limit."""

    slots: int | None = None
    rate: Rate | None = None

    @classmethod
    def usual(cls, settings: Settings) -> Limit:
        """Return what the settings allow every account."""
        return cls(settings.slots, None if settings.rate is None else Rate.parse(settings.rate))


_QUOTAS: Kind[tuple[float, Millis]] = Kind(
    "quotas",
    list,
    lambda found: (found[0], found[1]),
    room=MOST_LETTERS,
    weigh=lambda key, _: ENTRY_LETTERS + len(key),
    renews=True,
)
"""What was left of an account's quota, and when."""

_OWN = "limits"
"""The name of what all who share a store know of the accounts that have limits of their own."""


class Limits:
    """The limit of each account, and how much of its quota is left."""

    def __init__(self, documents: Documents, usual: Limit) -> None:
        self.usual = usual
        self._documents = documents
        self._own: dict[str, Limit] = {}

    def learn(self) -> None:
        """Take note of what has been set, perhaps by others."""
        found: dict[str, JSON] = self._documents.get(SHARED, _OWN) or {}
        self._own = {account: _read(limit) for account, limit in found.items()}

    def of(self, account: str) -> Limit:
        """Return an account's own limit, or the usual one."""
        return self._own.get(account, self.usual)

    def set(self, account: str, limit: Limit) -> None:
        """Give an account a limit of its own, and a full quota."""
        self._share({**self._own, account: limit})
        self._documents.drop(_QUOTAS, account)

    def __iter__(self) -> Iterator[tuple[str, Limit | None, tuple[float, Millis] | None]]:
        """Yield each account with a limit of its own, if it has one, and with what was left of its quota, and when."""
        left = dict(self._documents.oldest(_QUOTAS))
        accounts = dict.fromkeys((*self._own, *left))
        return iter([(account, self._own.get(account), left.get(account)) for account in accounts])

    def put(self, account: str, own: Limit | None, left: tuple[float, Millis] | None) -> None:
        """Let an account go on from what ``__iter__`` yielded."""
        if own is not None:
            self._share({**self._own, account: own})
        if left is not None:
            self._documents.put(_QUOTAS, account, left, account)

    def take(self, account: str, now: Millis) -> Millis:
        """Take one request out of an account's quota; if none is left, return the time until there is one again."""
        rate = self.of(account).rate
        if rate is None:
            return 0
        left, since = self._documents.get(_QUOTAS, account) or (float(rate.count), now)
        left = min(float(rate.count), left + max(now - since, 0) * rate.count / rate.span)
        # A millionth is forgiven: what refills in thirds must not end up short of a whole by rounding.
        is_enough = left >= 1 - 1e-6
        self._documents.put(_QUOTAS, account, (left - is_enough, now), account)
        return 0 if is_enough else max(1, ceil((1 - left) * rate.span / rate.count - 1e-6))

    def clear(self, account: str | None = None) -> None:
        """Forget limits of single accounts and the quotas that were used, of all accounts or of one."""
        if self._own and (account is None or account in self._own):
            self._share({name: limit for name, limit in self._own.items() if account not in (None, name)})
        self._documents.forget(_QUOTAS, account)

    def _share(self, own: dict[str, Limit]) -> None:
        self._documents.put(SHARED, _OWN, {account: _written(limit) for account, limit in own.items()})
        self._own = own


def _written(limit: Limit) -> JSON:
    return [limit.slots, limit.rate and [limit.rate.count, limit.rate.span]]


def _read(found: JSON) -> Limit:
    slots, rate = found
    return Limit(slots, rate and Rate(*rate))


def slots_of(call: Call) -> int:
    """Return how many slots the task of a call takes."""
    task = call.operation.task
    if task["media"] != "image" or "jobs" in task or "usual_count" in task:
        return 1
    if call.readings.get("series-slots") == "one" and plan.is_series(call.operation, call.payload):
        return 1
    return plan.count(call.operation, call.payload)


def most_slots(call: Call, own: int | None) -> int | None:
    """Return how many slots a call may use: its account's ``own``, or those that it names itself."""
    wanted = plan.value_of_role(call.operation, call.payload, "jobs")
    if own is None or wanted is None:
        return own if wanted is None else int(wanted)
    return int(min(own, wanted) if call.readings.get("max-jobs") == "lowers" else wanted)
