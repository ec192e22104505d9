"""A client waits for the end as long as it was told, and no longer."""

from __future__ import annotations

import pytest

from mockserver.kit.client.checks.polling import CHECKS
from mockserver.kit.client.collector import Judge


@pytest.mark.parametrize("check", CHECKS)
def test_waiting(check: str, judge: Judge) -> None:
    judge(check)
