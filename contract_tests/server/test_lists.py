"""Lists are whole and in order, and their pages are disjoint."""

from __future__ import annotations

import pytest

from mockserver.kit.server.checks.lists import LISTS
from mockserver.kit.server.collector import Judge


@pytest.mark.parametrize("check", LISTS.promises)
def test_lists(check: str, judge: Judge) -> None:
    judge(check)
