"""Where a question was settled, answers are as the reading has it."""

from __future__ import annotations

import pytest

from mockserver.kit.collector import Judge
from mockserver.kit.server_checks.readings import READINGS


@pytest.mark.parametrize("check", READINGS.promises)
def test_readings(check: str, judge: Judge) -> None:
    judge(check)
