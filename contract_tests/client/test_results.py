"""A client fetches what was made as anybody can."""

from __future__ import annotations

import pytest

from mockserver.kit.client.checks.results import CHECKS
from mockserver.kit.client.collector import Judge


@pytest.mark.parametrize("check", CHECKS)
def test_results(check: str, judge: Judge) -> None:
    judge(check)
