#!/usr/bin/env python3
"""Three replicas of mockserver behind nginx, with one Redis, on this machine, until Ctrl-C.

    examples/replicas/run.py --port 8080 -- --pace real

What follows ``--`` goes to each replica: see ``mockserver serve --help``. It needs redis-server and nginx, and a Python
with mockserver and its extra: ``pip install '.[redis]'`` in a checkout. All that it starts ends with it, and all that
it writes is in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

CONFIGURATION = Path(__file__).with_name("nginx.conf")

READY_SECONDS = 60.0
"""How long all may take to start. It takes a second or two; a machine that is busy has a hundred times as long."""

STOP_SECONDS = 20.0
"""How long one of them may take to stop: a replica lets slow requests end."""

REDIS = ("--bind", "127.0.0.1", "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction")
"""Replicas answer what Redis has. So it keeps all that it was told on the disk, and forgets nothing to make room."""

PROGRAMS = {"redis-server": ("redis-server", "valkey-server"), "nginx": ("nginx",)}
"""By their packages in Debian. nginx may be where only root looks."""

STOP = threading.Event()
"""A signal has come. It interrupts nothing, or what is just being started could stay behind."""


class Failed(Exception):
    """Something that ends the example, in one line."""


class Stopped(Exception):
    """A signal asks us to stop."""


def main() -> int:
    """Start everything, wait for a signal, and stop everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8080, help="nginx listens here; 0 is any free port")
    parser.add_argument("--replicas", type=int, default=3, metavar="N")
    parser.add_argument("--control-token", default=secrets.token_urlsafe(16), metavar="TOKEN", help="or one by chance")
    parser.add_argument("options", nargs="*", metavar="-- OPTION", help="of each replica")
    asked = parser.parse_args()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:
            signal.signal(getattr(signal, name), lambda *_: STOP.set())
    try:
        with TemporaryDirectory(prefix="mockserver-replicas-") as folder, ExitStack() as stack:
            serve(Path(folder), asked, stack)
    except Stopped:
        return 0
    except Failed as error:
        print(f"replicas: {error}", file=sys.stderr)
        return 1
    return 0


def serve(folder: Path, asked: argparse.Namespace, stack: ExitStack) -> None:
    """Start all, say where they are, and wait. The ``stack`` ends them, the last one first."""
    redis, nginx = (program(package) for package in ("redis-server", "nginx"))
    store, port = free_port(), asked.port or free_port()
    database = [redis, "--port", str(store), "--dir", str(folder), *REDIS, "--logfile", str(folder / "redis.log")]
    vital = {"Redis": stack.enter_context(started("Redis", database))}
    wait_until("Redis", lambda: is_open(store), vital["Redis"])

    options = ["--host", "127.0.0.1", "--port", "0", "--store", f"redis://127.0.0.1:{store}/0", "--trust-proxy"]
    options += ["--control-token", asked.control_token, *asked.options]
    command = [sys.executable, "-m", "mockserver", "serve", *options]
    replicas = [stack.enter_context(started(f"replica {n}", command)) for n in range(1, asked.replicas + 1)]
    urls = [url_of(f"replica {n}", replica) for n, replica in enumerate(replicas, 1)]
    for n, (replica, url) in enumerate(zip(replicas, urls, strict=True), 1):
        wait_until(f"replica {n}", partial(is_ready, url), replica)

    configure(folder, port, [url.removeprefix("http://") for url in urls])
    as_root = "user root; " if os.geteuid() == 0 else ""  # its workers could not read the folder as somebody else
    orders = ["-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr", "-g", f"{as_root}daemon off;"]
    # SIGTERM would cut off what is under way.
    vital["nginx"] = stack.enter_context(started("nginx", [nginx, *orders], signal.SIGQUIT))
    wait_until("nginx", lambda: is_ready(f"http://127.0.0.1:{port}"), vital["nginx"])

    for n, (replica, url) in enumerate(zip(replicas, urls, strict=True), 1):
        print(f"replica {n}: {url} (process {replica.pid})")
    print(f"control token: {asked.control_token}")
    print(f"replicas ready on http://127.0.0.1:{port}", flush=True)
    watch(vital, replicas)


def program(package: str) -> str:
    """Return the path of a program. Raises ``Failed``."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    for name in PROGRAMS[package]:
        if found := shutil.which(name, path=path):
            return found
    raise Failed(f"there is no {' and no '.join(PROGRAMS[package])}. On Debian: apt-get install {package}")


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def started(name: str, command: Sequence[str], stop: int = signal.SIGTERM) -> Iterator[subprocess.Popen[str]]:
    """Start a program, and end it with a signal; in a session of its own, so that Ctrl-C comes to us alone."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.send_signal(stop)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                print(f"replicas: {name} does not stop, and is killed", file=sys.stderr)
                process.kill()


def url_of(name: str, replica: subprocess.Popen[str]) -> str:
    """Read where a replica listens. Raises ``Failed``."""
    stdout: IO[str] | None = replica.stdout
    line = "" if stdout is None else stdout.readline()
    if not line.startswith("mockserver ready on "):
        raise Failed(f"{name} did not start")  # it has said why
    return line.removeprefix("mockserver ready on ").strip()


def wait_until(name: str, holds: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until something holds. Raises ``Failed`` if it does not in time, or if its process ends first."""
    last = time.monotonic() + READY_SECONDS
    while not holds():
        if process.poll() is not None:
            raise Failed(f"{name} ended with status {process.returncode}")
        if time.monotonic() > last:
            raise Failed(f"{name} was not ready within {READY_SECONDS:g} s")
        wait(0.05)


def wait(seconds: float) -> None:
    """Wait. Raises ``Stopped``."""
    if STOP.wait(seconds):
        raise Stopped


def is_open(port: int) -> bool:
    """Whether somebody listens on a port."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
        return True
    return False


def is_ready(url: str) -> bool:
    """Whether a replica may get requests, as every probe asks."""
    local = build_opener(ProxyHandler({}))  # whatever the environment says, this machine is reached without a proxy
    with suppress(URLError, OSError), local.open(f"{url}/_mock/ready", timeout=1.0) as answer:
        return bool(answer.status == 200)
    return False


def configure(folder: Path, port: int, addresses: Sequence[str]) -> None:
    """Write what nginx reads."""
    (folder / "temp").mkdir()
    shutil.copy(CONFIGURATION, folder / "nginx.conf")
    servers = "".join(f"server {address} max_fails=1 fail_timeout=1s;\n" for address in addresses)
    (folder / "replicas.conf").write_text(servers, encoding="ascii")
    (folder / "listen.conf").write_text(f"listen 127.0.0.1:{port};\n", encoding="ascii")


def watch(vital: Mapping[str, subprocess.Popen[str]], replicas: Sequence[subprocess.Popen[str]]) -> None:
    """Wait. Say which replica ends: the others go on. Raises ``Failed`` when there is nothing left to go on with."""
    left = dict(enumerate(replicas, 1))
    while left:
        wait(0.2)
        for name, process in vital.items():
            if process.poll() is not None:
                raise Failed(f"{name} ended with status {process.returncode}")
        for n in [n for n, replica in left.items() if replica.poll() is not None]:
            print(f"replicas: replica {n} ended with status {left.pop(n).returncode}", file=sys.stderr)
    raise Failed("no replica is left")


if __name__ == "__main__":
    sys.exit(main())
