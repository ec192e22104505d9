"""What was made can be fetched and opened, and is what was asked for."""

from __future__ import annotations

import pytest

from mockserver.kit.server.checks.results import RESULTS
from mockserver.kit.server.collector import Judge


@pytest.mark.parametrize("check", RESULTS.promises)
def test_results(check: str, judge: Judge) -> None:
    judge(check)
