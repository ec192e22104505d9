"""A case for each check of a client: ``pytest contract_tests --testee "node testee.js"``."""

from __future__ import annotations

import pytest

from mockserver.kit.client.checks.registry import CHECKS

from .conftest import Judge


@pytest.mark.parametrize("check", CHECKS)
def test_client(check: str, judge_client: Judge) -> None:
    judge_client(check)
