"""The lists of an account's tasks, as a turn leaves them: what it has added and removed, laid over what was fetched."""

from __future__ import annotations

from mockserver.fake.stores.redis.answers import Page
from mockserver.fake.stores.redis.names import list_key, owner_key, service_of, text
from mockserver.fake.stores.redis.turn import Turn
from mockserver.fake.stores.store import Owner

Part = tuple[int, int, bool]
"""Where a part of a list begins, how long it is, and whether it is counted from the newest on."""

_NONE: Part = (1, 0, False)
"""A part of nothing, which says how long the list is."""


def length(turn: Turn, owner: Owner, operation: str) -> int:
    """Return how many tasks an account has of one operation."""
    if service_of(operation) != owner[0]:
        return 0
    line = list_key(operation, owner[1])
    return _held(turn, owner, line, _NONE).length + len(turn.added.get(line, ())) - len(turn.removed.get(line, ()))


def ids(turn: Turn, owner: Owner, operation: str, part: Part) -> list[str]:
    """Return the ids of a part of a list."""
    line, (start, size, newest_first) = list_key(operation, owner[1]), part
    if size < 1 or service_of(operation) != owner[0]:
        return []
    if turn.removed.get(line):
        whole = _whole(turn, owner, line)
        return (whole[::-1] if newest_first else whole)[start : start + size]
    added = list(turn.added.get(line, ()))
    if newest_first:
        found = added[::-1][start : start + size]
        return found + _held_ids(turn, owner, line, (max(start - len(added), 0), size - len(found), True))
    found = _held_ids(turn, owner, line, part)
    if added and len(found) < size:
        before = max(start - _held(turn, owner, line, _NONE).length, 0)
        found += added[before : before + size - len(found)]
    return found


def is_forgotten(turn: Turn, account: str) -> bool:
    """Whether this turn has forgotten what an account had before it."""
    return bool(turn.forgotten) and (None in turn.forgotten or account in turn.forgotten)


def _held(turn: Turn, owner: Owner, line: bytes, part: Part) -> Page:
    """Return a part of what was there before this turn."""
    if is_forgotten(turn, owner[1]):
        return Page(b"", 0, [])
    name = owner_key(owner)
    found = _fetched(turn, line, part)
    if found is None:
        found = turn.read(("P", name, line, part[0], part[1], int(part[2])))
    turn.check("O", name, stamp=found.stamp)
    return found


def _fetched(turn: Turn, line: bytes, part: Part) -> Page | None:
    """Return a part that lies within one that was fetched already."""
    start, size, newest_first = part
    for read in turn.pages.get(line, ()):
        _, _, _, first, size_of_it, is_newest_first = read
        found: Page = turn.fetched[read]
        is_within = first <= start and (start + size <= first + size_of_it or len(found.keys) < size_of_it)
        if not size or (is_within and is_newest_first == newest_first):
            return found._replace(keys=found.keys[start - first :][:size] if size else [])
    return None


def _held_ids(turn: Turn, owner: Owner, line: bytes, part: Part) -> list[str]:
    return [text(key).split(":", 1)[1] for key in _held(turn, owner, line, part).keys] if part[1] else []


def _whole(turn: Turn, owner: Owner, line: bytes) -> list[str]:
    """Return the ids of a whole list, the oldest first: it is needed when some were removed in this turn."""
    held: list[str] = []
    if not is_forgotten(turn, owner[1]):
        stamp, held = turn.read(("I", owner_key(owner), line))
        turn.check("O", owner_key(owner), stamp=stamp)
    return [id for id in held if id not in turn.removed[line]] + list(turn.added.get(line, ()))
