"""The ledger: every fact that is known has its place in the contract, and every name that is given exists."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.contract.catalog import load
from mockserver.resources import folder
from mockserver.types import JSON

SCHEMAS = Path(str(folder("schemas")))
README = (SCHEMAS / "README.md").read_text(encoding="utf-8")
SERVICES = load().services.values()

IMAGE = (
    "model_name prompt image_list image_list[].image element_list count resolution result_type n series_amount"
    " aspect_ratio"
)
VIDEO = (
    "model_name multi_shot shot_type prompt multi_prompt image_list element_list video_list sound mode aspect_ratio"
    " duration"
)
EVERYWHERE = "watermark_info callback_url external_task_id"
SEED_004 = (
    "URL MODEL AUTH CT-JSON CT-FORM EMAIL-1 EMAIL-N PROMPT-REQ PROMPT-LEN PROMPT-REF VER-ENUM VER-DEF RES-ENUM"
    " RES-DEF AR-ENUM AR-DEF CNT-RANGE CNT-DEF UNL-DEF UNL-ELIG IMG-RANGE IMG-SRC JOBS-RANGE RURL RREF OK-TASKID"
    " OK-STATUS OK-TYPE OK-SCENE OK-INPUT OK-PROMPT OK-RICH OK-ARGS OK-FLAGS OK-WORKS OK-LIMIT OK-POINTS 400 401 404"
    " 500 500-TEXT 500-BODY MODEL-OPT STATUS-ENUM VIEWTIME ERRFIELD POINT-ITEM TICKET-ITEM FROMWORK"
)
GENERATIONS = "model prompt image fidelity elements n size prices"
TEXT_TO_VIDEO = "model prompt shots sound cfg_scale mode camera duration"
IMAGE_TO_VIDEO = "images exclusion masks elements voices texts"
SIBLINGS = (
    "multi-image2video video-extend motion-control multi-image2image expand ai-multi-shot try-on lip-sync identify-face"
    " advanced-lip-sync avatar effects multi-elements image-recognize tts text-to-audio video-to-audio 404"
)
NEW_API = "paths request upstream create video refusals status wrapper checks elements"
SECTIONED = "1.1 1.2 1.4 1.5 1.6 1.7 1.9 2.3 2.4 4.1 4.2 4.3 4.4 4.5 4.6 4.7 5.1 5.2 5.3 5.4 5.5 5.6 5.7 6.1"
CHANGES = (
    "2025-12-15 2026-01-23 2026-02-25 2026-03-04 2026-03-11 2026-03-23 2026-04-01 2026-04-23 2026-04-27 2026-05-07"
    " 2026-06-17 2026-07-06 2026-07-15 2026-08-07 2026-08-18 2026-09-15"
)


def numbered(prefix: str, last: int) -> list[str]:
    return [f"{prefix}{number}" for number in range(1, last + 1)]


IDS = [
    *numbered("V", 25),
    *numbered("S0-", 21),
    *numbered("S1-", 16),
    *numbered("S2-", 16),
    *numbered("S3-", 20),
    *numbered("C-", 28),
    *numbered("9.", 15),
    *numbered("K-", 15),
    *numbered("Q", 18),
    *numbered("S", 6),
    *numbered("E", 22),
    *numbered("W", 4),
    *numbered("U", 28),
    *numbered("A", 10),
    *(f"F4.1 {name}" for name in GENERATIONS.split()),
    *(f"F4.2 {name}" for name in TEXT_TO_VIDEO.split()),
    *(f"F4.3 {name}" for name in IMAGE_TO_VIDEO.split()),
    *(f"F4.5 {name}" for name in SIBLINGS.split()),
    *(f"F5.1 {name}" for name in NEW_API.split()),
    *(f"1.9 {date}" for date in CHANGES.split()),
    *(f"SO-{name}" for name in SEED_004.split()),
    *(f"1.2 {name}" for name in f"{IMAGE} {EVERYWHERE}".split()),
    *(f"1.4 {name}" for name in f"{VIDEO} {EVERYWHERE}".split()),
]

FAMILY = [
    *numbered("P", 15),
    *numbered("F", 16),
    *numbered("N", 25),
    *numbered("X", 10),
    *numbered("R", 17),
    *numbered("Q", 9),
    *numbered("V", 2),
    *numbered("K", 11),
    *numbered("E", 22),
    *numbered("W", 4),
    *numbered("A", 10),
    *numbered("D", 24),
    *numbered("U", 28),
    *numbered("Y", 10),
    *SECTIONED.split(),
]
"""The numbered facts of what stands around the Omni endpoints, and its sections that have others."""


def rows() -> Iterator[list[str]]:
    """Yield the cells of each row of the ledger's tables, without their headings."""
    for line in README.partition("## The ledger")[2].splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("|") and cells[0] not in ("Id", "") and not line.startswith("|---"):
            yield cells


