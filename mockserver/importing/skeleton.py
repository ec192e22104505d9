"""Skeletons: the smallest folder of a service that is like one of ours."""

from __future__ import annotations

from collections.abc import Collection

from mockserver.contract.catalog import load
from mockserver.errors import NoSuchService
from mockserver.importing import relatives
from mockserver.resources import folder
from mockserver.types import JSON


def skeleton(name: str, like: str) -> dict[str, JSON]:
    """Return the files of a service that is like one of ours, on paths of its own: one product, nothing changed.

    Raises ``NoSuchService``.
    """
    place = folder("schemas") / like
    if not (place / "service.json").is_file():
        raise NoSuchService(like, [*_names()])
    said = relatives.said(like)
    base = said.get("extends", like)
    create = next(each for each, operation in said["operations"].items() if operation["does"] == "create")
    product = create.rpartition(".")[0]
    kept = {
        each: _outside(name, like, operation)
        for each, operation in said["operations"].items()
        if each.rpartition(".")[0] == product or (operation["does"] in ("get", "list") and not operation.get("task"))
    }
    own = [each for each in kept if each.rpartition(".")[0] == product]
    beside = {kept[each]["does"] for each in own}
    operations = {each: found for each, found in kept.items() if each in own or found["does"] not in beside}
    asked = {question for each in operations.values() for question in each.get("when", {})}
    made: dict[str, JSON] = {
        "title": f"{name}, like {like}",
        "extends": base,
        "dialect": said["dialect"],
        "hosts": [f"api.{name}.example"],
        "credentials": said["credentials"],
        "refusal": relatives.outside(like, said["refusal"]),
        "operations": operations,
    }
    questions = said.get("readings", {})
    known = {rule.id for each in operations for rule in load().operation(f"{like}/{each}").every_rule}
    every = questions if base != like else {each: questions[each] for each in asked if each in questions}
    if readings := {each: found for each, question in every.items() if (found := _about(question, known))}:
        made["readings"] = readings
    return {"service.json": made}


def _about(question: JSON, rules: Collection[str]) -> JSON:
    """Return a question with what its readings say of some rules; ``None`` if they only speak of others."""
    levels = [reading.get("levels", {}) for reading in question["readings"].values()]
    if any(levels) and not any(rule in rules for each in levels for rule in each):
        return None
    kept = [{rule: level for rule, level in each.items() if rule in rules} for each in levels]
    readings = {
        id: {**reading, **({"levels": each} if "levels" in reading else {})}
        for (id, reading), each in zip(question["readings"].items(), kept, strict=True)
    }
    return {**question, "readings": readings}


def _names() -> list[str]:
    return [
        place.name for place in folder("schemas").iterdir() if place.is_dir() and (place / "service.json").is_file()
    ]


def _outside(name: str, like: str, operation: JSON) -> JSON:
    found = {**operation, "path": f"/{name}{operation['path']}"}
    for key in ("body", "query", "answer", "callback"):
        if key in found:
            found[key] = relatives.outside(like, found[key])
    if "judged" in found:
        found["judged"] = {**found["judged"], "by": relatives.outside(like, found["judged"]["by"])}
    return found
