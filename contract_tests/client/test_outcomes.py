"""A client tells what came of a task as it was."""

from __future__ import annotations

import pytest

from mockserver.kit.client.checks.outcomes import CHECKS
from mockserver.kit.client.collector import Judge


@pytest.mark.parametrize("check", CHECKS)
def test_outcomes(check: str, judge: Judge) -> None:
    judge(check)
