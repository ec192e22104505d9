"""A client behind a testee in JavaScript is not blamed for rounded ids, unless it says that it keeps big numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver.kit import check_client
from tests.mutants.clients.reference import Answer, Reference

CHECK = "payload-arrives-unchanged"
IMAGE = ["kling/omni-image"]


def parsed(value: Any) -> Any:
    """Return what JSON.parse and JSON.stringify leave of a value."""
    if isinstance(value, dict):
        return {name: parsed(each) for name, each in value.items()}
    if isinstance(value, list):
        return [parsed(each) for each in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    double = float(value)
    if double.is_integer() and abs(double) < 10**21:
        digits, _, exponent = f"{double!r}".replace(".0", "").partition("e")
        whole, _, rest = digits.partition(".")
        return int(whole + rest.ljust(int(exponent or 0), "0"))
    return double


class Script(Reference):
    """A client without faults behind a testee in JavaScript."""

    def hello(self) -> Answer:
        return {**super().hello(), "big_numbers": False}

    def generate(self, request: Answer) -> Answer:
        return super().generate(json.loads(json.dumps(parsed(request))))


class Boasting(Script):
    """One that says that it keeps big numbers, and does not."""

    def hello(self) -> Answer:
        return {**super().hello(), "big_numbers": True}


def test_javascript_is_imitated_well() -> None:
    assert parsed([829836802793406551, 5.0, 10**19, 0.1, True, 123]) == [829836802793406600, 5, 10**19, 0.1, True, 123]
    assert isinstance(parsed(5.0), int)


def test_what_was_not_tried_is_said_with_the_way_to_try_it() -> None:
    verdict = check_client(Script(), only=["wire"], operations=IMAGE, examples=0)
    assert verdict.findings == ()
    assert CHECK in {check.id for check in verdict.made}
    [reason] = [skipped.reason for skipped in verdict.skipped if skipped.check == CHECK]
    assert reason.startswith("in part: no numbers were sent that JSON.parse would round")
    assert '"big_numbers": true' in reason


def test_who_says_that_it_keeps_them_is_asked_to() -> None:
    verdict = check_client(Boasting(), only=[CHECK], operations=IMAGE, examples=0)
    [finding] = verdict.findings
    assert "829836802793406551 and arrived as 829836802793406600" in finding.received
    assert CHECK not in {skipped.check for skipped in verdict.skipped}


@pytest.mark.torture
@pytest.mark.parametrize("operation", ["kling/omni-image", "kling/omni-video"])
@pytest.mark.parametrize("seed", range(3))
def test_no_payload_is_too_exact_for_javascript(operation: str, seed: int) -> None:
    verdict = check_client(Script(), only=["wire"], operations=[operation], examples=30, seed=seed)
    assert verdict.findings == ()
