"""Callbacks come, say what a query says, and say it when it is so."""

from __future__ import annotations

import pytest

from mockserver.kit.server.checks.callbacks import CALLBACKS
from mockserver.kit.server.collector import Judge


@pytest.mark.parametrize("check", CALLBACKS.promises)
def test_callbacks(check: str, judge: Judge) -> None:
    judge(check)
