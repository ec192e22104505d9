"""Nodes: YAML 1.2 as plain values, within bounds, with the line of each field.

Only what JSON has is read: ``yes``, ``16:9`` and ``2024-01-01`` are texts, as OpenAPI wants it. Aliases share what they
name, so a few of them can stand for a billion nodes; what would be walked too long is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

from mockserver.types import JSON, Path

if TYPE_CHECKING:
    import yaml

_MOST_DEPTH = 100
"""Levels of nesting; hand-written documents have some twenty."""

_MOST_ALIASED = 100_000
"""Nodes that aliases may add to those that are written out."""

_WORDS: dict[str, JSON] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp"))
_INTEGER = re.compile(r"[-+]?[0-9]{1,4000}\Z", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z", re.ASCII)


class BadYaml(ValueError):
    """A text that is no YAML that we read: the ``fact``, and its ``line`` from 1."""

    def __init__(self, line: int, fact: str) -> None:
        super().__init__(fact)
        self.line, self.fact = line, fact


@dataclass(slots=True)
class _Open:
    """A list or an object that is being read; ``size`` counts its nodes with those of its aliases."""

    value: Any
    line: int
    anchor: str | None
    key: str | None = None
    key_line: int = 0
    size: int = 1
    lines: dict[str | int, int] = field(default_factory=dict)


class Lines:
    """Where each field of a document stands."""

    def __init__(self) -> None:
        self._by_holder: dict[int, dict[str | int, int]] = {}

    def keep(self, holder: object, lines: dict[str | int, int]) -> None:
        """Note the lines of what is directly in a list or an object, which must stay alive."""
        self._by_holder[id(holder)] = lines

    def of(self, root: JSON, path: Path) -> int | None:
        """Return the line of what is at a path, or of the nearest thing around it; ``None`` if no line is known."""
        found, value = None, root
        for step in path:
            found = self._by_holder.get(id(value), {}).get(step, found)
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                break
        return found


def parsed(text: str) -> tuple[JSON, Lines]:
    """Read YAML. Raises ``BadYaml``."""
    import yaml

    try:
        return _built(yaml.parse(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line if mark else 0
        raise BadYaml(line + 1, _fact(error, text.split("\n")[line : line + 1])) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        raise BadYaml(line, f"the letter {chr(int(error.character))!a} may not stand in YAML") from error
    except yaml.YAMLError as error:
        raise BadYaml(1, str(error)) from error


def _fact(error: yaml.MarkedYAMLError, line: list[str]) -> str:
    """Say what is wrong in a line, as the parser has it; of a tab it says only that no token begins so."""
    if line and "\t" in line[0][: len(line[0]) - len(line[0].lstrip())]:
        return "the line begins with a tab. Indent it with spaces"
    return error.problem or error.context or "it is no YAML"


def _built(events: Iterator[Any]) -> tuple[JSON, Lines]:
    lines, stack, known = Lines(), list[_Open](), dict[str, tuple[JSON, int]]()
    root: list[JSON] = []
    total = aliased = 0
    for event in events:
        kind, line = type(event).__name__, event.start_mark.line + 1
        if kind in ("MappingStartEvent", "SequenceStartEvent"):
            _check_depth(stack, line)
            stack.append(_Open({} if kind.startswith("M") else [], line, event.anchor))
            known.pop(event.anchor, None)
            continue
        if kind in ("MappingEndEvent", "SequenceEndEvent"):
            done = stack.pop()
            lines.keep(done.value, done.lines)
            value, size, line, anchor = done.value, done.size, done.line, done.anchor
        elif kind == "ScalarEvent":
            value, size, anchor = _scalar(event, is_key=_wants_key(stack)), 1, event.anchor
        elif kind == "AliasEvent":
            if event.anchor not in known:
                raise BadYaml(line, f"the alias *{event.anchor} stands before, or in, what it names. Write it out")
            (value, size), anchor = known[event.anchor], None
            aliased += size
            if aliased > _MOST_ALIASED:
                raise BadYaml(line, f"aliases stand for more than {_MOST_ALIASED} nodes. Write out what is needed")
        else:
            continue
        if anchor is not None:
            known[anchor] = value, size
        total += 1
        _put(stack, root, value, size, line)
    if len(root) > 1:
        raise BadYaml(line, "it has more than one document. Leave only one")
    return (root[0] if root else None), lines


def _check_depth(stack: list[_Open], line: int) -> None:
    if len(stack) >= _MOST_DEPTH:
        raise BadYaml(line, f"it is nested more than {_MOST_DEPTH} levels deep")
    if _wants_key(stack):
        raise BadYaml(line, "the name of a field is a list or an object. Write a text")


def _wants_key(stack: list[_Open]) -> bool:
    return bool(stack) and isinstance(stack[-1].value, dict) and stack[-1].key is None


def _put(stack: list[_Open], root: list[JSON], value: JSON, size: int, line: int) -> None:
    if not stack:
        root.append(value)
        return
    holder = stack[-1]
    holder.size += size
    if isinstance(holder.value, list):
        holder.lines[len(holder.value)] = line
        holder.value.append(value)
    elif holder.key is None:
        name = value if isinstance(value, str) else str(value)
        if name in holder.value:
            first = holder.lines[name]
            raise BadYaml(line, f"the field {name!r} stands here and in line {first}. Leave one of them")
        holder.key, holder.key_line = name, line
    else:
        holder.lines[holder.key] = holder.key_line
        if holder.key == "<<":
            _merge(holder, value, line)
        else:
            holder.value[holder.key] = value
        holder.key = None


def _merge(holder: _Open, value: JSON, line: int) -> None:
    """Put in what ``<<`` names; fields that stand beside it count."""
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, dict):
            raise BadYaml(line, "what '<<' names is no object")
        for name, inner in each.items():
            holder.value.setdefault(name, inner)


def _scalar(event: Any, *, is_key: bool) -> JSON:
    text: str = event.value
    if event.tag not in (None, "!", *_TAGS):
        raise BadYaml(event.start_mark.line + 1, f"the tag {event.tag} is not known. Leave it out")
    if is_key or event.style in ("'", '"', "|", ">") or event.tag == "tag:yaml.org,2002:str":
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    if _FLOAT.match(text) and isfinite(number := float(text)):
        return number
    return text
