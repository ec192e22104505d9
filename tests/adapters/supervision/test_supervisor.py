"""Workers that share a port, as real processes: they share evenly, are replaced, stop politely, and none is left."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

import pytest

from mockserver.adapters.supervision.handover import WorkerServer
from mockserver.fake.core import Fake
from tests.conftest import IMAGE, PATIENCE
from tests.support.process import MAIN, ROOT, Process, answers, head, started
from tests.support.survivors import Held, held

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who is whose child")

SOON = 5.0
"""Seconds: half of what slow requests are given to end, and much more than a loaded machine needs for the rest."""

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]

BEFORE_IT_WORKS = """
import os, signal, sys
from pathlib import Path
from mockserver.adapters.supervision import handover
from mockserver.errors import BadSetting

class Changed(handover.WorkerServer):
    def __init__(self, *rest):
        {change}
        super().__init__(*rest)

handover.WorkerServer = Changed
"""


def changed(change: str) -> str:
    """Return a program whose workers do something before they work."""
    return BEFORE_IT_WORKS.format(change=change) + MAIN


def workers(server: Process) -> list[int]:
    """Return the children of a server, in the order of their start."""
    pid = server.child.pid
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def connections(pid: int) -> int:
    """Return how many sockets a process has open."""
    found = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found += str(link.readlink()).startswith("socket:")
    return found


def until(holds: Callable[[], bool]) -> float:
    """Wait until something holds of another process, of which there is no event; return the seconds it took."""
    start = monotonic()
    while not holds():
        assert monotonic() - start < PATIENCE
        sleep(0.01)
    return monotonic() - start


def replaced(server: Process, pid: int) -> Callable[[], bool]:
    return lambda: len(workers(server)) == 2 and pid not in workers(server)


def is_refused(server: Process) -> bool:
    """Whether nobody takes connections any more."""
    try:
        server.connect().close()
    except ConnectionRefusedError:
        return True
    return False


@contextmanager
def marked(folder: Path) -> Iterator[tuple[Process, Held]]:
    """Start two workers that hold a pipe as long as they live: nobody may collect them, and then their numbers stay."""
    with held(folder) as mark, started("--workers", "2", main=changed(f"os.open({str(mark.path)!r}, 1)")) as server:
        yield server, mark


def test_connections_are_shared_evenly_and_a_dead_worker_is_told_and_replaced() -> None:
    with started("--workers", "2") as server, ExitStack() as stack:
        assert server.said == f"mockserver ready on {server.url}\n".encode()
        pids = workers(server)
        before = [connections(pid) for pid in pids]
        opened = [stack.enter_context(server.connect()) for _ in range(20)]
        for each in opened:
            each.sendall(head("GET", "/_mock/health"))
            assert answers(each)[0].status == 200
        assert [connections(pid) - count for pid, count in zip(pids, before, strict=True)] == [10, 10]

        os.kill(pids[0], signal.SIGKILL)
        assert until(replaced(server, pids[0])) < SOON
        assert [server.request("GET", "/_mock/health").status for _ in range(4)] == [200] * 4
        how = rf"mockserver: worker 1 \(process {pids[0]}\) was ended by SIGKILL\."
        assert re.fullmatch(rf"{how} Another one starts (now|in 0\.1 s)\.\n", server.stderr)

        status, seconds = server.stop(signal.SIGTERM)
        assert (status, seconds < SOON) == (0, True)
        assert server.child.stdout is not None
        assert server.child.stdout.read() == b""


def test_a_request_that_is_slow_is_answered_while_nobody_else_is() -> None:
    with (
        started("--workers", "2", "--fault", "slow-headers 1s on kling/omni-image.list") as server,
        server.connect() as slow,
        server.connect(),
        server.connect() as beside,  # at the same worker as the first
    ):
        slow.sendall(head("GET", IMAGE))

        def has_begun() -> bool:
            beside.sendall(head("GET", "/_mock/requests"))
            return bool(answers(beside)[0].json["items"])

        until(has_begun)
        server.child.send_signal(signal.SIGTERM)
        until(lambda: is_refused(server))
        (answer,) = answers(slow)
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert server.child.wait(PATIENCE) == 0
        assert server.stderr == ""


def test_workers_end_with_a_parent_that_is_killed_also_those_that_came_later(tmp_path: Path) -> None:
    with marked(tmp_path) as (server, mark):
        (first, _) = workers(server)
        os.kill(first, signal.SIGKILL)
        until(replaced(server, first))
        assert mark.is_held
        server.child.kill()
        assert mark.wait_until_let_go()


BROKEN = {
    "a setting": ("raise BadSetting('--store', 'nobody is there')", r"mockserver: --store: nobody is there\n"),
    "a death": (
        "os.kill(os.getpid(), signal.SIGKILL)",
        r"mockserver: worker \d \(process \d+\) was ended by SIGKILL before it answered\. .*\n",
    ),
    "a mistake of ours": (
        "raise LookupError('x')",
        r"(?s)mockserver: worker \d failed\nTraceback .*\nmockserver: worker \d .* ended with status 1 before it .*",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_worker_that_cannot_start_ends_all_with_one_line(kind: str, tmp_path: Path) -> None:
    change, told = BROKEN[kind]
    with held(tmp_path) as mark:
        main = changed(f"os.open({str(mark.path)!r}, 1); {change}")
        command = [sys.executable, "-c", main, "serve", "--port", "0", "--workers", "3"]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert re.fullmatch(told, ended.stderr), ended.stderr
        assert mark.wait_until_let_go()


@pytest.mark.torture
def test_a_worker_that_cannot_start_again_is_tried_again_until_it_can(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    change = f"if Path({str(gone)!r}).exists(): raise BadSetting('--store', 'nobody is there.')"
    with started("--workers", "2", main=changed(change)) as server:
        (first, _) = workers(server)
        gone.touch()
        os.kill(first, signal.SIGKILL)
        failed = (
            r"worker 1 \(process \d+\) could not start \(--store: nobody is there\)\. Another one starts in 0\.4 s\."
        )
        until(lambda: bool(re.search(failed, server.stderr)))
        assert [server.request("GET", "/_mock/health").status for _ in range(4)] == [200] * 4
        gone.unlink()
        until(lambda: len(workers(server)) == 2)
        until(lambda: is_shared(server))


def is_shared(server: Process) -> bool:
    """Whether each of two workers has one of two connections."""
    pids = workers(server)
    before = [connections(pid) for pid in pids]
    with server.connect() as one, server.connect() as other:
        for each in (one, other):
            each.sendall(head("GET", "/_mock/health"))
            assert answers(each)[0].status == 200
        return [connections(pid) - count for pid, count in zip(pids, before, strict=True)] == [1, 1]


@pytest.mark.torture
@pytest.mark.parametrize("number", SIGNALS)
def test_a_stream_of_events_and_silent_connections_hold_up_nobody(number: signal.Signals) -> None:
    with started("--workers", "2") as server, ExitStack() as stack:
        for content in (head("GET", "/_mock/events"), b"POST /v1/ima", b""):
            for _ in range(2):
                stack.enter_context(server.connect()).sendall(content)
        assert [server.request("GET", "/_mock/health").status for _ in range(2)] == [200] * 2
        status, seconds = server.stop(number)
        assert (status, server.stderr, seconds < SOON) == (0, "", True)


@pytest.mark.torture
@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_at_once_what_is_stopping(first: signal.Signals) -> None:
    with (
        started("--workers", "2", "--fault", "hang on kling/omni-image.list") as server,
        server.connect() as stuck,
    ):
        stuck.sendall(head("GET", IMAGE))
        until(lambda: any(server.request("GET", "/_mock/requests").json["items"] for _ in range(2)))
        server.child.send_signal(first)
        until(lambda: is_refused(server))
        status, seconds = server.stop(signal.SIGINT)
        assert (status, seconds < SOON) == (130, True)


@pytest.mark.torture
def test_a_worker_that_is_asked_to_stop_fails_no_request() -> None:
    with started("--workers", "2") as server:
        for _ in range(3):
            (first, *_) = pids = workers(server)
            os.kill(first, signal.SIGTERM)
            while first in workers(server) or len(workers(server)) < 2:
                assert server.request("GET", "/_mock/health").status == 200
            assert len(pids) == 2
        assert server.stderr.count("ended with status 0. Another one starts") == 3


@pytest.mark.torture
def test_what_is_ignored_stays_ignored() -> None:
    ignoring = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    with started("--workers", "2", main=ignoring + MAIN) as server:
        for pid in (server.child.pid, *workers(server)):
            os.kill(pid, signal.SIGHUP)
        assert [server.request("GET", "/_mock/health").status for _ in range(4)] == [200] * 4
        assert json.loads(server.request("GET", "/_mock/ready").body) == {"status": "ready"}
        assert server.stop(signal.SIGTERM)[0] == 0


def test_a_worker_that_is_to_stop_before_it_answers_does_not_wait_for_a_connection() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        server = WorkerServer(Fake(), theirs, lambda: None)
        server.should_exit = True
        thread = threading.Thread(target=server.run, args=([],), daemon=True)
        thread.start()
        thread.join(SOON)
        assert not thread.is_alive()
