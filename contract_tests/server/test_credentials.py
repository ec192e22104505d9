"""Who has credentials enters, and nobody else."""

from __future__ import annotations

import pytest

from mockserver.kit.server.checks.credentials import CREDENTIALS
from mockserver.kit.server.collector import Judge


@pytest.mark.parametrize("check", CREDENTIALS.promises)
def test_credentials(check: str, judge: Judge) -> None:
    judge(check)
