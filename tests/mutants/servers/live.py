"""A wrong server on a port, for lines and scripts of a shell. ``sleep`` moves its clock, so nobody waits."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from mockserver.fake.callbacks.delivery import Delivery
from mockserver.types import Request, Response
from tests.mutants.servers.harness import InMemoryServer

_SLEEP = "/_sleep/"

_PATIENCE_SECONDS = 60


@dataclass
class LiveServer:
    """A server in this process that answers at ``url``; ``exchanges`` are what was sent to it, and its answers."""

    url: str
    exchanges: list[tuple[Request, Response, int]] = field(default_factory=list)

    def shell(self, command: str, folder: Path, **variables: str) -> str:
        """Run a command in a shell as a user would, in a folder, and return what it prints."""
        tools = folder / "bin"
        tools.mkdir(exist_ok=True)
        sleep = tools / "sleep"
        sleep.write_text(f'#!/bin/sh\nexec curl -sS "{self.url}{_SLEEP}$1"\n')
        sleep.chmod(0o755)
        path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=folder,
            env={**os.environ, "PATH": path, **variables},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
        return done.stdout + done.stderr


def _call_back(delivery: Delivery) -> None:
    """Send a callback, if there is somebody to get it."""
    with suppress(httpx.HTTPError):
        httpx.post(delivery.url, content=delivery.body, headers={"content-type": "application/json"}, trust_env=False)


@contextmanager
def served(server: InMemoryServer) -> Iterator[LiveServer]:
    """Serve a fake, and what is wrong around it, on a free port. Its clock starts at the machine's time."""
    server.fake.clock.set(time.time_ns() // 1_000_000)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("content-length", 0))
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, path, query, headers, self.rfile.read(length))
            if path.startswith(_SLEEP):
                server.sleep(round(float(path.removeprefix(_SLEEP)) * 1000))
                self.tell(Response(200))
                return
            with lock:
                at = server.now()
                response = server.answer(request)
                live.exchanges.append((request, response, at))
                due = server.wrong.deliver(server.fake, server.fake.delivered())
            if response.status:
                self.tell(response)
                for delivery in due:
                    _call_back(delivery)
            else:
                self.close_connection = True

        do_GET = do_POST = do_PATCH = answer  # noqa: N815 - the names are those of http.server

        def tell(self, response: Response) -> None:
            self.send_response(response.status)
            for name, value in response.headers.items():
                if name.lower() != "content-length":
                    self.send_header(name, value)
            self.send_header("content-length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    live = LiveServer(f"http://127.0.0.1:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield live
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
