"""Records: which field of an answer is the id of a task, its state, its times, its results.

The names are those that such APIs use, in the order in which they are likely.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mockserver.contract.layout import STATES
from mockserver.importing.answers.names import (
    BESIDE,
    ERRORS,
    HTTP,
    IDS,
    OWN_URLS,
    PROGRESS,
    REASONS,
    STATUSES,
    TIMES,
    URLS,
    state_of,
)
from mockserver.importing.answers.shape import Leaf, Shape, Steps
from mockserver.importing.notes import CannotImport, Kind, Notes
from mockserver.types import JSON


@dataclass(slots=True)
class Record:
    """Where an answer keeps what: the fields by their roles."""

    id: Leaf
    status: Leaf
    states: dict[str, str]
    times: dict[str, tuple[Leaf, str]] = field(default_factory=dict)
    reason: Leaf | None = None
    progress: Leaf | None = None
    results: list[Leaf] = field(default_factory=list)


def find_id(shape: Shape, wanted: Iterable[str] = ()) -> Leaf | None:
    """Return the field that is likely to be the id of a task; ``wanted`` are names that it may have."""
    names = [*wanted, *IDS]
    found = [leaf for leaf in shape.leaves() if leaf.name in names and "*" not in leaf.steps and leaf.can_be_named]
    found = [leaf for leaf in found if set(leaf.kinds) <= {"string", "integer"}]
    return min(found, key=lambda leaf: (names.index(leaf.name), len(leaf.steps)), default=None)


def record(shape: Shape, id: Leaf, sent: Sequence[str], notes: Notes, title: str) -> Record:
    """Find the parts of a task in the answer that shows it. Raises ``CannotImport``.

    ``sent`` are the names of the fields of requests: a URL of such a name is no result.
    """
    leaves = [leaf for leaf in shape.leaves() if leaf.steps != id.steps]
    plain = [leaf for leaf in leaves if "*" not in leaf.steps]
    status = _status(shape, plain, id, title)
    found = Record(id, status, _states(status, shape, notes))
    rest = [leaf for leaf in plain if leaf.steps != status.steps]
    for role, names in TIMES.items():
        of_role = [leaf for leaf in rest if leaf.name in names]
        if (leaf := _nearest(of_role, id, names)) is not None and (unit := _unit(leaf, shape, notes)):
            found.times[role] = leaf, unit
    found.reason = _reason(rest, id)
    found.progress = next((leaf for leaf in rest if leaf.name in PROGRESS), None)
    taken = {leaf.steps for leaf in (found.reason, found.progress) if leaf}
    found.results = _results([leaf for leaf in leaves if leaf.steps not in taken], sent)
    if not found.results:
        text = f"no field of the answer of {title} holds the URL of a result. Describe it, such as images[].url."
        raise CannotImport(shape.spot.place, text)
    return found


def _status(shape: Shape, leaves: list[Leaf], id: Leaf, title: str) -> Leaf:
    named = [leaf for leaf in leaves if leaf.name in STATUSES and leaf.can_be_named]
    texts = [leaf for leaf in named if leaf.kinds in (["string"], [])]
    words = [leaf for leaf in texts if any(state_of(each) for each in [*leaf.schema.get("enum", ()), *leaf.examples])]
    if (found := _nearest(words or texts, id, STATUSES)) is not None:
        return found
    if named:
        text = (
            f"the state of a task, {named[0].place}, is a number, and we read only words. Describe one that is a text."
        )
        raise CannotImport(shape.spot.place, text)
    text = f"no field of the answer of {title} says how far a task is. Describe it, such as status."
    raise CannotImport(shape.spot.place, text)


def _nearest(leaves: list[Leaf], id: Leaf, names: Sequence[str]) -> Leaf | None:
    """Return the field that shares most of its way with the id of a task; of those, the likeliest by its name."""

    def distance(leaf: Leaf) -> tuple[int, int]:
        common = next(
            (i for i, (a, b) in enumerate(zip(leaf.steps, id.steps, strict=False)) if a != b), len(id.steps) - 1
        )
        return len(leaf.steps) + len(id.steps) - 2 * common, names.index(leaf.name)

    return min((leaf for leaf in leaves if leaf.can_be_named), key=distance, default=None)


def _states(status: Leaf, shape: Shape, notes: Notes) -> dict[str, str]:
    """Return the wire's word for each state."""
    place = f"{shape.spot.place}: {status.place}"
    words = [word for word in status.schema.get("enum", status.examples) if isinstance(word, str)]
    if "enum" not in status.schema:
        text = status.schema.get("description", "")
        words += [
            word
            for word in re.findall(r"[A-Za-z_]+", text)
            if state_of(word)
            and (word.isupper() or word in re.findall(r"[`'\"]([A-Za-z_]+)[`'\"]", text) or "," in text)
        ]
    found: dict[str, str] = {}
    for word in dict.fromkeys(words):
        state = state_of(word)
        if state is None:
            notes.add(Kind.UNDECIDED, place, word, "which state this word means is not known; the fake never shows it")
        elif state not in found:
            found[state] = word
    guessed = [state for state in STATES if state not in found]
    is_upper = any(word.isupper() for word in found.values())
    if "submitted" in guessed and "processing" in found:
        found["submitted"] = found["processing"]
    if "processing" in guessed and "submitted" in found:
        found["processing"] = found["submitted"]
    for state in STATES:
        found.setdefault(state, state.upper() if is_upper else state)
    if guessed:
        said = ", ".join(f"{state}: {found[state]!r}" for state in guessed)
        notes.add(Kind.GUESSED, place, said, "no word is described for this; correct it in statuses and layout.states")
    return {state: found[state] for state in STATES}


