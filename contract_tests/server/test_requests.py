"""What breaks a rule is refused, what keeps them all is not, and bad bytes do no harm."""

from __future__ import annotations

import pytest

from mockserver.kit.server.checks.requests import REQUESTS
from mockserver.kit.server.collector import Judge


@pytest.mark.parametrize("check", REQUESTS.promises)
def test_requests(check: str, judge: Judge) -> None:
    judge(check)
