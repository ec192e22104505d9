"""Who has credentials enters, and nobody else."""

from __future__ import annotations

import pytest

from mockserver.kit.collector import Judge
from mockserver.kit.server_checks.credentials import CREDENTIALS


@pytest.mark.parametrize("check", CREDENTIALS.promises)
def test_credentials(check: str, judge: Judge) -> None:
    judge(check)