LEDGER = {cells[0]: cells for cells in rows()}

KNOWN = {
    "rule": {rule.id for service in SERVICES for each in service.operations.values() for rule in each.every_rule},
    "reading": {id for service in SERVICES for id in service.questions},
    "row": {id for service in SERVICES for id in service.errors},
    "operation": {id for service in SERVICES for id in service.operations},
}
NAMED = re.compile(r"\b(rule|reading|row|operation)s? ((?:`[^`]+`(?:, | and )?)+)")


def names() -> Iterator[tuple[str, str]]:
    for kind, listed in NAMED.findall(README.partition("## The ledger")[2]):
        for name in re.findall(r"`([^`]+)`", listed):
            yield kind, name


def sources() -> set[str]:
    """Return every source that a rule, a reading or an error names."""
    found = set()
    for service in SERVICES:
        found |= {rule.source for operation in service.operations.values() for rule in operation.every_rule}
        found |= {each.source for each in service.questions.values()}
        found |= {each.source for each in service.errors.values()}
        found |= {each["source"] for each in service.unserved.values()}
    return found


@pytest.mark.parametrize("id", IDS)
def test_every_fact_is_in_the_ledger(id: str) -> None:
    assert id in LEDGER


FIXTURES = Path(str(folder("fixtures")))


