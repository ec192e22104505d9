"""Views: what Schemathesis takes for a fault and is none. ``SCHEMATHESIS_HOOKS`` names this module, so it loads it.

A failure goes only where the contract shows that the fake is right, and the description says so, too.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.openapi.checks import (
    AllowHeaderMismatch,
    IgnoredAuth,
    RejectedPositiveData,
    UnsupportedMethodResponse,
)

from mockserver.contract.catalog import load
from mockserver.contract.credentials import KEY_HEADER
from mockserver.contract.keywords import KEYWORDS
from mockserver.contract.readings import settled
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation, Row
from mockserver.contract.validation import Validator, Violation

SERVICE = load().service(os.environ["SERVICE"])
READINGS = settled({SERVICE.id: SERVICE.questions}, {})[SERVICE.id]
OF_STATE = re.compile(
    r"missing-|duplicate-|deleted-|preset-|unknown-|bad-task-id$|no-accounts$|no-works$|no-running-task$"
)
"""The rows of the error table that depend on what was asked before."""
OPAQUE = re.compile(r"\bcursor value|\bemail is required")
"""Texts of refusals that do so, too: a cursor is one that was answered, and of several accounts one must be named."""


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Whether a failure stays."""
    operation = _operation(case)
    match failure:
        case RejectedPositiveData():
            return not (_is_of_state(operation, response) or _is_beyond_json_schema(operation, case))
        case AcceptedNegativeData():
            return not _has_only_absent_fields(operation, case)
        case UnsupportedMethodResponse():
            # HTTP wants 405; the services answer with what their tables of errors say.
            return not _answers("no-method", response)
        case AllowHeaderMismatch():
            # GET /tasks/{id} answers at POST /tasks/cancel, too: an id may be any text.
            return not {*failure.undocumented_methods} <= _methods(case.operation.path)
        case IgnoredAuth():
            # Of two headers with a key one is enough, and the other may be blank.
            return KEY_HEADER not in SERVICE.credentials or len(SERVICE.credentials) == 1
        case _:
            return True


def _operation(case: Case[Any]) -> Operation:
    path, method = case.operation.path, case.operation.method.upper()
    return next(each for each in SERVICE.operations.values() if (each.path, each.method) == (path, method))


def _is_of_state(operation: Operation, response: Response) -> bool:
    """Whether the request was refused for what it names, or for a name that was taken: examples repeat themselves."""
    rows = [operation.refuses] if operation.refuses else [id for id in SERVICE.errors if OF_STATE.match(id)]
    return any(_answers(id, response) for id in rows) or OPAQUE.search(response.text) is not None


def _is_beyond_json_schema(operation: Operation, case: Case[Any]) -> bool:
    """Whether the request breaks a rule that only our ``x-`` keywords can say, or one about several parameters.

    A null counts as absent, as ``x-readings`` says: where a field is required but may be anything, it is missing.
    """
    if operation.uploads:
        return True  # which bytes are a picture
    broken = _broken(operation, case)
    if any(violation.rule.keyword == "null" for violation in broken):
        return True
    across = [] if operation.media_types else [each.rule for each in broken if each.rule.is_anchored]
    return bool(across) or any(_has_keyword_of_ours(each.rule) for each in broken if each.level == "error")


def _has_only_absent_fields(operation: Operation, case: Case[Any]) -> bool:
    """Whether the request is right but for fields that are null or empty, which count as absent by ``x-readings``."""
    broken = _broken(operation, case)
    is_right = all(violation.level == "warning" for violation in broken)
    return is_right and (_has_empty_field(case.body) or any(each.rule.keyword == "null" for each in broken))


def _has_empty_field(body: Any) -> bool:
    return READINGS.get("empty-field") == "absent" and isinstance(body, dict) and "" in body.values()


def _methods(path: str) -> set[str]:
    """Return the methods with which a path is also that of other operations."""
    others = [each for each in SERVICE.routes.values() if each.path != path]
    return {each.method for each in others if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each.path), path)}


def _broken(operation: Operation, case: Case[Any]) -> tuple[Violation, ...]:
    if not operation.schema:
        return ()
    payload: Any = case.body if operation.media_types else case.query
    if isinstance(payload, dict) and READINGS.get("empty-field") == "absent":
        payload = {name: value for name, value in payload.items() if value != ""}
    return Validator.of(operation, SERVICE.questions, READINGS).violations(payload)


def _has_keyword_of_ours(rule: Rule) -> bool:
    return rule.keyword in KEYWORDS or any(f'"{name}"' in json.dumps(rule.value) for name in KEYWORDS)


def _answers(id: str, response: Response) -> bool:
    """Whether a response is that of a row of the error table, however it is wrapped."""
    row: Row = SERVICE.errors[id]
    texts = [text for text in row.body.values() if isinstance(text, str)]
    forms = [re.sub(r"\\\{\w+\\\}", ".*", re.escape(text)) for text in texts]
    return all(re.search(form, response.text, re.DOTALL) for form in forms)
