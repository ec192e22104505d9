"""Both ids find a task, what is not there is not found."""

from __future__ import annotations

import pytest

from mockserver.kit.server.checks.queries import QUERIES
from mockserver.kit.server.collector import Judge


@pytest.mark.parametrize("check", QUERIES.promises)
def test_queries(check: str, judge: Judge) -> None:
    judge(check)
