"""What the console says of a request, for a person and for a program."""

from __future__ import annotations

import json
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.adapters.console.lines import Line
from mockserver.types import Reason, Request, Response

AT = 1_790_000_000.5


def line(status: int = 200, path: str = "/v1/images/omni-image", **more: Any) -> Line:
    return Line.of(AT, Request("POST", path), Response(status, **more))


def test_a_line_has_method_path_status_and_task() -> None:
    shown = click.unstyle(line(task="848021").text())
    assert shown.split()[1:] == ["POST", "/v1/images/omni-image", "200", "848021"]


def test_a_line_says_why_an_answer_is_not_the_usual_one() -> None:
    reason = Reason("rule", "/n is more than 9.", "n.maximum")
    assert click.unstyle(line(400, reason=reason).text()).endswith(" 400 - rule: /n is more than 9.")


def test_a_warning_is_named() -> None:
    shown = line(headers={"mockserver-rule": "prompt-is-not-blank"}).text()
    assert shown.endswith("warning: prompt-is-not-blank")


@pytest.mark.parametrize(("status", "colour"), [(200, "green"), (404, "yellow"), (503, "red")])
def test_the_colour_tells_the_kind_of_a_status(status: int, colour: str) -> None:
    assert click.style(str(status), fg=colour) in line(status).text()


def test_json_has_the_same_and_the_whole_reason() -> None:
    reason = Reason("fault", "The fault '1303' happened.", "1303", number=3)
    shown = json.loads(line(429, reason=reason, task=None).as_json())
    assert shown == {
        "time": "2026-09-21T14:13:20.500+00:00",
        "method": "POST",
        "path": "/v1/images/omni-image",
        "status": 429,
        "task": None,
        "reason": {
            "kind": "fault",
            "sentence": "The fault '1303' happened.",
            "id": "1303",
            "reading": None,
            "source": None,
            "number": 3,
        },
        "rules": [],
    }


@given(path=st.text(max_size=50), sentence=st.text(max_size=50))
def test_nothing_that_a_client_sends_can_steer_a_terminal(path: str, sentence: str) -> None:
    answered = line(400, path=path, reason=Reason("form", sentence))
    assert click.unstyle(answered.text()).isprintable()
    assert answered.as_json().isprintable()


def test_a_secret_in_a_path_is_masked() -> None:
    secret = "sk-live-0123456789abcdef"
    shown = line(path=f"/v1/{secret}")
    assert secret not in shown.text() + shown.as_json()
