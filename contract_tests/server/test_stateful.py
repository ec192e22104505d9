"""In whatever order a client works, the server answers as the model of it says."""

from __future__ import annotations

import pytest

from mockserver.kit.collector import Judge
from mockserver.kit.server_checks.stateful import STATEFUL


@pytest.mark.parametrize("check", STATEFUL.promises)
def test_stateful(check: str, judge: Judge) -> None:
    judge(check)
