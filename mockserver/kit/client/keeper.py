"""The keeper: a process between us and a program. When we are gone, it ends the program and all that it has started.

It is run as a file, because it must start fast: ``python -I -S keeper.py SOCKET apart|beside PROGRAM [ARGUMENT ...]``.
It knows only the standard library. Over the socket it says ``0`` once the program runs, or the number of the error; it
passes on each byte that comes as a signal, and takes the end of the stream, however it comes, for ours. It ends as the
program does, with the same status or signal.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Iterator, Sequence

_POLITE_SECONDS = 1.0
"""How long a program may take to end by itself after SIGTERM: a container or a temporary folder goes with it."""

_KILL_SECONDS = 5.0
"""After so long, what is still there cannot be killed: it belongs to somebody else, or waits for a disk."""

_LOOK_SECONDS = 0.005
"""How often to look whether what was killed has gone."""

_SET_PDEATHSIG, _SET_CHILD_SUBREAPER = 1, 36
"""Options of ``prctl`` (Linux). The second makes us the parent of each descendant that lost its own."""

PASSED_BY = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name))
"""What may be sent to everybody in sight. The program does with it what it likes; the keeper stays till the end."""


def main(words: Sequence[str]) -> None:
    """Run a program till it ends or we are gone, and then end what is left of it."""
    control, place, command = int(words[0]), words[1], words[2:]
    os.set_inheritable(control, False)
    _prctl(_SET_CHILD_SUBREAPER, 1)
    wake = _wake_at_each_end()
    program = _start(command, control, is_apart=place == "apart")
    _let_go_of_the_streams()
    try:
        status = _watch(program, control, wake)
    finally:
        _end_all(program, is_apart=place == "apart")
    _end_as(status)


def _wake_at_each_end() -> int:
    """Return a pipe that can be read once a child has ended, and let no signal end the keeper."""
    readable, writable = os.pipe()
    os.set_blocking(readable, False)
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, _do_nothing)
    for number in PASSED_BY:
        if signal.getsignal(number) is not signal.SIG_IGN:  # what is ignored, by nohup, is ignored by the program too
            signal.signal(number, _do_nothing)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_BY)
    return readable


def _do_nothing(*_: object) -> None:
    """Handle a signal. Unlike one that is ignored, it will be as usual for the program."""


def _start(command: Sequence[str], control: int, *, is_apart: bool) -> int:
    """Start the program, and say over the socket whether that was possible."""
    failed, failure = os.pipe()  # closed by a start that succeeds
    program = os.fork()
    if program == 0:
        _become(command, failure, is_apart=is_apart)
    os.close(failure)
    # Who kills our group shall not find the keeper in it, from when they know of it on; the program stays where it is.
    os.setsid()
    try:
        os.write(control, os.read(failed, 16) or b"0")
    except OSError:
        pass  # we are gone already
    os.close(failed)
    return program


def _become(command: Sequence[str], failure: int, *, is_apart: bool) -> None:
    """Turn into the program."""
    try:
        _prctl(_SET_PDEATHSIG, signal.SIGKILL)  # even a keeper can be killed
        for name in ("SIGPIPE", "SIGXFSZ"):  # Python ignores these, and the program would inherit that
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        if is_apart:
            os.setsid()
        os.execvp(command[0], list(command))  # noqa: S606 - there is no shell, and none is wanted
    except OSError as error:
        os.write(failure, str(error.errno).encode())
    finally:
        os._exit(127)


def _let_go_of_the_streams() -> None:
    """Leave the program's pipes to the program: whoever reads them must see when it closes them."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)


def _watch(program: int, control: int, wake: int) -> int | None:
    """Wait for the end of the program, and return its status; ``None`` if we are gone first."""
    end: float | None = None
    while end is None or time.monotonic() < end:
        wait = None if end is None else max(end - time.monotonic(), 0.0)
        ready, _, _ = select.select([wake, control] if end is None else [wake], [], [], wait)
        if wake in ready:
            os.read(wake, 4096)
            if (status := _reaped(program)) is not None:
                return status
        if control in ready:
            asked = os.read(control, 1)
            _send(program, asked[0] if asked else signal.SIGTERM)
            end = None if asked else time.monotonic() + _POLITE_SECONDS
    return None


def _reaped(program: int) -> int | None:
    """Collect who has ended, also the orphans of the program; return its status if it is among them."""
    found = None
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            found = ended[1] if ended[0] == program else found
    except ChildProcessError:
        pass  # nobody is left
    return found


def _end_all(program: int, *, is_apart: bool) -> None:
    """Kill what is left of the program, and what it has started, in whatever session that is."""
    if is_apart:
        _send(-program, signal.SIGKILL)
    end = time.monotonic() + _KILL_SECONDS
    while time.monotonic() < end:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        for pid in _descendants(os.getpid()) if os.path.isdir("/proc/self") else (program,):
            _send(pid, signal.SIGKILL)
        time.sleep(_LOOK_SECONDS)


def _descendants(ancestor: int) -> Iterator[int]:
    """Yield the children of a process, and theirs; only Linux tells."""
    children: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as stat:
                parent = int(stat.read().rpartition(b")")[2].split()[1])
        except OSError:
            continue  # it has ended meanwhile
        children.setdefault(parent, []).append(int(name))
    left = [ancestor]
    while left:
        found = children.pop(left.pop(), [])
        yield from found
        left += found


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass  # it has ended, or has become somebody else


def _end_as(status: int | None) -> None:
    if status is not None and os.WIFEXITED(status):
        os._exit(os.WEXITSTATUS(status))
    number = signal.SIGKILL if status is None else os.WTERMSIG(status)
    if number != signal.SIGKILL:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the program has left its own
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)  # never reached, unless the signal is blocked


def _prctl(option: int, value: int) -> None:
    """Ask Linux for something; other systems do not have it."""
    if sys.platform == "linux":
        try:
            import ctypes

            ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
        except (ImportError, OSError, AttributeError):
            pass  # a Python without ctypes finds only those that still have their parents


if __name__ == "__main__":
    main(sys.argv[1:])
