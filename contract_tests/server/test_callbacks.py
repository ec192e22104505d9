"""Callbacks come, say what a query says, and say it when it is so."""

from __future__ import annotations

import pytest

from mockserver.kit.collector import Judge
from mockserver.kit.server_checks.callbacks import CALLBACKS


@pytest.mark.parametrize("check", CALLBACKS.promises)
def test_callbacks(check: str, judge: Judge) -> None:
    judge(check)
