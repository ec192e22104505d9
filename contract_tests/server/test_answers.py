"""What the server answers is what the contract has."""

from __future__ import annotations

import pytest

from mockserver.kit.server.checks.answers import ANSWERS
from mockserver.kit.server.collector import Judge


@pytest.mark.parametrize("check", ANSWERS.promises)
def test_answers(check: str, judge: Judge) -> None:
    judge(check)
