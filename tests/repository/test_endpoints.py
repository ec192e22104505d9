"""What endpoints cost: each line is counted once, and none is left out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks import endpoints
from benchmarks.harness import page
from mockserver.contract.catalog import load
from mockserver.resources import folder

SCHEMAS = Path(str(folder("schemas")))
CODE = Path(__file__).parents[2] / "mockserver"
FOUND = list(endpoints.costs())


def rows(service: str) -> int:
    """Count the rows of a service's operations by their indentation."""
    found = 0
    for path in (SCHEMAS / service).glob("*service.json"):
        text = path.read_text(encoding="utf-8")
        _, _, after = text.partition('\n  "operations": {\n')
        found += len(after.partition("\n  }")[0].splitlines())
        found += '\n  "operations": { "' in text  # all in one line
    return found


@pytest.mark.parametrize("service", load().services)
def test_each_row_of_an_operation_is_counted_once(service: str) -> None:
    assert sum(cost.rows for cost in FOUND if cost.service == service) == rows(service)


def test_each_operation_is_of_one_product() -> None:
    wanted = {id: len(service.operations) for id, service in load().services.items()}
    assert Counter(wanted) == sum((Counter({cost.service: cost.operations}) for cost in FOUND), Counter())


@pytest.mark.parametrize("service", load().services)
def test_no_schema_is_counted_twice(service: str) -> None:
    schemas = [path for path in (SCHEMAS / service).glob("*.json") if not path.name.endswith("service.json")]
    most = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in schemas)
    assert sum(cost.requests + cost.answers for cost in FOUND if cost.service == service) <= most


def test_each_module_of_a_dialect_is_of_one_product_or_of_one_mechanism() -> None:
    named = Counter([*endpoints.OWN, *(module for modules in endpoints.MECHANISMS.values() for module in modules)])
    dialects = (path for path in (CODE / endpoints.DIALECTS).glob("*.py") if path.name != "__init__.py")
    assert set(named.values()) == {1}
    assert {path.relative_to(CODE).as_posix() for path in dialects} <= named.keys()
    assert all((CODE / module).is_file() for module in named)


def test_python_of_its_own_has_only_what_is_no_mere_data() -> None:
    assert {f"{cost.service}/{cost.product}" for cost in FOUND if cost.python} == set(endpoints.OWN.values())


def test_the_page_has_its_markers() -> None:
    text = page.COUNTED.read_text(encoding="utf-8")
    assert "tables" in page.updated(text, "tables", page.COUNTING)
