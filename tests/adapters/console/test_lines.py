"""What the console says of a request, for a person and for a program."""

from __future__ import annotations

import json

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.adapters.console.lines import Answered, as_json, text
from mockserver.types import Reason, Request, Response

AT = 1_790_000_000.5


def line(status: int = 200, path: str = "/v1/images/omni-image", **more: object) -> Answered:
    return Answered(AT, Request("POST", path), Response(status, **more))  # type: ignore[arg-type]


def test_a_line_has_method_path_status_and_task() -> None:
    shown = click.unstyle(text(line(task="848021")))
    assert shown.split()[1:] == ["POST", "/v1/images/omni-image", "200", "848021"]


def test_a_line_says_why_an_answer_is_not_the_usual_one() -> None:
    reason = Reason("rule", "/n is more than 9.", "n.maximum")
    assert click.unstyle(text(line(400, reason=reason))).endswith(" 400 - rule: /n is more than 9.")


def test_a_warning_is_named() -> None:
    shown = text(line(headers={"mockserver-rule": "prompt-is-not-blank"}))
    assert shown.endswith("warning: prompt-is-not-blank")


@pytest.mark.parametrize(("status", "colour"), [(200, "green"), (404, "yellow"), (503, "red")])
def test_the_colour_tells_the_kind_of_a_status(status: int, colour: str) -> None:
    assert click.style(str(status), fg=colour) in text(line(status))


def test_json_has_the_same_and_the_whole_reason() -> None:
    reason = Reason("fault", "The fault '1303' happened.", "1303", number=3)
    shown = json.loads(as_json(line(429, reason=reason, task=None)))
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
    assert click.unstyle(text(answered)).isprintable()
    assert as_json(answered).isprintable()


def test_a_secret_in_a_path_is_masked() -> None:
    secret = "sk-live-0123456789abcdef"
    for form in (text, as_json):
        assert secret not in form(line(path=f"/v1/{secret}"))
