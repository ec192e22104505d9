"""Where a question was settled, answers are as the reading has it."""

from __future__ import annotations

import pytest

from mockserver.kit.server.checks.readings import READINGS
from mockserver.kit.server.collector import Judge


@pytest.mark.parametrize("check", READINGS.promises)
def test_readings(check: str, judge: Judge) -> None:
    judge(check)
