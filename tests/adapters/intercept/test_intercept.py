"""A fake that is a proxy takes what goes to the hosts of the services, lets out what was said, and refuses the rest."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator

import httpx
import pytest

from mockserver.adapters.intercept import outward, tunnel
from mockserver.adapters.testing.live import live
from mockserver.errors import BadSetting
from tests.conftest import IMAGE, PATIENCE
from tests.support.secure import HOST, Proxied, everything, proxied, trusting

ME = {"authorization": "Bearer me"}


@pytest.fixture(scope="module")
def running() -> Iterator[Proxied]:
    with proxied() as found:
        yield found
        found.fake.reset()


def client(running: Proxied, **how: object) -> httpx.Client:
    return httpx.Client(proxy=running.url, verify=trusting(), headers=ME, timeout=PATIENCE, **how)  # type: ignore[arg-type]


def tunnelled(running: Proxied, target: str) -> tuple[socket.socket, bytes]:
    """Ask for a tunnel, and return the connection with the head of the answer."""
    connection = running.connect()
    connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    said = b""
    while not said.endswith(b"\r\n\r\n"):
        said += connection.recv(1)
    return connection, said


@pytest.mark.parametrize("host", [HOST, "api.useapi.net", "API.KLINGAI.COM"])
def test_the_real_hosts_lead_to_the_fake(host: str, running: Proxied) -> None:
    with client(running) as asking:
        assert asking.get(f"https://{host}/_mock/live").json() == {"status": "live"}


def test_results_are_at_the_host_that_was_asked(running: Proxied) -> None:
    with client(running) as asking:
        task = asking.post(f"https://{HOST}{IMAGE}", json={"prompt": "A cat"}).json()["data"]["task_id"]
        shown = asking.get(f"https://{HOST}{IMAGE}/{task}").json()
        url = shown["data"]["task_result"]["images"][0]["url"]
        assert url.startswith(f"https://{HOST}/results/")
        assert asking.get(url).content[:4] == b"\x89PNG"


def whole_url(scheme: str, port: str = "") -> bytes:
    body = json.dumps({"prompt": "A cat", "callback_url": ""}).encode()
    lines = [f"POST {scheme}://{HOST}{port}{IMAGE} HTTP/1.1", f"Host: {HOST}", "Authorization: Bearer me"]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "Proxy-Authorization: Basic c2VjcmV0"]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


@pytest.mark.parametrize(("scheme", "port"), [("http", ""), ("https", ""), ("HTTPS", ":443"), ("http", ":80")])
def test_a_whole_url_is_answered_in_its_own_scheme(scheme: str, port: str, running: Proxied) -> None:
    answer = running.asked(whole_url(scheme, port))
    assert answer.startswith(b"HTTP/1.1 200 OK")
    id = json.loads(answer.partition(b"\r\n\r\n")[2])["data"]["task_id"]
    task = running.fake.world.tasks.get("kling", id)
    assert task is not None
    assert task.base_url == f"{scheme.lower()}://{HOST}{port}"
    request = next(iter(running.fake.requests)).request
    assert not any(name.startswith("proxy-") for name in request.headers)


def test_one_connection_may_ask_several_hosts_one_after_the_other(running: Proxied) -> None:
    asks = [
        b"GET http://%b/_mock/live HTTP/1.1\r\nHost: %b\r\n\r\n" % (host, host)
        for host in (HOST.encode(), b"api.useapi.net")
    ]
    last = b"GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n"
    said = running.asked(b"".join([*asks, last]))
    assert re.findall(rb"HTTP/1.1 (\d+)", said) == [b"200", b"200", b"400"]


REFUSED = {
    "example.com:443": "'example.com' is no host of this fake. Add --pass example.com to let it out.",
    "api.klingia.com:443": "'api.klingia.com' is no host of this fake; did you mean 'api.klingai.com'? "
    "Add --pass api.klingia.com to let it out.",
    f"{HOST}:8443": f"{HOST}:8443 is no port of the service. Use https://{HOST}.",
    "nothing": "CONNECT asks for no host and port. Ask for one such as example.com:443.",
    "example.com:0": "CONNECT asks for no host and port. Ask for one such as example.com:443.",
    "example.com:99999": "CONNECT asks for no host and port. Ask for one such as example.com:443.",
    "169.254.169.254:80": "'169.254.169.254' is no host of this fake. Add --pass 169.254.169.254 to let it out.",
    "[2001:db8::1]:443": "'2001:db8::1' is no host of this fake. Add --pass 2001:db8::1 to let it out.",
}


@pytest.mark.parametrize("target", REFUSED)
def test_a_tunnel_to_elsewhere_is_refused_with_the_reason_in_its_first_line(target: str, running: Proxied) -> None:
    connection, said = tunnelled(running, target)
    with connection:
        assert said.decode("latin-1").splitlines()[0] == f"HTTP/1.1 400 Refused by mockserver: {REFUSED[target]}"
        everything(connection)
    noted = next(iter(running.fake.requests))
    assert (noted.request.method, noted.request.path) == ("CONNECT", target)


def test_a_host_of_a_service_that_is_not_served_says_how_it_would_be() -> None:
    with proxied(services=("kling",)) as running:
        connection, said = tunnelled(running, "api.useapi.net:443")
        connection.close()
        assert b"it is a host of 'useapi'. Add --service useapi to serve it." in said


def test_each_host_is_told_once(running: Proxied, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        for target in ("told.example:443", "told.example:444"):
            tunnelled(running, target)[0].close()
    running.asked(b"GET http://told.example/ HTTP/1.1\r\nHost: told.example\r\nConnection: close\r\n\r\n")
    said = "'told.example' is no host of this fake. Add --pass told.example to let it out."
    assert capsys.readouterr().err == f"mockserver: --intercept: refused: {said}\n"


def test_who_does_not_wait_for_the_tunnel_is_served_all_the_same(running: Proxied) -> None:
    """The first bytes of TLS may come in one packet with CONNECT."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = trusting().wrap_bio(back, there, server_hostname=HOST)
    with pytest.raises(ssl.SSLWantReadError):
        near.do_handshake()
    with running.connect() as connection:
        connection.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode() + there.read())
        said = b""
        while b"\x16\x03" not in said:
            said += connection.recv(65_536)
        back.write(said.partition(b"\r\n\r\n")[2])
        while True:
            try:
                near.do_handshake()
                break
            except ssl.SSLWantReadError:
                back.write(connection.recv(65_536))
        near.write(b"GET /_mock/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        connection.sendall(there.read())
        back.write(everything(connection))
        assert b'{"status":"live"}' in near.read(65_536)


@pytest.mark.parametrize(
    ("port", "sent", "answer"),
    [
        (443, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", b"Use https:// in the place of http://"),
        (80, b"GET /_mock/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", b'{"status":"live"}'),
        (443, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"HTTP/1.1 400"),
        (443, b"\x00\x01\x02", b"it does not begin with a method"),
        (80, b"CONNECT example.com:443 HTTP/1.1\r\nhost: x\r\n\r\n", b"this server makes none"),
    ],
)
def test_what_is_no_tls_in_a_tunnel_is_answered(port: int, sent: bytes, answer: bytes, running: Proxied) -> None:
    connection, _ = tunnelled(running, f"{HOST}:{port}")
    with connection:
        connection.sendall(sent)
        assert answer in everything(connection)


def test_an_offer_of_a_websocket_is_answered_as_a_request(running: Proxied) -> None:
    connection, _ = tunnelled(running, f"{HOST}:443")
    with trusting().wrap_socket(connection, server_hostname=HOST) as secure:
        head = b"GET /_mock/live HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade, close\r\n\r\n"
        secure.sendall(head)
        assert secure.recv(65_536).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "sent",
    [
        b"CONNECT " + b"a" * 70_000 + b":443 HTTP/1.1\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\n" + b"x: y\r\n" * 300 + b"\r\n",
        b"CONNECT /path HTTP/1.1\r\n\r\n",
        b"GET ftp://example.com/ HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET https:// HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET https://@:443/ HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET https://a:b:c/ HTTP/1.1\r\nhost: x\r\n\r\n",
        b"\xff" * 1000,
    ],
)
def test_what_is_no_request_is_refused(sent: bytes, running: Proxied, capfd: pytest.CaptureFixture[str]) -> None:
    with running.connect() as connection:
        connection.sendall(sent)
        assert re.match(rb"HTTP/1.1 4\d\d ", everything(connection))
    assert "Traceback" not in capfd.readouterr().err


def test_a_fault_cuts_a_tunnel_as_it_cuts_a_connection(running: Proxied) -> None:
    running.fake.faults.add("reset-before x1", account="me")
    with client(running) as asking, pytest.raises(httpx.TransportError):
        asking.post(f"https://{HOST}{IMAGE}", json={"prompt": "A cat"})


def test_this_machine_is_let_out() -> None:
    """Receivers of callbacks, and the server of an application under test, are there."""
    with proxied() as running, live() as other, client(running) as asking:
        assert asking.get(f"{other.url}/_mock/live").json() == {"status": "live"}
    with proxied() as running, live(https=True) as other, client(running) as asking:
        assert asking.get(f"{other.url}/_mock/live").json() == {"status": "live"}


def test_what_passes_leads_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host is in no name server."""
    with live(https=True) as there, proxied(passed=["*.example"]) as running, client(running) as asking:
        port = there.url.rpartition(":")[2]

        async def connect(host: str, _: int) -> object:
            assert host == "a.example"
            return await outward.connect("127.0.0.1", int(port))

        monkeypatch.setattr(tunnel, "connect", connect)
        assert asking.get("https://a.example/_mock/live", extensions={"sni_hostname": "localhost"}).status_code == 200


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_of_the_environment_is_asked_for_what_passes(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxied() as upstream, proxied(services=("useapi",), passed=[HOST]) as running, client(running) as asking:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@127.0.0.1:{upstream.port}")
        monkeypatch.setenv("http_proxy", upstream.url)
        asking.get(f"{scheme}://{HOST}{IMAGE}/none")
        assert next(iter(upstream.fake.requests)).request.path == f"{IMAGE}/none"
        assert [*running.fake.requests] == []


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("proxy", "reason"),
    [
        ("socks5://127.0.0.1:1", "is none of http"),
        ("http://127.0.0.1:1", ""),
        ("http://[::1", "is none of http"),
    ],
)
def test_a_proxy_of_the_environment_that_is_of_no_use_is_told(
    scheme: str, proxy: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", proxy)
    with proxied(passed=["a.example"]) as running:
        if scheme == "https":
            connection, said = tunnelled(running, "a.example:443")
            connection.close()
            assert said.startswith(b"HTTP/1.1 400 Refused by mockserver: ")
        else:
            said = running.asked(b"GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
            assert said.startswith(b"HTTP/1.1 502 ")
    assert reason.encode() in said


def test_a_proxy_of_the_environment_that_says_no_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with proxied() as upstream, proxied(passed=["a.example"]) as running:
        monkeypatch.setenv("https_proxy", upstream.url)
        connection, said = tunnelled(running, "a.example:443")
        connection.close()
    assert b"lets nothing out to a.example:443: 400 Refused by mockserver" in said


def test_a_tunnel_out_passes_on_the_end_of_each_side() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, proxied() as running:

        def echo() -> None:
            with listener.accept()[0] as other:
                other.sendall(everything(other)[::-1])

        thread = threading.Thread(target=echo)
        thread.start()
        connection, _ = tunnelled(running, f"127.0.0.1:{listener.getsockname()[1]}")
        with connection:
            connection.sendall(b"x" * 1_000_000 + b"end")
            connection.shutdown(socket.SHUT_WR)
            assert everything(connection) == b"dne" + b"x" * 1_000_000
        thread.join()


def test_a_server_ends_although_tunnels_are_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with proxied() as running:
            out, _ = tunnelled(running, f"127.0.0.1:{listener.getsockname()[1]}")
            within, _ = tunnelled(running, f"{HOST}:443")
        with out, within:
            assert everything(within) == b""


def test_what_passes_is_named_as_hosts_are() -> None:
    with pytest.raises(BadSetting, match="--pass"), proxied(passed=["https://example.com/"]):
        pass