def written(value: JSON) -> Iterator[str]:
    """Yield each source that a file names, wherever it stands."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from [inner] if name in ("source", "x-source") and isinstance(inner, str) else written(inner)
    elif isinstance(value, list):
        yield from (source for inner in value for source in written(inner))


def of_family() -> Iterator[str]:
    """Yield each fact of the family that a file of the contract, a fixture or a row of the ledger has as its source."""
    for path in (*SCHEMAS.rglob("*.json"), *FIXTURES.rglob("*.json")):
        for source in written(json.loads(path.read_text(encoding="utf-8"))):
            for facts in re.findall(rf"\bfamily ({FACTS})", source):
                yield from re.findall(FACT, facts)
    for id in LEDGER:
        if id.startswith("family "):
            yield from id.split()[1:]
        elif found := re.match(r"F(\d\.\d)\b|([EWADUY]\d+)\b", id):
            yield found[1] or found[2]


FACT = r"[A-Z]\d+|\d\.\d"
FACTS = rf"(?:{FACT})(?:,? (?:{FACT}))*"
PLACED = set(of_family())


@pytest.mark.parametrize("id", FAMILY)
def test_every_fact_of_the_family_has_a_place(id: str) -> None:
    assert id in PLACED


def test_a_source_of_the_family_names_facts_that_there_are() -> None:
    assert PLACED - {*FAMILY} == set()


@pytest.mark.parametrize("id", LEDGER)
def test_a_fact_is_stated_and_has_a_place_or_a_reason(id: str) -> None:
    assert len(LEDGER[id]) == 3
    assert all(LEDGER[id])


def test_no_fact_is_in_the_ledger_twice() -> None:
    ids = [cells[0] for cells in rows()]
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize(("kind", "name"), sorted(set(names())))
def test_a_name_in_the_ledger_exists(kind: str, name: str) -> None:
    assert name in KNOWN[kind]


def files() -> set[str]:
    places = "\n".join(cells[2] for cells in rows())
    return set(re.findall(r"`([^` ]+\.(?:json|py))`", places))


@pytest.mark.parametrize("name", sorted(files()))
def test_a_file_in_the_ledger_exists(name: str) -> None:
    assert (SCHEMAS / name).is_file() or (SCHEMAS.parent / name).is_file()


# Which operation the rows of a table speak of, by the beginning of their ids.
OF = {
    r"1\.[23] |S2-": "kling/omni-image.create",
    r"1\.[46] |V": "kling/omni-video.create",
    r"S2-16": "kling/omni-image.list",
    r"S0-": "chainhub/omni-image.create",
    r"S3-": "chainhub/omni-video.create",
    r"S1-": "yutoai/omni-image.create",
    r"SO-": "useapi/omni-image.create",
}
LIMITS = ("minimum", "maximum", "maxLength", "minItems", "maxItems", "x-image-side", "enum")


def limits() -> Iterator[tuple[str, str, str]]:
    """Yield each limit and each word of the contract with its operation and rule; of a list of numbers, its ends."""
    for id in OF.values():
        for rule in load().operation(id).rules:
            values = rule.value if isinstance(rule.value, list) else [rule.value]
            numbers = sorted({int(value) for value in values if str(value).isdigit()})
            words = [value for value in values if not str(value).isdigit()]
            for value in (*words, *numbers[:1], *numbers[1:][-1:]) if rule.keyword in LIMITS else ():
                yield id, rule.id, str(value)


@pytest.mark.parametrize(("operation", "rule", "value"), list(limits()))
def test_a_limit_in_a_schema_is_the_one_that_the_ledger_states(operation: str, rule: str, value: str) -> None:
    beginning = next(key for key, id in OF.items() if id == operation)
    rows = [cells for id, cells in LEDGER.items() if re.match(beginning, id)]
    stated = "; ".join(fact for _, fact, where in rows if f"`{rule}`" in where)
    assert re.search(rf"(?<![\w:.]){re.escape(value)}(?![\w:])", stated)


STATEMENTS = (r"S0-\d+", r"S1-\d+", r"S2-\d+", r"S3-\d+", r"SO-[A-Z0-9-]+", r"K-\d+", r"Q\d+", r"S\d+(?![\d-])")


@pytest.mark.parametrize("seed", STATEMENTS)
def test_a_source_that_names_a_statement_names_one_that_there_is(seed: str) -> None:
    named = {id for source in sources() for id in re.findall(rf"\b{seed}", source)}
    assert named
    assert named <= set(IDS)


def test_a_source_names_facts_that_there_are() -> None:
    text = " ".join(sources())
    assert set(re.findall(r"\bV\d+|\bC-\d+|\b9\.\d+", text)) <= set(IDS)


SECTIONS = r"(V\d+|C-\d+|K\d+|\d(\.\d+)?)"
TAG = re.compile(
    rf"kling {SECTIONS}((, | ){SECTIONS})*|seed 000( S0-\d+)+|seed 001( S1-\d+)+|seed 002( S2-\d+)+|seed 003( S3-\d+)+"
    r"|seed 004( SO-[A-Z0-9-]+)+|useapi \S+((, | )\S+)*|since S\d+( S\d+)*|ours"
    r"|family (\d\.\d|[A-Z]\d+)( (\d\.\d|[A-Z]\d+))*"
)


@pytest.mark.parametrize("source", sorted(sources()))
def test_a_source_is_written_in_the_tags_that_are_explained(source: str) -> None:
    assert [part for part in source.split("; ") if not TAG.fullmatch(part)] == []


TAGS = ("seed 000", "seed 001", "seed 002", "seed 003", "seed 004", "useapi", "since", "family", "ours")


@pytest.mark.parametrize("kind", TAGS)
def test_a_tag_is_explained(kind: str) -> None:
    assert re.search(rf"^\| `{kind}[` ]", README, re.MULTILINE)
