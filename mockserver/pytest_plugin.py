"""Fixtures for pytest: ``mock_kling`` answers httpx calls in this process, ``mock_kling_server`` on a socket.

Each test gets a fake of its own, with the settings of its marker: ``@pytest.mark.mock_kling(pace="instant")``. A test
that fails shows the last exchanges. Nothing of ours is imported until a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockserver.adapters.testing.handle import Handle
    from mockserver.adapters.testing.live import Live
    from mockserver.adapters.testing.patch import Patch

_HANDLES = pytest.StashKey[dict[str, "Handle"]]()
"""The fakes of a test, by the fixture that made them."""


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest of the marker."""
    config.addinivalue_line(
        "markers", "mock_kling(**settings): how the fake of mock_kling and mock_kling_server behaves"
    )


@pytest.fixture
def mock_kling(request: pytest.FixtureRequest) -> Iterator[Patch]:
    """Answer httpx calls to the real hosts with a fake: ``.clock``, ``.faults``, ``.requests``, ``.tasks``."""
    from mockserver.adapters.testing.patch import patch

    with patch(**_settings(request)) as patched:
        _keep(request, patched)
        yield patched


@pytest.fixture
def mock_kling_server(request: pytest.FixtureRequest) -> Iterator[Live]:
    """Run a fake at ``.url``: ``.clock``, ``.faults``, ``.requests``, ``.tasks``, ``.callbacks``."""
    from mockserver.adapters.testing.live import live

    with live(**_settings(request)) as running:
        _keep(request, running)
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Show the last exchanges of a test that failed, or one of its fixtures."""
    report = yield
    for name, handle in item.stash.get(_HANDLES, {}).items() if report.failed else ():
        if lines := handle.last_exchanges():
            report.sections.append((f"{name}: last exchanges", "\n".join(lines)))
    return report


def _keep(request: pytest.FixtureRequest, handle: Handle) -> None:
    request.node.stash.setdefault(_HANDLES, {})[request.fixturename] = handle


def _settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    marker = request.node.get_closest_marker("mock_kling")
    return dict(marker.kwargs) if marker else {}
