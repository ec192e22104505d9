"""Lookups: where a request names the task that it is for, in its path or in its query."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote

from mockserver.contract.forms import typed
from mockserver.contract.places import values
from mockserver.contract.routes import plain
from mockserver.contract.service import Operation, Service
from mockserver.types import JSON, Request


def is_by_path(operation: Operation) -> bool:
    """Whether the path of an operation names the task."""
    return "{" in operation.path


def names_several(operation: Operation) -> bool:
    """Whether a query of an operation may name several tasks: then its answer has those that there are."""
    return not is_by_path(operation) and _is_list(operation, operation.finds)


def beside(service: Service, create: Operation, does: str) -> Operation | None:
    """Return the operation that does something with the tasks of another: its product's, or that for all products."""
    every = service.operations.values()
    made = {each.product for each in every if each.does == "create"}
    found = [
        each for each in every if each.does == does and (each.product == create.product or each.product not in made)
    ]
    return min(found, key=lambda each: each.product != create.product, default=None)


def naming(operation: Operation, payload: JSON, *, id: str = "", name: str = "") -> tuple[str, JSON]:
    """Return the path and the payload that ask an operation for a task, by its ``id`` or the client's own ``name``."""
    if is_by_path(operation):
        return _path(operation, quote(id or name, safe="", errors="replace")), payload
    if not (id or name):
        return operation.path, payload
    field = operation.finds_name if name else operation.finds
    asked: Mapping[str, JSON] = {field: [id or name] if _is_list(operation, field) else id or name}
    return operation.path, {**(payload or {}), **asked}


def _is_list(operation: Operation, field: str) -> bool:
    return (operation.part(field) or {}).get("type") == "array"


def _path(operation: Operation, id: str) -> str:
    parameter = f"{{{operation.finds}}}"
    if parameter not in operation.path:
        parameter = "{" + operation.path.rpartition("{")[2].partition("}")[0] + "}"
    return operation.path.replace(parameter, id)


def asked_for(operation: Operation | None, request: Request) -> str:
    """Return the id or name in the query of a request, or where its path has one; else the last part of the path."""
    if operation is not None and not is_by_path(operation):
        sent = typed(operation.schema, request.parameters)
        named = (found for field in (operation.finds, operation.finds_name) for found in values(field, sent))
        for each in named:
            return str(next(iter(each), "")) if isinstance(each, list) else str(each)
    after = operation.path.rpartition("}")[2].count("/") if operation is not None and is_by_path(operation) else 0
    parts = plain(request.path).rstrip("/").split("/")
    return unquote(parts[-1 - after]) if after < len(parts) else ""
