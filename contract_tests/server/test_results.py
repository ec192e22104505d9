"""What was made can be fetched and opened, and is what was asked for."""

from __future__ import annotations

import pytest

from mockserver.kit.collector import Judge
from mockserver.kit.server_checks.results import RESULTS


@pytest.mark.parametrize("check", RESULTS.promises)
def test_results(check: str, judge: Judge) -> None:
    judge(check)
