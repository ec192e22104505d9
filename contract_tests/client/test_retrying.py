"""A client tries again what is worth it, and nothing else."""

from __future__ import annotations

import pytest

from mockserver.kit.client.checks.retries import CHECKS
from mockserver.kit.client.collector import Judge


@pytest.mark.parametrize("check", CHECKS)
def test_retrying(check: str, judge: Judge) -> None:
    judge(check)
