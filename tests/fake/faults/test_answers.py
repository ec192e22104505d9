"""Faults of answers: whatever an operation answers is mangled or left alone, and never ends in an exception."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from itertools import product
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract.catalog import load
from mockserver.contract.service import Operation
from mockserver.contract.vectors import picture
from mockserver.fake.core import Fake
from mockserver.fake.faults.answers import KINDS
from mockserver.fake.faults.fault import BadFault
from mockserver.fake.faults.line import effect, fault
from mockserver.fake.faults.registry import Form
from mockserver.fake.ids import made_by
from mockserver.kit.task_view import TaskView
from mockserver.settings import Settings
from mockserver.types import JSON, Request, Response

SERVICES = load().services
ARGUMENTS = {"DURATION": "1ms", "STATUS": "404", "": "", "[STATUS]": "", "[CODE]": "", "[WORD]": ""}
ANSWER_FAULTS = [f"{name} {ARGUMENTS[kind.usage]}" for name, kind in KINDS.items() if kind.stage == "answer"]
OPERATIONS = [operation for service in SERVICES.values() for operation in service.operations.values()]
TEXTS = {"stop-answer": "text"}


def exchange(operation: Operation, faults: tuple[str, ...], **readings: str) -> Response:
    """Ask a fake for an operation, on a task or a possession that is there where one is asked for."""
    service = SERVICES[operation.service]
    known = {name: value for name, value in readings.items() if name in service.questions}
    creates = [each for each in service.operations.values() if each.task]
    makers = service.libraries[operation.library].makers if operation.does == "discard" and operation.library else ()
    source = operation.info.get("of", {})
    of_product = (each for each in creates if each.product == operation.product or each.id in makers)
    create = creates[0] if source else next(of_product, creates[0])
    served = {**known, **create.when, **operation.when}
    fake = Fake(Settings(services=(service.id,), pace="real", seed=1, readings=served))
    assert ask(fake, create, {}).status == 200
    (task,) = fake.tasks
    if source or operation.does in ("delete", "discard", "download"):
        fake.tasks.force(task, "succeed")
    parameters, fields = {"id": task.id, "task_id": task.id, "email": "first@example.com"}, {}
    if operation.does in ("show", "forget"):
        keeps = (each for each in service.operations.values() if each.does == "keep")
        ask(fake, next(each for each in keeps if each.keeps["kind"] == operation.keeps["kind"]), {})
        parameters[operation.finds] = next(iter(fake.world.possessions)).id
    elif operation.does == "download":
        fields = {"workIds": f"{task.id}0"}
    elif makers:
        fields = {operation.finds: str(made_by(task.id))}
    elif operation.does == "get" and operation.finds in operation.schema.get("properties", ()):
        fields = {operation.finds: task.id}
    named = {"task": task.id, "work": f"{task.id}0"}
    fields |= {source[role]: id for role, id in named.items() if role in source}
    for line in faults:
        fake.faults.add(f"{line} on {operation.id}")
    return ask(fake, operation, parameters, fields)


def ask(
    fake: Fake, operation: Operation, parameters: dict[str, str], fields: Mapping[str, JSON] = MappingProxyType({})
) -> Response:
    """Send the first example of an operation, with some fields."""
    path = re.sub(r"\{(\w+)\}", lambda found: parameters.get(found[1], "none"), operation.path)
    kind, query, body = "application/json", "", b""
    sent = {**operation.schema["examples"][0], **fields} if operation.schema else {}
    if operation.uploads:
        kind, body = "image/png", b64decode(picture(300, 300))
    elif operation.method == "POST":
        body = json.dumps(sent).encode() if sent else b""
    else:
        query = urlencode(sent, doseq=True)
    headers = {"host": "localhost", "authorization": "Bearer me", "x-api-key": "me", "content-type": kind}
    return fake.respond(Request(operation.method, path, query, headers, body))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_answer_of_every_operation_can_be_mangled(operation: Operation) -> None:
    for readings in ({}, TEXTS):
        usual = exchange(operation, (), **readings)
        assert usual.status == operation.answer_status, usual.body
        for line in ANSWER_FAULTS:
            mangled = exchange(operation, (line,), **readings)
            assert "mockserver-error" not in mangled.headers, line
            assert (mangled.status, mangled.body) != (500, usual.body), line


@pytest.mark.parametrize("line", ANSWER_FAULTS)
def test_any_two_of_them_go_together(line: str) -> None:
    for operation, other in product(
        (
            SERVICES["kling"].operations["kling/omni-image.get"],
            SERVICES["useapi"].operations["useapi/scheduler.list"],
        ),
        ANSWER_FAULTS,
    ):
        assert "mockserver-error" not in exchange(operation, (line, other)).headers, other


BODIES = st.one_of(
    st.binary(max_size=20),
    st.sampled_from(
        [b"", b"Task was successfully canceled.", b"null", b"5", b'"text"', b"[]", b"{}", b"\xef\xbb\xbf{}"]
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["task_status", "data", "code", "a"]), inner, max_size=3)
        ),
    ).map(lambda value: json.dumps(value).encode()),
)


@given(BODIES, st.sampled_from(ANSWER_FAULTS), st.booleans(), st.sampled_from([*SERVICES]))
def test_a_body_of_any_kind_can_be_mangled(body: bytes, line: str, is_valid: bool, service: str) -> None:
    before = Response(200, body, {"content-type": "application/json"})
    found: Any = effect(fault(line, SERVICES))(before, Form(lambda _: is_valid, SERVICES[service].layout))
    assert isinstance(found, Response)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.does == "get"], ids=lambda each: each.id)
def test_an_odd_status_stands_where_the_service_has_its_own(operation: Operation) -> None:
    answer = exchange(operation, ("odd-status odd",))
    view = TaskView.of(json.loads(answer.body), SERVICES[operation.service].layout)
    assert view is not None
    assert (answer.status, view.status, view.state) == (200, "odd", None)


@pytest.mark.parametrize("word", ["1" * 5000, "0", "-1", "²", "1.5", "x"])
@pytest.mark.parametrize("name", ["bare", "ok-code", "html", "1303 retry-after", "1303 retry-after-date"])
def test_a_number_of_any_length_is_read_or_refused(name: str, word: str) -> None:
    if (name, word) in (("1303 retry-after", "0"), ("1303 retry-after-date", "0")):
        fault(f"{name} {word}", SERVICES)
        return
    with pytest.raises(BadFault):
        fault(f"{name} {word}", SERVICES)
