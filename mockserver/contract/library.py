"""Libraries: what accounts make that later requests name, such as elements and voices, as a ``service.json`` says.

A thing is what a task has made that is no file, or a preset: one that every account has. Requests name it by its id.
Which things an account has, no schema can say; rules that depend on it are in a schema of their own (``Judged``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Self

from mockserver.contract.places import schema_at
from mockserver.contract.rules import Rule
from mockserver.contract.source.parts import Whole
from mockserver.contract.template import expanded
from mockserver.types import JSON, Lazy, Schema, value


@dataclass(frozen=True)
class Library:
    """One kind of thing.

    * ``named_by``: the places in requests that name a thing by its id
    * ``makers``: the operations whose tasks make one
    * ``id_field``: the field of a thing that is its id
    * ``kind_field``: the field, of a thing and of the request that made it, that says its kind; without it, the first
    * ``kinds``: the list that things of a kind are counted in, by the kind
    * ``presets``: what every account has; in each ``thing`` is what a made one's template makes
    * ``thing``: the template of a made one
    * ``unknown``: the question whether a thing that is not there is refused
    * ``missing``, ``deleted``, ``preset``: rows of the error table
    """

    id: str
    named_by: tuple[str, ...]
    makers: tuple[str, ...]
    id_field: str
    kind_field: str
    kinds: Mapping[str, str]
    presets: tuple[Mapping[str, Any], ...]
    thing: JSON
    unknown: str
    missing: str
    deleted: str
    preset: str

    @classmethod
    def parse(cls, id: str, data: Mapping[str, Any], makers: tuple[str, ...], thing: JSON) -> Self:
        """Read what its meta-schema has checked; ``makers`` are the ids of the operations that it names."""
        return cls(
            id=id,
            named_by=tuple(data["named_by"]),
            makers=makers,
            id_field=data["id_field"],
            kind_field=data.get("kind_field", ""),
            kinds=MappingProxyType(data.get("kinds", {})),
            presets=tuple(data["presets"]),
            thing=thing,
            **{name: data[name] for name in ("unknown", "missing", "deleted", "preset")},
        )

    @cached_property
    def presets_by_id(self) -> Mapping[str, Mapping[str, Any]]:
        """The presets by their ids, as text."""
        return {str(each["thing"][self.id_field]): each for each in self.presets}

    def list_of(self, made_of: Mapping[str, JSON]) -> str | None:
        """Return the list that a thing is counted in, by its fields or those of the request that made it."""
        kind = made_of.get(self.kind_field)
        return next(iter(self.kinds.values()), None) if kind is None else self.kinds.get(str(kind))


@value
class Judged:
    """Rules that depend on what an account has. The schema is about a payload with more fields.

    These are ``lists``, each with what stands at a place of the payload, and a list of ids for each kind of thing.
    """

    schema: Schema
    rules: tuple[Rule, ...]
    lists: Mapping[str, str]


def libraries_of(own: Whole, base: Whole, known: Mapping[str, JSON]) -> Mapping[str, Library]:
    """Return the libraries of a service and of the one that it extends, each read when it is asked for.

    That one makes what it does not make itself.
    """
    mine = own.data.get("libraries", {})
    every = {**base.data.get("libraries", {}), **mine}

    def library(id: str) -> Library:
        file, data = (own if id in mine else base).file, every[id]
        makers = tuple(f"{(own if name in own.data['operations'] else base).id}/{name}" for name in data["made_by"])
        thing = expanded(file, ("libraries", id, "thing"), data.get("thing"), known)
        return Library.parse(id, data, makers, thing)

    return Lazy(lambda: every, library)


def names(schema: Schema, libraries: Mapping[str, Library]) -> Iterator[tuple[str, str]]:
    """Yield each library that a request names things of, with the place where it does."""
    for library in libraries.values():
        yield from ((library.id, place) for place in library.named_by if schema_at(place, schema) is not None)
