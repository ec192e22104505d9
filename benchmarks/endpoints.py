"""What endpoints cost: lines of JSON and of Python, by product and by service. They are counted, not measured."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.harness.figures import Sheet
from benchmarks.harness.process import ROOT
from mockserver.contract.source.files import Files
from mockserver.contract.source.parts import is_part
from mockserver.resources import folder
from mockserver.types import JSON

SCHEMAS = Path(str(folder("schemas")))
DIALECTS = "fake/dialects"

OWN: Mapping[str, str] = {
    f"{DIALECTS}/useapi_accounts.py": "useapi/accounts",
    f"{DIALECTS}/useapi_assets.py": "useapi/assets",
}
"""The modules of Python that there are for one product alone."""

MECHANISMS: Mapping[str, tuple[str, ...]] = {
    "which dialect a service speaks": (f"{DIALECTS}/dialect.py", f"{DIALECTS}/known.py"),
    "answers by templates": (
        "contract/template.py",
        "contract/values.py",
        f"{DIALECTS}/template.py",
        f"{DIALECTS}/filling.py",
    ),
    "fields by place": ("contract/places.py",),
    "Kling's way to speak": (f"{DIALECTS}/kling.py", f"{DIALECTS}/kling_pages.py", f"{DIALECTS}/shown.py"),
    "films that a task works on": (f"{DIALECTS}/sources.py",),
    "the newer standard: one query, one list": (f"{DIALECTS}/newer.py",),
    "libraries: elements, voices": (
        "contract/library.py",
        f"{DIALECTS}/kling_library.py",
        "fake/library/naming.py",
        "fake/library/things.py",
    ),
    "the ledger of an account": ("fake/ledger.py", f"{DIALECTS}/kling_account.py"),
    "useapi's way to speak": (f"{DIALECTS}/useapi.py", f"{DIALECTS}/useapi_task.py"),
    "what a useapi account keeps": (f"{DIALECTS}/useapi_kept.py", "fake/library/possessions.py"),
}
"""What several products rest on, each with its modules."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The lines of one product, such as ``tts``: of its rows, its requests, its answers, and its Python."""

    service: str
    product: str
    operations: int
    rows: int
    requests: int
    answers: int
    python: int

    @property
    def json(self) -> int:
        return self.rows + self.requests + self.answers


def main() -> list[Sheet]:
    """Print the lines of each product; return them summed by service, and those of what they share."""
    found = list(costs())
    each = [(f"{cost.service}/{cost.product}", *_cells(cost), str(cost.python)) for cost in found]
    head = ["", "operations", "rows", "requests", "answers", "JSON", "Python"]
    print(Sheet("Lines of each product", head, each).plain)
    sheets = [_by_service(found), _of_mechanisms()]
    for sheet in sheets:
        print(sheet.plain)
    return sheets


def costs() -> Iterator[Cost]:
    """Yield what each product of each service costs. A file that several name is of none of them."""
    for service, own in _files().sources.items():
        products: dict[str, dict[str, JSON]] = {}
        for name, data in own.data["operations"].items():
            products.setdefault(name.rpartition(".")[0] or name, {})[name] = data
        named = {product: _named(service, operations.values()) for product, operations in products.items()}
        for product, operations in products.items():
            others = {file for other, files in named.items() if other != product for file in sum(files, ())}
            requests, answers = ({*files} - others for files in named[product])
            yield Cost(
                service,
                product,
                len(operations),
                sum(_rows(service, name) for name in operations),
                sum(map(_lines, requests)),
                sum(map(_lines, answers - requests)),
                sum(_lines(_code(module)) for module, of in OWN.items() if of == f"{service}/{product}"),
            )


@cache
def _files() -> Files:
    return Files(SCHEMAS, are_checked=False)


def _cells(cost: Cost) -> tuple[str, ...]:
    return tuple(map(str, (cost.operations, cost.rows, cost.requests, cost.answers, cost.json)))


def _by_service(found: Iterable[Cost]) -> Sheet:
    """Sum up; the rest of a service's files is what it is as a whole, and what several of its products share."""
    rows, total = [], [0] * 6
    costs = [*found]
    for service in _files().sources:
        of = [cost for cost in costs if cost.service == service]
        own, python = sum(cost.json for cost in of), sum(cost.python for cost in of)
        everything = sum(_lines(path) for path in (SCHEMAS / service).glob("*.json"))
        line = [len(of), sum(cost.operations for cost in of), own, everything - own, everything, python]
        total = [sum(pair) for pair in zip(total, line, strict=True)]
        rows.append([service, *map(str, line)])
    head = ["", "products", "operations", "JSON of one product", "JSON of all of them", "JSON", "Python of one product"]
    return Sheet("Lines by service", head, [*rows, ["together", *map(str, total)]])


def _of_mechanisms() -> Sheet:
    lines = {name: sum(_lines(_code(module)) for module in modules) for name, modules in MECHANISMS.items()}
    rows = [(name, ", ".join(f"`{module}`" for module in MECHANISMS[name]), str(lines[name])) for name in lines]
    return Sheet(
        "Python that they share", ["", "modules", "lines"], [*rows, ("together", "", str(sum(lines.values())))]
    )


def _named(service: str, operations: Iterable[JSON]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Return the schemas of requests and of answers in the service's folder that some operations name."""
    requests: set[Path] = set()
    answers: set[Path] = set()
    for data in operations:
        judged = data.get("judged") or {}
        requests |= {*_beside(service, data.get("body")), *_beside(service, data.get("query"))}
        requests |= {*_beside(service, judged.get("by"))}
        answers |= {*_beside(service, data.get("answer")), *_beside(service, data.get("callback"))}
    return tuple(requests), tuple(answers)


def _beside(service: str, name: str | None) -> Iterator[Path]:
    """Yield a schema and those that it refers to, as far as they are in the service's own folder."""
    path = SCHEMAS / service / (name or "")
    if path.parent == SCHEMAS / service and path.is_file():
        yield path
        for other in re.findall(r'"\$ref": "([^"#]+)', path.read_text(encoding="utf-8")):
            yield from _beside(service, other)


def _rows(service: str, name: str) -> int:
    """Return how many lines an operation has in the files of its service."""
    decoder = json.JSONDecoder()
    for path in (SCHEMAS / service).glob("*.json"):
        if not is_part(path.name):
            continue
        text = path.read_text(encoding="utf-8")
        wanted = json.loads(text).get("operations", {}).get(name)
        for key in re.finditer(rf'"{re.escape(name)}":\s*', text) if wanted is not None else ():
            value, end = decoder.raw_decode(text, key.end())
            if value == wanted:
                return text.count("\n", key.start(), end) + 1
    return 0


def _code(module: str) -> Path:
    return ROOT / "mockserver" / module


@cache
def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())
