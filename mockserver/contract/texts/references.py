"""References: what a text refers to, by a number or by a name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from mockserver.contract.places import first, values
from mockserver.types import JSON


def dangling(form: str, text: str, target: str, instance: dict[str, JSON]) -> Iterator[str]:
    """Yield the references of a form in a text that refer to nothing."""
    if "*" in form:
        names = tuple(name for name in values(target, instance) if isinstance(name, str) and name)
        for found in _name(form).finditer(text):
            if not text.startswith(names, found.start(1)):
                yield found[0]
        return
    for found in _reference(form).finditer(text):
        if not _exists(instance, target, int(found[1])):
            yield found[0]


@lru_cache(maxsize=32)
def _reference(form: str) -> re.Pattern[str]:
    before, after = form.split("%")
    return re.compile(re.escape(before) + r"([0-9]{1,9})" + (re.escape(after) or r"(?![0-9])"))


@lru_cache(maxsize=32)
def _name(form: str) -> re.Pattern[str]:
    """Return what finds a name behind a mark that does not stand within a word, as the one of a mail address does."""
    before, after = form.split("*")
    return re.compile(rf"(?<!\w){re.escape(before)}(\w[\w-]*){re.escape(after)}")


def _exists(instance: dict[str, JSON], target: str, number: int) -> bool:
    if "%" in target:
        return bool(instance.get(target.replace("%", str(number))))
    listed = first(target, instance)
    return isinstance(listed, list) and 1 <= number <= len(listed)