def _unit(leaf: Leaf, shape: Shape, notes: Notes) -> str | None:
    """Return how a time is written: ``at`` (milliseconds), ``s`` or ``iso``; ``None`` for another form."""
    value = next(iter(leaf.examples), None)
    text = leaf.schema.get("description", "").lower()
    if "string" in leaf.kinds or isinstance(value, str):
        return None if isinstance(value, str) and value.isdecimal() else "iso"
    if isinstance(value, int | float) and value > 10**8:
        return "at" if value > 10**11 else "s"
    if re.search(r"milli|毫秒|\bms\b", text):
        return "at"
    if re.search(r"second|秒|epoch", text):
        return "s"
    notes.add(
        Kind.GUESSED, f"{shape.spot.place}: {leaf.place}", leaf.name, "taken for milliseconds; an example would tell"
    )
    return "at"


def _reason(leaves: list[Leaf], id: Leaf) -> Leaf | None:
    texts = [leaf for leaf in leaves if leaf.kinds in (["string"], []) and leaf.can_be_named]
    if (found := _nearest([leaf for leaf in texts if leaf.name in REASONS], id, REASONS)) is not None:
        return found
    inside = [leaf for leaf in texts if len(leaf.steps) > 1 and leaf.steps[-2].lower() in ERRORS]
    inside = [leaf for leaf in inside if leaf.name in ("message", "msg", "detail", "reason", "raw_message")]
    whole = [leaf for leaf in texts if leaf.name in ERRORS]
    beside = [
        leaf
        for leaf in texts
        if leaf.name in ("message", "msg") and leaf.steps[:-1] == id.steps[:-1] and len(id.steps) > 1
    ]
    return next(iter([*inside, *whole, *beside]), None)


def _results(leaves: list[Leaf], sent: Sequence[str]) -> list[Leaf]:
    """Return the URLs of what was made: those of lists, or if there are none, single ones."""
    urls = [leaf for leaf in leaves if _is_url(leaf) and leaf.can_be_named]
    own = [leaf for leaf in urls if not OWN_URLS.search(leaf.name) and not _is_echo(leaf, sent)]
    main = [leaf for leaf in own if not BESIDE.search(leaf.name)]
    listed = [leaf for leaf in main if leaf.steps.count("*") == 1]
    return listed or [leaf for leaf in main if "*" not in leaf.steps]


def _is_echo(leaf: Leaf, sent: Sequence[str]) -> bool:
    """Whether a field repeats one of the request."""
    around = {step.lower() for step in leaf.steps[:-1]}
    return bool(around & {"input", "params", "parameters", "request", "payload", "config"}) or leaf.steps[0] in sent


def _is_url(leaf: Leaf) -> bool:
    if set(leaf.kinds) - {"string"}:
        return False
    shown = [each for each in leaf.examples if isinstance(each, str)]
    if shown:
        return any(HTTP.match(each) for each in shown)
    is_said = leaf.schema.get("x-format") in ("uri", "url")
    return is_said or (
        bool(URLS.match(leaf.name))
        and (leaf.name.endswith(("url", "urls", "uri", "link", "links")) or leaf.steps[-1] == "*")
    )


def common(leaves: Iterable[Steps]) -> Steps:
    """Return the way that some fields have in common, up to the first list or field of their own."""
    ways = [steps[:-1] for steps in leaves]
    found: list[str] = []
    for parts in zip(*ways, strict=False):
        if len(set(parts)) > 1 or parts[0] == "*":
            break
        found.append(parts[0])
    return tuple(found)


def created(shape: Shape, id: Leaf, status: str, notes: Notes) -> dict[Steps, JSON]:
    """Return what fills the answer about a task that has no results yet, but for its id; ``status`` is what it says."""
    plain = [leaf for leaf in shape.leaves() if "*" not in leaf.steps and leaf.steps != id.steps]
    found: dict[Steps, JSON] = {}
    named = [leaf for leaf in plain if leaf.name in STATUSES and leaf.kinds in (["string"], [])]
    if (leaf := _nearest(named, id, STATUSES)) is not None:
        found[leaf.steps] = status
    for role, names in TIMES.items():
        if (leaf := _nearest([leaf for leaf in plain if leaf.name in names], id, names)) and (
            unit := _unit(leaf, shape, notes)
        ):
            found[leaf.steps] = f"{{{role}_{unit}}}"
    return found
