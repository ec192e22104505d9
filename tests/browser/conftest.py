"""A real Chromium before a real server; whatever a test does, no page may err, ask a question or look elsewhere.

The server's clock stands still from the start, so that a slow machine sees what a fast one does. Tests share a server,
which begins anew for each; one with options of its own has a server of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.types import JSON
from tests.conftest import IMAGE, PATIENCE, PAYLOADS
from tests.support.process import Process, started

if TYPE_CHECKING:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Locator, Page

# Whoever runs all tests need not have a browser: `make browser` brings what these need.
collect_ignore_glob = [] if find_spec("playwright") else ["test_*.py"]

# No GPU, no sandbox inside a container, and nothing that the browser does on its own account.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=LocalNetworkAccessChecks",  # what keeps other pages out of the server must be its own doing
)
HOSTILE = '<script>window.ran=1</script><img src="x" onerror="window.ran=1;alert(1)">'
"""What would run if any text were taken for markup."""

PAUSE = 50
"""Milliseconds between two looks at what the browser cannot wait for by itself."""

ARTIFACTS = Path(os.environ.get("ARTIFACTS", "artifacts"))


@dataclass
class Desk:
    """A person at a browser, and a server; everything that the browser did is noted."""

    page: Page
    server: Process
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    sends_to: tuple[str, ...] = ()
    """Beginnings of paths, beside those of the control API, that a person asks for in a test."""

    def open(self, view: str = "tasks") -> Page:
        """Go to a view, and wait until it is live."""
        self.page.goto(f"{self.server.url}/_mock/#{view}")
        self.page.locator("#connection[data-is=live]").wait_for()
        self.page.locator(f"#{re.split('[/?]', view)[0]}").wait_for()
        return self.page

    def row(self, text: str) -> Locator:
        """Return the row that shows a text."""
        return self.page.locator("a.row:visible", has_text=text)

    def control(self, method: str, path: str, body: JSON = None) -> JSON:
        """Call the control API as another program would."""
        answer = self.server.request(method, f"/_mock/{path}", body)
        assert answer.status < 400, answer.body
        return answer.json

    def number(self, count: int = 0) -> int:
        """Return the number of the exchange that will be, or was, the so many next one after the reset."""
        requests = self.control("GET", "state")["requests"]
        return int(requests["forgotten"]) + count

    def create(self, prompt: str, path: str = IMAGE, **fields: JSON) -> str:
        """Make a task as a client would, and return its id."""
        answer = self.server.request("POST", path, {**PAYLOADS[path], "prompt": prompt, **fields})
        assert answer.status == 200, answer.body
        return str(answer.json["data"]["task_id"])

    def wait(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so at the server, as the browser goes on."""
        for _ in range(int(PATIENCE * 1000) // PAUSE):
            if is_so():
                return
            self.page.wait_for_timeout(PAUSE)
        raise AssertionError("it did not come to be so")

    def forgive(self, text: str) -> None:
        """Let the browser have complained of something."""
        self.wrong = [wrong for wrong in self.wrong if text not in wrong]

    def note(self, message: ConsoleMessage) -> None:
        """Note what the browser complains of; that a result is not there yet is no complaint."""
        if message.type in ("error", "warning") and "/results/" not in message.location["url"]:
            self.wrong.append(f"console: {message.text}")

    def refuse(self, dialog: Dialog) -> None:
        """Note that the page asked a question of the browser's own, which it never should."""
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def check(self) -> None:
        """Fail if anything ran that should not, or was asked of anybody else."""
        assert self.wrong == []
        own = tuple(f"{self.server.url}{path}" for path in ("/_mock", *self.sends_to))
        assert [url for url in self.asked if not url.startswith(own)] == []
        assert self.page.evaluate("window.ran") is None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import expect, sync_playwright

    name = os.environ.get("CHROMIUM", "chromium")
    path = shutil.which(name)
    assert path, f"no {name}: apt-get install chromium, or name another in CHROMIUM"
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=PATIENCE * 1000)
        yield running
        running.close()


@pytest.fixture(scope="session")
def axe() -> Axe:
    """What finds in a page what keeps people out of it."""
    from axe_playwright_python.sync_playwright import Axe

    return Axe()


@pytest.fixture
def look() -> dict[str, Any]:
    """How the browser is set up: a test may have it otherwise."""
    return {"viewport": {"width": 1440, "height": 900}}


@pytest.fixture
def options() -> tuple[str, ...]:
    """How the server is started: a test may have it otherwise."""
    return ()


@pytest.fixture(scope="session")
def shared() -> Iterator[Process]:
    with started("--seed", "1") as server:
        yield server


@pytest.fixture
def server(request: pytest.FixtureRequest, options: tuple[str, ...]) -> Iterator[Process]:
    if options:
        with started("--seed", "1", *options) as found:
            yield found
    else:
        found = request.getfixturevalue("shared")
        begin_anew(found)
        yield found


def begin_anew(server: Process) -> None:
    """Forget what a test before has done, and stop the clock at the real time."""
    readings: JSON = {
        f"{question['service']}/{question['id']}": question["default"]
        for question in server.request("GET", "/_mock/readings").json["readings"]
        if question["taken"] != question["default"]
    }
    usual: JSON = {"pace": "fast", "strict": False, "slots": None, "rate": None, "keys": [], "readings": readings}
    for method, path, body in (
        ("POST", "clock/set", {"now": int(time.time() * 1000)}),
        ("POST", "clock/freeze", None),
        ("DELETE", "faults", None),
        ("POST", "reset", {}),
        ("PATCH", "settings", usual),
    ):
        answer = server.request(method, f"/_mock/{path}", body)
        assert answer.status == 200, answer.body


@pytest.fixture
def desk(browser: Browser, look: dict[str, Any], server: Process) -> Iterator[Desk]:
    context = browser.new_context(**look)
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    found = Desk(page, server)
    page.on("request", lambda request: found.asked.append(request.url))
    page.on("pageerror", lambda error: found.wrong.append(f"error: {error}"))
    page.on("dialog", found.refuse)
    page.on("console", found.note)
    yield found
    found.check()
    context.close()
