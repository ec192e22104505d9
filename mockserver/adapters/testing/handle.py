"""The handle of a test: a fake, and shortcuts to what a test does with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from mockserver.configuration.resolution import configured
from mockserver.contract.catalog import load
from mockserver.errors import BadSetting
from mockserver.fake.clock import Clock
from mockserver.fake.core import Fake
from mockserver.fake.handles import AllHeld, Callbacks, FaultLines, Profiles, Requests, Tasks
from mockserver.secrecy.mask import Mask
from mockserver.settings import Key, Settings
from mockserver.suggestions import shown

_MOST_LETTERS = 300
"""As much of a body is shown when a test fails: the whole of an answer without results."""


class Options(TypedDict, total=False):
    """The settings as keyword arguments; each is described at ``Settings``."""

    services: Sequence[str]
    prefixes: Sequence[str]
    pace: str
    strict: bool
    readings: Mapping[str, str]
    keys: Sequence[Key | str]
    slots: int | None
    rate: str | None
    faults: Sequence[str]
    profile: Sequence[str]
    profiles: Mapping[str, Sequence[str]]
    seed: int | None
    max_body: int
    max_tasks: int
    public_url: str | None
    trust_proxy: bool
    webhook_secret: str | None
    allow_callbacks_to: Sequence[str]
    deny_callbacks_to: Sequence[str]


class Handle:
    """A fake that answers requests, on a socket or in this process."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake

    @property
    def fake(self) -> Fake:
        """The fake itself."""
        return self._fake

    @property
    def clock(self) -> Clock:
        """The clock of the fake: ``clock.freeze()``, ``clock.advance("90s")``."""
        return self.fake.clock

    @property
    def faults(self) -> FaultLines:
        """What goes wrong on purpose: ``faults.add("1303 x2")``."""
        return self.fake.faults

    @property
    def profiles(self) -> Profiles:
        """Faults as a whole: ``profiles.start("flaky")``."""
        return self.fake.profiles

    @property
    def held(self) -> AllHeld:
        """Answers and callbacks that wait: ``held.wait(2)``, ``held.release(number)``."""
        return self.fake.held

    @property
    def requests(self) -> Requests:
        """The requests that were sent: ``requests.verify("kling/omni-image.create", times=1)``."""
        return self.fake.requests

    @property
    def tasks(self) -> Tasks:
        """The tasks that were created: ``tasks.force(task, "failed")``."""
        return self.fake.tasks

    @property
    def callbacks(self) -> Callbacks:
        """The callbacks, each with its attempts."""
        return self.fake.callbacks

    def last_exchanges(self, count: int = 10) -> list[str]:
        """Return a line for each of the last exchanges, the oldest first."""
        lines = []
        for entry in list(self.fake.requests)[:count][::-1]:
            broken = ", ".join(violation.rule.id for violation in entry.violations)
            mask = entry.mask
            query = f"?{mask.query(entry.request.query)}" if entry.request.query else ""
            what = f"{entry.request.method} {mask.text(entry.request.path)}{query} -> {entry.response.status}"
            lines.append(f"{entry.number}. {what}" + (f" ({broken})" if broken else ""))
            if (reason := entry.response.reason) is not None:
                lines.append(f"     because  {mask.text(reason.sentence)}")
            lines.append(f"     sent     {_short(mask, entry.request.body)}")
            lines.append(f"     received {_short(mask, entry.response.body)}")
        return lines


def fake_of(fake: object, options: Mapping[str, Any], schemas: Sequence[str | Path] = ()) -> Fake:
    """Return a fake that was handed over, or make one of settings by name. Raises ``MockserverError``.

    A setting that is not among them is taken from a variable or the file of the configuration.
    ``schemas``: folders of services that it knows besides.
    """
    if fake is None:
        with configured(("python",), Options.__annotations__, options) as settings:
            return Fake(Settings.named(settings), catalog=load(_folders(schemas)))
    if not isinstance(fake, Fake):
        raise BadSetting("fake", f"{type(fake).__name__} is no Fake. Write settings by name, such as pace='instant'.")
    if options or schemas:
        raise BadSetting(
            next(iter(options), "schemas"), "a fake that is handed over has its settings. Write one or the other."
        )
    return fake


def _folders(value: object) -> Sequence[str | Path]:
    if isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(x, str | Path) for x in value):
        return value
    raise BadSetting("--schemas", f"{shown(value)} is not a list of folders. Write a list, such as ['contracts'].")


def _short(mask: Mask, body: bytes) -> str:
    text = mask.text(body.decode(errors="replace"))
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}… ({len(text)} characters)"
