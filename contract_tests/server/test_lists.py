"""Lists are whole and in order, and their pages are disjoint."""

from __future__ import annotations

import pytest

from mockserver.kit.collector import Judge
from mockserver.kit.server_checks.lists import LISTS


@pytest.mark.parametrize("check", LISTS.promises)
def test_lists(check: str, judge: Judge) -> None:
    judge(check)
