"""What the server answers is what the contract has."""

from __future__ import annotations

import pytest

from mockserver.kit.collector import Judge
from mockserver.kit.server_checks.answers import ANSWERS


@pytest.mark.parametrize("check", ANSWERS.promises)
def test_answers(check: str, judge: Judge) -> None:
    judge(check)
