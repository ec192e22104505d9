"""The fake of the kit: it talks as much as it likes, no proxy comes between, and what it dies of is told."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from mockserver.adapters.testing.live import live
from mockserver.cli import main
from mockserver.kit import check_client, check_server
from mockserver.kit.client.fake_process import FakeProcess, FakeUnavailable
from tests.conftest import IMAGE, PATIENCE
from tests.kit.client.test_traffic import CLIENT
from tests.support.process import head

PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy")


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A proxy that the environment names, and that answers nobody."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        for name in PROXIES:
            monkeypatch.setenv(name, url)
        yield url


LOUD = """
import sys
from mockserver.fake.core import Fake
usual = Fake.respond
def respond(self, request):
    sys.stderr.write("warning: " + "x" * 1000 + "\\n")
    sys.stderr.flush()
    return usual(self, request)
Fake.respond = respond
from mockserver.cli import main
main()
"""


@contextmanager
def running(code: str) -> Iterator[FakeProcess]:
    """Run a fake that some code starts."""
    fake = FakeProcess()
    fake._command = [sys.executable, "-c", code, "serve", "--port", "0"]
    with fake:
        yield fake


def test_nothing_that_is_configured_here_changes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mockserver.toml").write_text("slots = 0\nprot = 1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOCKSERVER_PACE", "real")
    monkeypatch.setenv("MOCKSERVER_PACEE", "real")
    with FakeProcess(["--rate", "10/s"]) as fake:
        settings = fake._control("GET", "/settings")
    assert [settings[name] for name in ("pace", "slots", "rate")] == ["fast", None, "10/s"]


def test_a_fake_that_complains_of_each_request_goes_on() -> None:
    with running(LOUD) as fake:
        port = int(fake.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            for _ in range(600):
                connection.sendall(head("GET", IMAGE))
                assert connection.recv(65_536)
        assert len(fake.transcript()) == 600


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("raise SystemExit('no such option')", "the fake did not start: no such option"),
        ("print('hello')", "the fake did not start: hello"),
        ("pass", "the fake did not start: "),
    ],
)
def test_why_a_fake_does_not_start_is_told(code: str, text: str) -> None:
    with pytest.raises(FakeUnavailable) as raised, running(code):
        pytest.fail("it did start")
    assert str(raised.value) == text


def test_what_a_fake_dies_of_is_told() -> None:
    code = LOUD.replace("return usual(self, request)", "import os; os._exit(3)")
    with running(code) as fake:
        with socket.create_connection(("127.0.0.1", int(fake.url.rpartition(":")[2])), PATIENCE) as connection:
            connection.sendall(head("GET", IMAGE))
            assert connection.recv(65_536) == b""
        with pytest.raises(FakeUnavailable, match=r"does not answer any more: .*Its stderr ends with: warning: x"):
            fake.reset()


@pytest.mark.usefixtures("proxy")
def test_the_fake_is_asked_without_a_proxy() -> None:
    with FakeProcess() as fake:
        assert len(fake.transcript()) == 0


@pytest.mark.usefixtures("proxy")
def test_a_command_reaches_the_fake_without_a_proxy() -> None:
    found = CliRunner().invoke(main, ["run", "--pace", "instant", "--", sys.executable, "-c", CLIENT, ""])
    assert found.exit_code == 0, found.output


TESTEE = Path(__file__).parents[3] / "examples" / "python_httpx" / "testee.py"


@pytest.mark.torture
@pytest.mark.usefixtures("proxy")
@pytest.mark.parametrize("testee", [[sys.executable, str(TESTEE)], ["tests.mutants.clients.reference:Reference"]])
def test_a_testee_reaches_the_fake_without_a_proxy(testee: list[str]) -> None:
    words = ["--operation", "kling/omni-image", "--only", "content-type-is-json", "--examples", "0", "--", *testee]
    found = CliRunner().invoke(main, ["check", "client", *words])
    assert found.exit_code == 0, found.output


@pytest.mark.torture
@pytest.mark.usefixtures("proxy")
def test_a_server_on_this_machine_is_checked_without_a_proxy_and_calls_back_without_one() -> None:
    with live(pace="instant") as server:
        verdict = check_server(server.url, operations=["kling/omni-image"], only=["callbacks", "unknown-paths"])
    assert verdict.obstacle is None
    assert {check.id for check in verdict.made} >= {"callback-comes", "unknown-paths"}
    assert verdict.findings == ()


@pytest.mark.torture
@pytest.mark.usefixtures("proxy")
def test_a_forged_callback_reaches_the_client_without_a_proxy() -> None:
    from tests.mutants.clients.registry import MUTANTS

    class Direct(type(MUTANTS["believes-any-caller"].client())):  # type: ignore[misc]
        """A client that asks no proxy itself."""

    import httpx

    with pytest.MonkeyPatch.context() as patch:
        usual = httpx.Client
        patch.setattr(httpx, "Client", lambda **options: usual(**{**options, "trust_env": False}))
        found = check_client(Direct(), only=["a-stranger-is-not-believed"], operations=["kling/omni-image"])
    assert [finding.check for finding in found.findings] == ["a-stranger-is-not-believed"]


def test_a_fake_lets_in_who_has_a_key_that_was_ever_required_until_anybody_may_enter() -> None:
    def status(token: str) -> int:
        headers = {"authorization": f"Bearer {token}"}
        return httpx.get(f"{fake.url}{IMAGE}", headers=headers, timeout=PATIENCE, trust_env=False).status_code

    with FakeProcess() as fake:
        fake.require("first")
        fake.require("second")
        assert [status(token) for token in ("first", "second", "third")] == [200, 200, 401]
        fake.let_anybody_in()
        assert status("third") == 200
