"""Inheritance: what a service has from the one that it extends, and says in its own way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce

from mockserver.contract.source.parts import SERVICE, Whole
from mockserver.contract.template import Scope, fields
from mockserver.errors import BadContract
from mockserver.types import JSON, Lazy, value

_FILES = ("body", "query", "answer", "callback")


@value
class Served:
    """What ``serves`` says: all operations of another service, or those ``named``, each with a ``prefix`` to its path.

    A name is that of an operation, ``omni-image.get``, or of a product, ``omni-image``, which means all of its
    operations.
    """

    prefix: str
    named: tuple[str, ...] | None

    @classmethod
    def parse(cls, data: Mapping[str, JSON]) -> Served:
        """Read the ``serves`` of a ``service.json``, which its meta-schema has checked."""
        return cls(data.get("prefix", ""), tuple(data["operations"]) if "operations" in data else None)

    def rows(self, base: Whole) -> Iterator[tuple[str, JSON]]:
        """Yield the operations, as the service that has them from ``base`` would write them."""
        for name, row in base.data["operations"].items():
            if self.named is None or name in self.named or name.rpartition(".")[0] in self.named:
                yield name, {**row, "path": self.prefix + row["path"], **_files(base.id, row)}

    def unknown(self, base: Whole) -> str | None:
        """Return a name that means no operation."""
        names = base.data["operations"]
        known = {*names, *(name.rpartition(".")[0] for name in names)}
        return next((name for name in self.named or () if name not in known), None)


def inheriting(own: Whole, base: Whole) -> Whole:
    """Return a service with the operations that it has from another; of one that it has itself its own keys count.

    Raises ``BadContract`` for a name of none.
    """
    served, mine = Served.parse(own.data["serves"]), own.data.get("operations", {})
    if (unknown := served.unknown(base)) is not None:
        raise BadContract(f"{own.id}/{SERVICE}", "/serves/operations", f"{base.id} has no operation {unknown!r}")
    theirs = {name: {**row, **mine.get(name, {})} for name, row in served.rows(base)}
    besides = {name: row for name, row in mine.items() if name not in theirs}
    return Whole(own.id, {**own.data, "operations": {**theirs, **besides}}, own.files)


def errors_of(own: Whole, base: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """Return the error table of a service: its own rows, those of the one that it extends, and those ``restated``.

    A row is restated when it is asked for. Raises ``BadContract`` for a name of none.
    """
    theirs, mine = base["errors"], own.data.get("errors", {})
    restated: dict[str, list[JSON]] = {}
    for index, said in enumerate(own.data.get("restated", ())):
        for name in said.get("rows", theirs):
            if name not in theirs:
                fact = f"there is no error {name!r}"
                raise BadContract(f"{own.id}/{SERVICE}", f"/restated/{index}/rows", fact)
            restated.setdefault(name, []).append(said)

    def row(name: str) -> JSON:
        return mine[name] if name in mine else reduce(_restated, restated.get(name, ()), theirs[name])

    return Lazy(lambda: {**theirs, **mine}, row)


def layout_of(own: Mapping[str, JSON], base: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return where a service keeps what: as the one that it extends, but for what it says itself; null is nowhere."""
    words = own.get("statuses", {})
    spelled = {"states": words} if words and all(isinstance(word, str) for word in words.values()) else {}
    return known_of({**base["layout"], **spelled, **own.get("layout", {})})


def known_of(merged: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return what a service has of what the other has: all but that of which it says null."""
    return {name: found for name, found in merged.items() if found is not None}


def _restated(row: Mapping[str, JSON], said: Mapping[str, JSON]) -> dict[str, JSON]:
    status = said.get("status", row["status"])

    def error(field: str) -> JSON:
        return row["body"].get(field)

    body = fields(said["body"], Scope({"error": error, "http_status": lambda _: status}))
    return {**row, "status": status, "body": body, "confidence": said["confidence"], "source": said["source"]}


def _files(service: str, row: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return what names files in an operation of another service, as seen from the folder beside it."""
    found = {key: _beside(service, row[key]) for key in _FILES if key in row}
    judged = {"judged": {**row["judged"], "by": _beside(service, row["judged"]["by"])}} if "judged" in row else {}
    return {**found, **judged}


def _beside(service: str, name: str) -> str:
    return name if name.startswith("../") else f"../{service}/{name}"
