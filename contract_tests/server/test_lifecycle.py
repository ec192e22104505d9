"""A task goes forward, ends, and stays as it ended."""

from __future__ import annotations

import pytest

from mockserver.kit.server.checks.lifecycle import LIFECYCLE
from mockserver.kit.server.collector import Judge


@pytest.mark.parametrize("check", LIFECYCLE.promises)
def test_lifecycle(check: str, judge: Judge) -> None:
    judge(check)
