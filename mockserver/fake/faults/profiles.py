"""Profiles: named lists of faults that are switched on and off as a whole, ours and those of the settings.

Which are on is nowhere but in the faults: each says in its ``origin`` that a profile has brought it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache

from mockserver.contract.service import Service
from mockserver.errors import BadSetting, NoSuchName
from mockserver.fake.faults.fault import PROFILE, BadFault, Fault
from mockserver.fake.faults.line import fault
from mockserver.resources import folder
from mockserver.suggestions import quoted
from mockserver.types import value

Services = Mapping[str, Service]


@value
class Profile:
    """A named list of faults.

    * ``imitates``: what it imitates, in a sentence; nothing for one's own
    * ``lines``: its faults, one line each
    * ``is_own``: it comes from the settings, and not from us
    """

    name: str
    imitates: str
    lines: tuple[str, ...]
    is_own: bool = False

    @property
    def origin(self) -> str:
        """What its faults say of where they are from."""
        return PROFILE + self.name


class NoSuchProfile(NoSuchName, BadSetting):
    """A profile that is neither ours nor in the settings."""

    status = 404
    kind = "profile"
    option = "--profile"
    command = "mockserver list profiles"


def known(own: Mapping[str, tuple[str, ...]]) -> dict[str, Profile]:
    """Return all profiles by name; one's own takes the place of ours with its name."""
    return {**_ours(), **{name: Profile(name, "", lines, is_own=True) for name, lines in own.items()}}


def profile(name: str, own: Mapping[str, tuple[str, ...]]) -> Profile:
    """Find a profile. Raises ``NoSuchProfile``."""
    found = known(own)
    if name not in found:
        raise NoSuchProfile(name, found)
    return found[name]


def listed(own: Mapping[str, tuple[str, ...]], faults: Iterable[tuple[int, Fault, int]]) -> list[Profile]:
    """Return all profiles that are known, and those that have ``faults`` in force and only others know."""
    found = known(own)
    lines: dict[str, dict[str, None]] = {}
    for _, each, _ in faults:
        name = each.origin.removeprefix(PROFILE)
        if each.origin.startswith(PROFILE) and name not in found:
            lines.setdefault(name, {})[str(each)] = None
    return [*found.values(), *(Profile(name, "", tuple(asked), is_own=True) for name, asked in lines.items())]


def faults(profile: Profile, served: Services, contract: Services) -> list[Fault]:
    """Return the faults of a profile that can happen at the services that are ``served``.

    A line is left out if it names what only others have. Raises ``BadSetting`` for a line of one's own that none in
    the ``contract`` would take, and if no line is left.
    """
    found = list(_read(profile, served, contract))
    if not found:
        text = f"no fault of the profile {quoted(profile.name)} can happen at {', '.join(served)}. Write one that can."
        raise BadSetting("--profile", text)
    return [replace(each, origin=profile.origin) for each in found]


def check(own: Mapping[str, tuple[str, ...]], contract: Services) -> None:
    """Raise ``BadSetting`` for a line of one's own profiles that is no fault at any service."""
    for name, lines in own.items():
        list(_read(Profile(name, "", lines, is_own=True), {}, contract))


def _read(profile: Profile, served: Services, contract: Services) -> Iterator[Fault]:
    for line in profile.lines:
        try:
            yield fault(line, served)
        except BadFault:
            if profile.is_own:
                _check(profile.name, line, contract)


def _check(name: str, line: str, contract: Services) -> None:
    try:
        fault(line, contract)
    except BadFault as error:
        raise BadSetting("--own-profile", f"{quoted(name)} has the line {quoted(line)}: {error.sentence}") from error


@cache
def _ours() -> Mapping[str, Profile]:
    text = (folder("schemas") / "profiles.json").read_text(encoding="utf-8")
    found = json.loads(text)["profiles"]
    return {name: Profile(name, each["imitates"], tuple(each["faults"])) for name, each in found.items()}
