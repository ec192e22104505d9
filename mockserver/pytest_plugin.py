"""Fixtures for pytest: ``mock_kling`` answers httpx calls in this process, ``mock_kling_server`` on a socket.

Each test gets a fake of its own, with the settings of its marker: ``@pytest.mark.mock_kling(pace="instant")``. A test
that fails shows the last exchanges. Services of one's own are in the folders of the setting ``mockserver_schemas``.
Nothing of ours is imported until a test asks for a fixture.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockserver.adapters.testing.handle import Handle
    from mockserver.adapters.testing.live import Live
    from mockserver.adapters.testing.patch import Patch

_SCHEMAS = "MOCKSERVER_SCHEMAS"
"""As in mockserver/resources.py, which is imported only when a test asks for a fixture."""

_HANDLES = pytest.StashKey[dict[str, "Handle"]]()
"""The fakes of a test, by the fixture that made them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting for services of one's own."""
    parser.addini("mockserver_schemas", "folders of services that are loaded beside ours", type="paths", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest of the marker, and whoever loads the contract, or is started by a test, of more services."""
    if folders := config.getini("mockserver_schemas"):
        before = os.environ.get(_SCHEMAS, "")
        own = dict.fromkeys([*filter(None, before.split(os.pathsep)), *map(str, folders)])
        os.environ[_SCHEMAS] = os.pathsep.join(own)
        config.add_cleanup(lambda: os.environ.__setitem__(_SCHEMAS, before))
    config.addinivalue_line(
        "markers",
        "mock_kling(**settings): how the fake of mock_kling and mock_kling_server behaves, such as pace='instant'; "
        "pass_through=['example.com'] lets requests out, and schemas=['contracts'] loads services of one's own",
    )


@pytest.fixture
def mock_kling(request: pytest.FixtureRequest) -> Iterator[Patch]:
    """Answer httpx calls to the real hosts with a fake.

    It has ``.clock``, ``.faults``, ``.profiles``, ``.held``, ``.requests`` and ``.tasks``.
    """
    from mockserver.adapters.testing.patch import patch

    with _made(request, patch, _settings(request)) as patched:
        _keep(request, patched)
        yield patched


@pytest.fixture
def mock_kling_server(request: pytest.FixtureRequest) -> Iterator[Live]:
    """Run a fake at ``.url``.

    It has ``.clock``, ``.faults``, ``.profiles``, ``.held``, ``.requests``, ``.tasks`` and ``.callbacks``.
    """
    from mockserver.adapters.testing.live import live

    settings = _settings(request)
    settings.pop("pass_through", None)  # a server lets nothing out
    with _made(request, live, settings) as running:
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
    if marker is not None and marker.args:
        pytest.fail("@pytest.mark.mock_kling takes settings by name, such as pace='instant'.", pytrace=False)
    return dict(marker.kwargs) if marker else {}


@contextmanager
def _made(request: pytest.FixtureRequest, make: Callable[..., Any], settings: dict[str, Any]) -> Iterator[Any]:
    """Make a fake and enter it; a setting that it cannot take is an error of the test, told in one line."""
    from mockserver.errors import MockserverError

    with ExitStack() as stack:
        try:
            handle = stack.enter_context(make(**settings))
        except MockserverError as error:
            raise pytest.fail.Exception(f"{request.fixturename}: {error}", pytrace=False) from None
        yield handle
