"""The environment of a client that is intercepted: what was there stays, and no service is spared the proxy."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from mockserver.contract.catalog import load
from mockserver.kit.client.interception.environment import base_url, interception, set_for_a_while
from mockserver.trust.authority import Authority
from tests.support.programs import need

PROXY = "http://127.0.0.1:1"
HOSTS = {host for service in load().services.values() for host in service.hosts}


def variables(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    with interception(environment=environment or {}) as prepared:
        return prepared.variables(PROXY, environment or {})


def test_each_service_is_intercepted_at_each_of_its_hosts() -> None:
    with interception() as prepared:
        assert {*prepared.hosts} == HOSTS
    with interception([load().services["useapi"]], "https://media.klingai.com/x") as prepared:
        assert {*prepared.hosts} == {"api.useapi.net", "media.klingai.com"}


@pytest.mark.parametrize("name", load().services)
def test_a_service_is_told_by_its_own_host(name: str) -> None:
    service = load().services[name]
    assert base_url(service) == f"https://{service.hosts[0]}"


def test_its_files_are_gone_in_the_end() -> None:
    with interception() as prepared:
        files = [Path(variables()[name]) for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")]
        inside = [Path(prepared.variables(PROXY)[name]) for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")]
        assert all(file.is_file() for file in inside)
    assert not any(file.exists() for file in [*files, *inside])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("intranet.example,10.0.0.0/8", "intranet.example,10.0.0.0/8,"),
        ("*", ""),
        ("klingai.com, .klingai.com,*.klingai.com,api.klingai.com:443,com,a.example", "a.example,"),
        ("KLINGAI.COM,notklingai.com", "notklingai.com,"),
    ],
)
def test_no_service_is_spared_the_proxy(before: str, after: str) -> None:
    found = variables({"NO_PROXY": before})
    assert found["NO_PROXY"] == found["no_proxy"] == f"{after}localhost,127.0.0.1,::1"


def test_what_the_user_has_set_stays(tmp_path: Path) -> None:
    another = tmp_path / "another.pem"
    shutil.copy(Authority.own().certificate, another)
    another.write_text(another.read_text().replace("MIIB", "MIIC"))
    theirs = {"NODE_OPTIONS": "--max-old-space-size=100", "PYTHONPATH": "/theirs"}
    theirs |= dict.fromkeys(("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"), str(another))
    with interception(environment=theirs) as prepared:
        found = prepared.variables(PROXY, theirs)
        files = {name: Path(found[name]).read_text() for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")}
    assert found["NODE_OPTIONS"].endswith(" --max-old-space-size=100")
    assert found["PYTHONPATH"].endswith(f"{os.pathsep}/theirs")
    assert all(another.read_text() in text and Authority.own().pem in text for text in files.values())
    assert files["SSL_CERT_FILE"].count("BEGIN") > files["NODE_EXTRA_CA_CERTS"].count("BEGIN") == 2


@pytest.mark.parametrize("named", ["", "/nowhere/at-all.pem", os.devnull])
def test_what_the_system_trusts_is_trusted(named: str, tmp_path: Path) -> None:
    with interception(environment={"SSL_CERT_FILE": named}) as prepared:
        context = ssl.create_default_context(cafile=prepared.variables(PROXY)["SSL_CERT_FILE"])
    assert context.cert_store_stats()["x509_ca"] > 1


def test_variables_that_count_for_a_while_are_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "before")
    monkeypatch.delenv("HTTP_PROXY", raising=False)
    with set_for_a_while({"HTTPS_PROXY": "a", "HTTP_PROXY": "b"}):
        assert (os.environ["HTTPS_PROXY"], os.environ["HTTP_PROXY"]) == ("a", "b")
    assert (os.environ["HTTPS_PROXY"], os.environ.get("HTTP_PROXY")) == ("before", None)


def test_the_sitecustomize_of_the_machine_runs_as_well(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.theirs = True")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with interception(environment=environment) as prepared:
        found = {**environment, **prepared.variables(PROXY, environment)}
        code = "import sys, aiohttp; print(sys.theirs, aiohttp.ClientSession.__init__.__module__)"
        done = subprocess.run([sys.executable, "-c", code], env=found, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True sitecustomize\n", "")


def test_node_keeps_what_is_no_port_of_http_away_from_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database at another port is nobody's service."""
    need("node")
    code = """
        const net = require("node:net"), tls = require("node:tls");
        const server = net.createServer((socket) => socket.end("here")).listen(0, "127.0.0.1", () => {
          const { port } = server.address();
          net.connect(port, "127.0.0.1").on("data", (data) => { console.log(String(data)); server.close(); });
          tls.connect(port, "127.0.0.1").on("error", (error) => console.log(error.code !== undefined));
        });
    """
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "with a space"))
    (tmp_path / "with a space").mkdir()
    with interception() as prepared:
        found = {**os.environ, **prepared.variables(PROXY)}
        done = subprocess.run(["node", "-e", code], env=found, capture_output=True, text=True, check=False)
    assert (sorted(done.stdout.split()), done.stderr) == (["here", "true"], "")
