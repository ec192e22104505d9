"""Sharing: what all know who share a store, and what each takes note of at the begin of a turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import TypeVar
from uuid import uuid4

from mockserver.errors import BadSetting, noticed, told_once
from mockserver.fake.clock import Clock, ClockState, Move
from mockserver.fake.stores.store import SHARED, Store
from mockserver.settings import Settings
from mockserver.types import JSON

T = TypeVar("T")

_CLOCK, _SETTINGS, _BORN = "clock", "settings", "born"
"""The names of what all know of the time, of the settings that were changed, and of which store this is."""

_AT_START = frozenset({"faults", "profile", "profiles", "seed", "max_tasks"})
"""Settings that a fake heeds only when it begins."""


class Sharing:
    """The time and the settings of all who share a store, and the turns in which each learns what is new.

    Where nobody else is, there is only the store's own news.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        begun: Settings,
        take: Callable[[Settings], None],
        learners: Sequence[Callable[[], None]],
    ) -> None:
        """``take`` heeds settings that others have changed; ``learners`` take note of other things that are new."""
        self._store, self._clock, self._begun = store, clock, begun
        self._take, self._learners = take, learners
        self._changed: dict[str, JSON] = {}
        self._learned: int | None = None
        self._born: JSON = None
        if store.is_shared:
            clock.share(store.now, self._move_clock)

    def turn(self, work: Callable[[], T]) -> T:
        """Do something in one turn of the store, by what is known then. Raises ``StoreUnavailable``."""
        is_again = False

        def job() -> T:
            nonlocal is_again
            if is_again:  # what was told in a turn that was not kept, nobody has heard
                self.unlearn()
            is_again = True
            self.learn()
            return work()

        (found,) = self.run([job])
        return found

    def run(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Call jobs in one turn of the store, each of which has to ``learn`` first. Raises ``StoreUnavailable``."""
        try:
            if not self._store.is_shared:
                return self._store.run(jobs)
            with told_once():
                return self._store.run(jobs)
        except BaseException:
            self.unlearn()
            raise

    def learn(self) -> None:
        """Take note, within a turn, of what others have changed since the last one."""
        version = self._store.version
        if self._learned == version:
            return
        self._learned = version
        if self._store.is_shared:
            self._notice_another()
        for learn in self._learners:
            learn()
        if not self._store.is_shared:
            return
        state = self._store.documents.get(SHARED, _CLOCK)
        if state is not None and ClockState(*state) != self._clock.state:
            self._clock.learn(ClockState(*state))
        changed = self._store.documents.get(SHARED, _SETTINGS) or {}
        if changed != self._changed:
            self._take(replace(self._begun, **changed))
            self._changed = changed

    def begin(self) -> None:
        """Name the store, within a turn, unless it has a name: one that has lost all that it held has none."""
        if self._store.is_shared and self._store.documents.get(SHARED, _BORN) is None:
            self._store.documents.put(SHARED, _BORN, uuid4().hex)

    def _notice_another(self) -> None:
        """Take note of which store this is: one that has lost all that it held is another."""
        born = self._store.documents.get(SHARED, _BORN)
        if born is None:
            return
        if self._born not in (None, born):
            noticed("the store has been emptied by others. What it held is gone, and the fake goes on with none of it.")
            self._clock.learn(ClockState())
        self._born = born

    def unlearn(self) -> None:
        """Take note of everything anew in the next turn, because one has failed."""
        self._learned = None

    def change(self, settings: Settings) -> None:
        """Heed other settings, and tell all. Raises ``MockserverError``, and then nothing has changed."""
        changed = _changes(self._begun, settings) if self._store.is_shared else {}
        self._take(settings)
        if self._store.is_shared:
            self._changed = changed
            self._store.documents.put(SHARED, _SETTINGS, changed)

    def move_clock(self, to: Move) -> ClockState:
        """Move the time of all, within a turn; after the turn the clock is to ``follow``."""
        state = self._clock.moved(to)
        if self._store.is_shared:
            self._store.documents.put(SHARED, _CLOCK, list(state))
        return state

    def follow(self, state: ClockState) -> None:
        """Let the clock go to where it was moved; others may have moved it since."""
        if self._store.is_shared:
            self.turn(lambda: None)
        else:
            self._clock.learn(state)

    def _move_clock(self, to: Move) -> None:
        self.follow(self.turn(lambda: self.move_clock(to)))


def _changes(begun: Settings, settings: Settings) -> dict[str, JSON]:
    """Return what was changed since the start, as JSON. Raises ``BadSetting`` for what no store must hold."""
    if settings.keys != begun.keys:
        raise BadSetting("--key", "keys are secrets, and no store keeps them. Start each worker with --key.")
    if settings.webhook_secret != begun.webhook_secret:
        raise BadSetting("--webhook-secret", "no store keeps a secret. Start each worker with --webhook-secret.")
    changed = {field.name: getattr(settings, field.name) for field in fields(Settings) if field.name not in _AT_START}
    return {
        name: dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value
        for name, value in changed.items()
        if value != getattr(begun, name) and name not in ("keys", "webhook_secret")
    }
