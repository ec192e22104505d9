"""Whatever a test of a way in is about: each answer of the control API that it gets is as described."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import described


@pytest.fixture(scope="session")
def noted() -> Iterator[list[str]]:
    with described.watching() as found:
        yield found


@pytest.fixture(autouse=True)
def every_answer_is_as_described(noted: list[str]) -> Iterator[None]:
    yield
    found, noted[:] = [*noted], []
    assert found == []
