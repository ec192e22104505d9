"""Changes: how a value differs from what it should be, in words that name what somebody did to it."""

from __future__ import annotations

import html
import operator
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import zip_longest
from types import MappingProxyType
from urllib.parse import quote, unquote

from mockserver.types import JSON

_MOST_SHOWN = 60
"""The characters of a value that are shown; whoever needs all of it has the exchange."""

_EASY_TO_COMPARE = 40
"""Of texts with more characters, it is also said where they begin to differ."""

_MOST_NAMED = 6
"""The characters that are named one by one."""

_LARGEST = 1 << 1023
"""Below this, each integer is near to a 64-bit floating-point number."""

_BYTE_ORDER_MARK = "\ufeff"
"""White space to some languages when they trim a text, and not to Python."""

_Edit = Callable[[str], str]


def _without(category: str) -> _Edit:
    return lambda text: "".join(letter for letter in text if unicodedata.category(letter) != category)


def _without_accents(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


def _misread(encoding: str) -> _Edit:
    """Return what reads UTF-8 as something else."""
    return lambda text: text.encode(errors="replace").decode(encoding, errors="replace")


def _recoded(encoding: str, errors: str) -> _Edit:
    return lambda text: text.encode(encoding, errors).decode(encoding)


_EDITS: Mapping[str, _Edit] = MappingProxyType(
    {
        "was composed (NFC)": partial(unicodedata.normalize, "NFC"),
        "was decomposed (NFD)": partial(unicodedata.normalize, "NFD"),
        "lost its compatibility letters (NFKC)": partial(unicodedata.normalize, "NFKC"),
        "lost its compatibility letters and was decomposed (NFKD)": partial(unicodedata.normalize, "NFKD"),
        "lost its accents": _without_accents,
        "arrived in lower case": str.lower,
        "arrived in upper case": str.upper,
        "arrived with folded case": str.casefold,
        "has other line ends: CR LF became LF": lambda text: text.replace("\r\n", "\n"),
        "has other line ends: LF became CR LF": lambda text: re.sub("\r?\n", "\r\n", text),
        "lost its line ends": lambda text: re.sub("[\r\n]+", "", text),
        "has a space for each line end": lambda text: re.sub("\r\n|\r|\n", " ", text),
        "has one space where there were several": partial(re.sub, " +", " "),
        "has one space for each stretch of white space": partial(re.sub, r"\s+", " "),
        "lost all of its white space": partial(re.sub, r"\s+", ""),
        "lost its control characters": _without("Cc"),
        "lost its invisible characters": _without("Cf"),
        "arrived with HTML escapes": partial(html.escape, quote=False),
        "arrived with HTML escapes, also of quotes": html.escape,
        "arrived with its HTML escapes undone": html.unescape,
        "arrived percent-encoded": partial(quote, safe="", errors="replace"),
        "arrived with its percent-encoding undone": unquote,
        "lost its letters beyond ASCII": _recoded("ascii", "ignore"),
        "has ? for each letter beyond ASCII": _recoded("ascii", "replace"),
        "has escapes for its letters beyond ASCII": _recoded("ascii", "backslashreplace"),
        "has ? for each letter beyond Latin-1": _recoded("latin-1", "replace"),
        "lost its letters beyond U+FFFF": partial(re.sub, "[\U00010000-\U0010ffff]", ""),
        "has U+FFFD for each letter beyond U+FFFF": partial(re.sub, "[\U00010000-\U0010ffff]", "\ufffd"),
        "was read as Latin-1, but is UTF-8": _misread("latin-1"),
        "was read as Windows-1252, but is UTF-8": _misread("cp1252"),
    }
)
"""What is often done to texts, by the words for it; the less it changes, the earlier it comes."""


def changes(place: str, given: JSON, arrived: JSON) -> Iterator[str]:
    """Yield each difference between a value and what arrived of it; ``place`` names the value: ``prompt``.

    1, 1.0 and true are three different values. Inside of objects, what was not given is a difference, too.
    """
    if isinstance(given, dict) and isinstance(arrived, dict):
        yield from _changed_fields(place, given, arrived)
    elif isinstance(given, list) and isinstance(arrived, list):
        yield from _changed_items(place, given, arrived)
    elif isinstance(given, str) and isinstance(arrived, str):
        if given != arrived:
            yield f"{place} {changed_text(given, arrived)}"
    elif type(given) is not type(arrived) or given != arrived:
        yield f"{place} was {_shown(given)} and arrived as {_shown(arrived)}{_remark(given, arrived)}"


def payload_changes(payload: Mapping[str, JSON], sent: Mapping[str, JSON]) -> Iterator[str]:
    """Yield each field of a payload that did not arrive as it was given; what else was sent does not count."""
    if payload and (wrapper := next((name for name, value in sent.items() if value == payload), None)):
        yield f"the whole payload arrived inside of the field {wrapper!r}"
        return
    others = {name: value for name, value in sent.items() if name not in payload}
    for name, value in payload.items():
        renamed = next((other for other, found in others.items() if not list(changes(name, value, found))), None)
        if name in sent:
            yield from changes(name, value, sent[name])
        elif renamed is not None:
            yield f"{name} arrived under the name {renamed!r}"
        else:
            yield f"{name} was {_shown(value)} and is missing"


def changed_text(given: str, arrived: str) -> str:
    """Say what was done to a text, which goes on after its name: ``lost 2 characters of white space at its end``."""
    if not _core(given):
        return f"was white space only ({_named(given)}) and arrived as {_shown(arrived)}"
    once = {"": given, **{words: edit(given) for words, edit in _EDITS.items()}}
    edited = _edited(once, arrived) or _edited(_edited_again(once), arrived)
    return edited or _cut(given, arrived) or _difference(given, arrived)


def _edited(results: Mapping[str, str], arrived: str) -> str:
    """Return the words for the result that arrived, or that did but for the white space at its ends; empty if none."""
    for is_same in (operator.eq, _has_same_core):
        for words, result in results.items():
            if is_same(result, arrived):
                return " and ".join(filter(None, (*_ends(result, arrived), words)))
    return ""


def _edited_again(once: Mapping[str, str]) -> dict[str, str]:
    """Return what two edits one after the other make of a text, by the words for both."""
    return {
        f"{first} and {second}": edit(begun)
        for first, begun in once.items()
        for second, edit in _EDITS.items()
        if first and begun != once[""]
    }


def _changed_fields(place: str, given: Mapping[str, JSON], arrived: Mapping[str, JSON]) -> Iterator[str]:
    for name, value in given.items():
        if name in arrived:
            yield from changes(f"{place}.{name}", value, arrived[name])
        else:
            yield f"{place}.{name} was {_shown(value)} and is missing"
    for name in sorted(arrived.keys() - given.keys()):
        yield f"{place}.{name} was not given and arrived as {_shown(arrived[name])}"


def _changed_items(place: str, given: list[JSON], arrived: list[JSON]) -> Iterator[str]:
    if len(given) != len(arrived):
        yield f"{place} had {_counted(len(given), 'item')} and arrived with {len(arrived)}"
        return
    for number, (one, other) in enumerate(zip(given, arrived, strict=True)):
        yield from changes(f"{place}[{number}]", one, other)


def _is_blank(letter: str) -> bool:
    return letter.isspace() or letter == _BYTE_ORDER_MARK


def _edges(text: str) -> tuple[int, int]:
    """Return where a text begins and ends without the white space at its ends."""
    kept = [place for place, letter in enumerate(text) if not _is_blank(letter)]
    return (kept[0], kept[-1] + 1) if kept else (0, 0)


def _has_same_core(one: str, other: str) -> bool:
    return _core(one) == _core(other)


def _core(text: str) -> str:
    return text[slice(*_edges(text))]


def _ends(given: str, arrived: str) -> Iterator[str]:
    """Say what became of the white space at the ends of a text."""
    (start, end), (now_start, now_end) = _edges(given), _edges(arrived)
    ends = {"start": (given[:start], arrived[:now_start]), "end": (given[end:], arrived[now_end:])}
    if all(old and not new for old, new in ends.values()):
        lost = "".join(old for old, _ in ends.values())
        yield f"lost {_counted(len(lost), 'character')} of white space at its ends ({_named(lost)})"
        return
    for where, (old, new) in ends.items():
        if len(new) < len(old):
            lost = old.removesuffix(new) if where == "start" else old.removeprefix(new)
            yield f"lost {_counted(len(old) - len(new), 'character')} of white space at its {where} ({_named(lost)})"
        elif len(new) > len(old):
            yield f"has {_counted(len(new) - len(old), 'character')} more of white space at its {where}"
        elif old != new:
            yield f"has other white space at its {where}: {_named(old)} became {_named(new)}"


def _cut(given: str, arrived: str) -> str:
    """Say how much of a text is missing, or was added, at one of its ends."""
    had = f"had {_counted(len(given), 'character')} and arrived"
    if arrived == "":
        return f"{had} empty"
    if given.startswith(arrived):
        return f"{had} cut: with its first {len(arrived)} only"
    if given.endswith(arrived):
        return f"{had} cut: with its last {len(arrived)} only"
    if arrived.startswith(given):
        return f"arrived with {_shown(arrived.removeprefix(given))} added at its end"
    if arrived.endswith(given):
        return f"arrived with {_shown(arrived.removesuffix(given))} added at its start"
    return ""


def _difference(given: str, arrived: str) -> str:
    """Say where two texts part, and what is lost."""
    parts = [f"was {_shown(given)} and arrived as {_shown(arrived)}"]
    if max(len(given), len(arrived)) > _EASY_TO_COMPARE:
        if len(given) != len(arrived):
            parts.append(f"it had {_counted(len(given), 'character')} and has {len(arrived)}")
        differs = (place for place, (one, other) in enumerate(zip_longest(given, arrived)) if one != other)
        where = next(differs)
        around = slice(where, where + _MOST_NAMED)
        parts.append(f"from character {where + 1} on, {_shown(given[around])} became {_shown(arrived[around])}")
    if lost := "".join(dict.fromkeys(letter for letter in given if letter > "~" and letter not in arrived)):
        parts.append(f"lost letters are {_named(lost)}")
    return "; ".join(parts)


def _remark(given: JSON, arrived: JSON) -> str:
    """Say more of a value that is no text, or became another type."""
    if type(given) is not type(arrived):
        return f": {_kind(given)} became {_kind(arrived)}"
    if isinstance(given, int) and isinstance(arrived, int) and abs(given) < _LARGEST and float(given) == arrived:
        return ": it was rounded to what a 64-bit floating-point number can be"
    return ""


def _kind(value: JSON) -> str:
    kinds = {str: "text", bool: "a boolean", int: "an integer", float: "a floating-point number", list: "a list"}
    return {**kinds, dict: "an object", type(None): "null"}[type(value)]


def _shown(value: JSON) -> str:
    """Return a value as Python writes it, cut if it is long."""
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def _named(letters: str) -> str:
    """Name characters by their code points, for some cannot be seen, and others look alike."""
    names = [f"U+{ord(letter):04X}" for letter in letters[:_MOST_NAMED]]
    return " ".join(names) + (" …" if len(letters) > _MOST_NAMED else "")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
