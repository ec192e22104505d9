"""In whatever order a client works, the server answers as the model of it says."""

from __future__ import annotations

import pytest

from mockserver.kit.server.checks.stateful import STATEFUL
from mockserver.kit.server.collector import Judge


@pytest.mark.parametrize("check", STATEFUL.promises)
def test_stateful(check: str, judge: Judge) -> None:
    judge(check)
