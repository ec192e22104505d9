"""A task goes forward, ends, and stays as it ended."""

from __future__ import annotations

import pytest

from mockserver.kit.collector import Judge
from mockserver.kit.server_checks.lifecycle import LIFECYCLE


@pytest.mark.parametrize("check", LIFECYCLE.promises)
def test_lifecycle(check: str, judge: Judge) -> None:
    judge(check)
