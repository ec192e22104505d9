"""Wholeness: all that the services of a folder say fits together."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mockserver.contract.service import Service
from mockserver.contract.source import soundness
from mockserver.contract.source.files import Files
from mockserver.contract.source.parts import Whole
from mockserver.types import Schema


def check(files: Files, services: Mapping[str, Service], ids: Collection[str]) -> None:
    """Read some services and all of their operations. Raises ``BadContract``."""
    soundness.check_references(files.documents, ids)
    sources = [(id, files.sources[id]) for id in ids]
    for id, own in sorted(sources, key=lambda each: "extends" in each[1].data):
        _check_operations(own, files)
        soundness.check_relations(own, files.sources, files.base(id))
        service = services[id]
        for filling in (service.templates, service.libraries):
            dict(filling)  # each is read when it is asked for
        requests = [operation.schema for operation in service.operations.values()]
        soundness.check_layout(own.file("/layout"), own.data.get("layout", {}), requests)
        rules = {operation.name: operation.every_rule for operation in service.operations.values()}
        whens = {operation.name: operation.when for operation in service.operations.values()}
        soundness.check_names(own, rules, whens, service.questions)
        every = [rule for found in rules.values() for rule in found]
        soundness.check_readings(own, every, service.questions)
        soundness.check_refusals(own, service.errors)
        soundness.check_libraries(own, service.libraries, service.errors, service.questions)


def _check_operations(own: Whole, files: Files) -> None:
    """Refuse operations that cannot be told apart, and requests that are not sound."""
    soundness.check_routes(own)
    for name, data in own.data["operations"].items():
        schema: Schema = {}
        at = f"/operations/{name}"
        if file := data.get("body") or data.get("query"):
            found = files.resolved(own.id, at, file)
            schema = files.documents[found]
            soundness.check_request(found, schema)
        if "judged" in data:
            found = files.resolved(own.id, f"{at}/judged/by", data["judged"]["by"])
            soundness.check_request(found, files.documents[found])
        soundness.check_task(own.file(at), at, data.get("task", {}), schema)
        soundness.check_info(own.file(at), at, data.get("info", {}), schema)
