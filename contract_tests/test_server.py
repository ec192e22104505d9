"""A case for each check of a server: ``pytest contract_tests --server URL``."""

from __future__ import annotations

import pytest

from mockserver.kit.server.checks.registry import CHECKS

from .conftest import Judge


@pytest.mark.parametrize("check", CHECKS)
def test_server(check: str, judge_server: Judge) -> None:
    judge_server(check)
