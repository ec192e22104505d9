"""A client makes of callbacks what they are."""

from __future__ import annotations

import pytest

from mockserver.kit.client.checks.callbacks import CHECKS
from mockserver.kit.client.collector import Judge


@pytest.mark.parametrize("check", CHECKS)
def test_calling_back(check: str, judge: Judge) -> None:
    judge(check)
