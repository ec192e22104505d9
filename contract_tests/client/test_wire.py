"""What a client sends is what it was asked to send."""

from __future__ import annotations

import pytest

from mockserver.kit.client.checks.wire import CHECKS
from mockserver.kit.client.collector import Judge


@pytest.mark.parametrize("check", CHECKS)
def test_wire(check: str, judge: Judge) -> None:
    judge(check)
