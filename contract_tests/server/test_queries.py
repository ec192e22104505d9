"""Both ids find a task, what is not there is not found."""

from __future__ import annotations

import pytest

from mockserver.kit.collector import Judge
from mockserver.kit.server_checks.queries import QUERIES


@pytest.mark.parametrize("check", QUERIES.promises)
def test_queries(check: str, judge: Judge) -> None:
    judge(check)
