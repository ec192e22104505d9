"""Templates: answers as a ``service.json`` writes them out, with places that a task fills in.

A text ``"{id}"`` becomes the value of that name, of whatever type it is; ``"task {id}"`` a text with it in it. What has
no value is left out, and with it the field, the item or the text that it stands in. Six objects are no objects of the
answer:

* ``{"$each": "results", "item": …}``: a list with one item for each result, each task or preset, or each item of a
  list that was sent, ``payload.tag_list``
* ``{"$first": "results", "item": …}``: the first of these items; there is none where there are no results
* ``{"$all": [{"$each": …}, …]}``: the items of several lists, one list after another
* ``{"$by": "status", "cases": {…}, "else": …}``: what stands there depends on a value
* ``{"$with": "payload.image", "item": …}``: it stands there only if there is a value, and not an empty text
* ``{"$text": …}``: JSON written as text
* ``{"$use": "record"}``: another template of the same service

A service has templates by what its operations do (``create``, ``get``, ``list``), and ``callback`` and ``refusal``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from enum import Enum
from functools import partial
from typing import Final

from mockserver.contract.values import LISTS, is_value
from mockserver.errors import BadContract
from mockserver.types import JSON, Lazy, Path, pointer, value

_PLACE = re.compile(r"\{([a-z_0-9]{1,32}(?:\.[A-Za-z0-9_.-]{1,200})?)\}")
_WHOLE = re.compile(_PLACE.pattern + r"\Z")


_NAMING = frozenset({"$each", "$first", "$by", "$with"})
"""What stands there is the name of a list or of a value, and no template."""


class _Missing(Enum):
    MISSING = "there is no value"


MISSING: Final = _Missing.MISSING
"""In the place of a value: there is none, and ``None`` is one."""

Missing = _Missing
Found = JSON | Missing

Where = Callable[[str], str]
"""Which file has what a pointer leads to."""


@value
class Scope:
    """What fills a template; what is not here is ``around`` it.

    * ``values``: by the first part of a name, what returns its value; it is called with the rest of the name
    * ``lists``: by one of ``LISTS``, what returns that which fills each item
    """

    values: Mapping[str, Callable[[str], Found]]
    lists: Mapping[str, Callable[[], Iterable[Scope]]] = field(default_factory=dict)
    around: Scope | None = None

    def value(self, name: str) -> Found:
        """Return the value of a name, or ``MISSING``."""
        first, _, rest = name.partition(".")
        if first in self.values:
            return self.values[first](rest)
        return MISSING if self.around is None else self.around.value(name)

    def items(self, name: str) -> Iterable[Scope]:
        """Return what fills each item of a list."""
        if "." in name:
            sent = self.value(name)
            listed = sent if isinstance(sent, list) else ()
            return [Scope({"item": partial(inside, each)}, around=self) for each in listed]
        if name in self.lists:
            return self.lists[name]()
        return () if self.around is None else self.around.items(name)


def inside(whole: JSON, name: str) -> Found:
    """Return what an object has by a name with dots, or the object itself without one."""
    for step in name.split(".") if name else ():
        whole = whole.get(step) if isinstance(whole, dict) else None
    return MISSING if whole is None else whole


def filled(template: JSON, scope: Scope) -> Found:
    """Return a template with its places filled in."""
    if isinstance(template, str):
        return _text(template, scope)
    if isinstance(template, list):
        return _present(filled(item, scope) for item in template)
    if not isinstance(template, dict):
        return template
    if "$each" in template:
        return _present(filled(template["item"], inner) for inner in scope.items(template["$each"]))
    if "$first" in template:
        first = next(iter(scope.items(template["$first"])), None)
        return MISSING if first is None else filled(template["item"], first)
    if "$all" in template:
        parts = _present(filled(part, scope) for part in template["$all"])
        return [item for part in parts for item in (part if isinstance(part, list) else [part])]
    if "$by" in template:
        key = scope.value(template["$by"])
        case = template["cases"].get(str(key), template.get("else", MISSING))
        return MISSING if case is MISSING else filled(case, scope)
    if "$with" in template:
        return MISSING if scope.value(template["$with"]) in (MISSING, "") else filled(template["item"], scope)
    if "$text" in template:
        inner = filled(template["$text"], scope)
        return MISSING if inner is MISSING else json.dumps(inner, ensure_ascii=False, separators=(",", ":"))
    return fields(template, scope)


def fields(template: Mapping[str, JSON], scope: Scope) -> dict[str, JSON]:
    """Return the fields of a template that is an object of the answer."""
    pairs = ((name, filled(part, scope)) for name, part in template.items())
    return {name: value for name, value in pairs if value is not MISSING}


def templates(file: Where, sources: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """Return templates with each ``$use`` replaced; ``file`` says which file has a pointer.

    Each is read when it is asked for, and raises ``BadContract`` then for a name that means nothing.
    """
    return Lazy(lambda: sources, lambda name: _expanded(file, ("templates", name), sources[name], sources, (name,)))


def expanded(file: Where, at: Path, template: JSON, known: Mapping[str, JSON]) -> JSON:
    """Return one template that may use others. Raises ``BadContract``."""
    return _expanded(file, at, template, known, ())


def names_in(template: JSON) -> Iterator[str]:
    """Yield the name of each value that a template reads, ``payload.image``; it was ``expanded``."""
    if isinstance(template, str):
        yield from _PLACE.findall(template)
    elif isinstance(template, list):
        yield from (name for part in template for name in names_in(part))
    elif isinstance(template, dict):
        yield from (template[key] for key in ("$by", "$with") if key in template)
        yield from (name for key, part in template.items() if key not in _NAMING for name in names_in(part))


def _expanded(file: Where, at: Path, part: JSON, known: Mapping[str, JSON], within: tuple[str, ...]) -> JSON:
    if isinstance(part, str):
        for name in _PLACE.findall(part):
            if not is_value(name):
                raise _bad(file, at, f"there is no value {name!r} to fill in")
        return part
    if isinstance(part, list):
        return [_expanded(file, (*at, index), each, known, within) for index, each in enumerate(part)]
    if not isinstance(part, dict):
        return part
    if "$use" in part:
        name = part["$use"]
        if name not in known or name in within:
            fact = f"there is no template {name!r}" if name not in known else f"{name!r} uses itself"
            raise _bad(file, (*at, "$use"), fact)
        return _expanded(file, at, known[name], known, (*within, name))
    _check_keys(file, at, part)
    return {
        key: each if key in _NAMING else _expanded(file, (*at, key), each, known, within) for key, each in part.items()
    }


def _bad(file: Where, at: Path, fact: str) -> BadContract:
    return BadContract(file(pointer(at)), pointer(at), fact)


def _check_keys(file: Where, at: Path, part: Mapping[str, JSON]) -> None:
    """Refuse an object that is none of the answer, and none of ours either."""
    ours = {key for key in part if key.startswith("$")}
    if not ours:
        return
    forms = (
        {"$each", "item"},
        {"$first", "item"},
        {"$with", "item"},
        {"$by", "cases"},
        {"$by", "cases", "else"},
        {"$text"},
        {"$all"},
    )
    if set(part) not in forms:
        raise _bad(file, at, f"{min(ours)!r} stands beside what does not belong to it")
    for key in sorted(ours & {"$each", "$first"}):
        if part[key] not in LISTS and not part[key].startswith("payload."):
            raise _bad(file, (*at, key), f"there is no list {part[key]!r}; there are {', '.join(LISTS)}")
    if "$all" in part and not isinstance(part["$all"], list):
        raise _bad(file, (*at, "$all"), "it is no list of lists")
    if "$by" in part and not (is_value(part["$by"]) and isinstance(part["cases"], dict)):
        raise _bad(file, (*at, "$by"), f"there is no value {part['$by']!r} to choose by")
    if "$with" in part and not is_value(part["$with"]):
        raise _bad(file, (*at, "$with"), f"there is no value {part['$with']!r} to wait for")


def _text(template: str, scope: Scope) -> Found:
    if whole := _WHOLE.match(template):
        return scope.value(whole[1])
    pieces: list[str] = []
    for index, piece in enumerate(_PLACE.split(template)):
        value = scope.value(piece) if index % 2 else piece
        if value is MISSING:
            return MISSING
        pieces.append(str(value))
    return "".join(pieces)


def _present(values: Iterator[Found]) -> list[JSON]:
    return [value for value in values if value is not MISSING]
