"""Files: whatever goes wrong, the old one is whole and nothing else is left; and no door writes in another way."""

from __future__ import annotations

import ast
import errno
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.files import check_writable, write, write_all
from tests.repository.test_floors import MODULES

OLD = "what was there before\n"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    file = tmp_path / "file"
    file.write_text(OLD)
    return file


def left(folder: Path) -> dict[str, str]:
    """Return all files of a folder, hidden ones too, with what is in them."""
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


@contextmanager
def failing(name: str, on_call: int, error: BaseException) -> Iterator[None]:
    """Let one call of a function of ``os`` fail."""
    usual, calls = getattr(os, name), iter(range(1_000_000))

    def call(*args: object, **named: object) -> object:
        if next(calls) == on_call:
            raise error
        return usual(*args, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, name, call)
        yield


STEPS = ["open", "fsync", "replace"]
ERRORS = [OSError(errno.ENOSPC, "No space left on device"), PermissionError(errno.EACCES, "no"), KeyboardInterrupt()]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("is_new", [False, True], ids=["old", "new"])
def test_whichever_step_fails_all_files_are_as_before(step: str, is_new: bool, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in "abcd"]
    for path in paths if not is_new else ():
        path.write_text(OLD)
    before = left(tmp_path)
    for on_call, error in product(range(4), ERRORS):
        with failing(step, on_call, error), pytest.raises(type(error)):
            write_all(dict.fromkeys(paths, "new"))
        assert left(tmp_path) == before, (on_call, error)


@given(st.dictionaries(st.sampled_from("abcd"), st.binary() | st.text(st.characters(codec="utf-8"))))
def test_what_is_written_is_there_in_its_bytes(contents: dict[str, bytes | str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"mockserver-files-{os.getpid()}"
        folder.mkdir(exist_ok=True)
        try:
            patch.setattr(os, "fsync", lambda _: None)
            write_all({folder / name: content for name, content in contents.items()})
            found = {path.name: path.read_bytes() for path in folder.iterdir()}
        finally:
            for path in folder.iterdir():
                path.unlink()
            folder.rmdir()
    assert found == {name: text.encode() if isinstance(text, str) else text for name, text in contents.items()}


def test_a_new_file_has_the_usual_mode_an_old_one_keeps_its_own_and_a_secret_is_its_owner_s(tmp_path: Path) -> None:
    def mode(file: Path) -> int:
        return stat.S_IMODE(file.stat().st_mode)

    usual = tmp_path / "usual"
    usual.touch()
    write(tmp_path / "new", "")
    assert mode(tmp_path / "new") == mode(usual)
    usual.chmod(0o640)
    write(usual, "")
    assert mode(usual) == 0o640
    for secret in (usual, tmp_path / "secret"):
        write(secret, "", is_secret=True)
        assert mode(secret) == 0o600


def test_a_link_goes_on_pointing_at_the_file(old: Path, tmp_path: Path) -> None:
    link = tmp_path / "folder" / "link"
    link.parent.mkdir()
    link.symlink_to(old)
    write(link, "new")
    assert (link.is_symlink(), old.read_text()) == (True, "new")


@pytest.mark.parametrize("is_written", [False, True], ids=["checked", "written"])
def test_where_no_file_can_be_the_error_says_why_and_nothing_is_left(is_written: bool, old: Path) -> None:
    try_it = (lambda path: write(path, "")) if is_written else check_writable
    folder = old.parent / "folder"
    folder.mkdir()
    for path, number in {
        folder: errno.EISDIR,
        folder / "none" / "file": errno.ENOENT,
        old / "file": errno.ENOTDIR,
    }.items():
        with pytest.raises(OSError, match=str(path.name)) as raised:
            try_it(path)
        assert raised.value.errno == number
    assert left(old.parent) == {"file": OLD}
    assert left(folder) == {}


def test_to_check_a_file_changes_nothing(old: Path) -> None:
    check_writable(old)
    check_writable(old.parent / "new")
    check_writable(Path(os.devnull))
    assert left(old.parent) == {"file": OLD}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes")
def test_what_is_no_file_is_written_to_and_stays(tmp_path: Path) -> None:
    pipe, heard = tmp_path / "pipe", list[str]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()), daemon=True)
    reader.start()
    write(pipe, "new")
    reader.join()
    write(Path(os.devnull), "new")
    assert (heard, pipe.is_fifo(), Path(os.devnull).is_file()) == (["new"], True, False)


FULL = """
import resource, signal, sys
from itertools import product
from pathlib import Path
from mockserver.files import write
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write(Path(sys.argv[1]), "x" * 1_000_000)
except OSError as error:
    print(error.strerror)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit of a file's size")
def test_a_file_that_does_not_fit_leaves_the_old_one_whole(old: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, str(old)], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("File too large\n", "")
    assert left(old.parent) == {"file": OLD}


def test_readers_never_see_half_a_file(tmp_path: Path) -> None:
    file, texts = tmp_path / "file", ["a" * 100_000, "b" * 50_000]
    write(file, texts[0])
    seen, is_over = set[str](), threading.Event()

    def look() -> None:
        while not is_over.is_set():
            with suppress(FileNotFoundError):
                seen.add(file.read_text())

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(50):
        write(file, texts[number % 2])
    is_over.set()
    reader.join()
    assert seen <= {*texts}


def writes(source: str) -> Iterator[int]:
    """Yield the lines of a module that open a file for writing."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        words = [
            each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        is_opening = name in ("open", "fdopen", "TemporaryFile", "NamedTemporaryFile") and any(
            {*word} <= {*"rwxab+t"} and {*word} & {*"wxa+"} for word in words
        )
        if is_opening or name in ("write_text", "write_bytes", "touch", "mkstemp"):
            yield node.lineno


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("path.write_text('')", [1]),
        ("path.write_bytes(b'')", [1]),
        ("open(name, 'w')", [1]),
        ("path.open('ab')", [1]),
        ("open(name, mode='x')", [1]),
        ("open(name)", []),
        ("path.open('rb')", []),
        ("av.open(BytesIO(), 'r')", []),
    ],
)
def test_the_search_knows_what_writes(source: str, expected: list[int]) -> None:
    assert [*writes(source)] == expected


OTHERS = {
    "mockserver.files",
    "mockserver.fake.media.films",  # PyAV writes into memory, by a function that is called open
    "mockserver.fake.media.sounds",  # as films
    "mockserver.importing.folder",  # a draft in a temporary folder, which takes its place as a whole
    "mockserver.adapters.mcp.checking",  # what a program prints, in a temporary folder of its own
    "mockserver.kit.client.interception.environment",  # a temporary folder, which programs read that start later
    "mockserver.adapters.http.results",  # drafts in a temporary folder of its own, which nobody else reads
}
"""What writes in ways of its own."""


@pytest.mark.parametrize("name", [name for name in MODULES if name not in OTHERS])
def test_every_door_writes_whole_files(name: str) -> None:
    assert [*writes(MODULES[name].read_text(encoding="utf-8"))] == []
