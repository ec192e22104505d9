"""A client tries again what is worth it, and nothing else."""

from __future__ import annotations

import pytest

from mockserver.kit.client_checks.retrying import CHECKS
from mockserver.kit.client_collector import Judge


@pytest.mark.parametrize("check", CHECKS)
def test_retrying(check: str, judge: Judge) -> None:
    judge(check)
