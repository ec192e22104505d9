"""What tests of the door begin with."""

from __future__ import annotations

import pytest

from mockserver.fake.core import Fake
from mockserver.settings import Settings


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def fake() -> Fake:
    return Fake(Settings(seed=1))
