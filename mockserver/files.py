"""Files: written whole or not at all, whatever goes wrong meanwhile.

A draft is written beside each file, and takes its place once it is on the disk. What is no file, such as
``/dev/stdout`` or a named pipe, is written to as it is.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

_SECRET_MODE = 0o600
"""For its owner alone."""

_USUAL_MODE = 0o666
"""The umask of the process takes away from it."""


def write(path: Path, content: str | bytes, *, is_secret: bool = False) -> None:
    """Write one file; ``is_secret`` lets nobody else read it. Raises ``OSError``, and then the old one is as before."""
    write_all({path: content}, is_secret=is_secret)


def silence(stream: IO[str]) -> None:
    """Let nothing more be written to a stream that cannot take it: the interpreter would try again when it ends."""
    with suppress(OSError, ValueError):
        nowhere, number = os.open(os.devnull, os.O_WRONLY), stream.fileno()
        if nowhere != number:  # a number that is closed is the first to be given again
            os.dup2(nowhere, number)
            os.close(nowhere)


def write_all(contents: Mapping[Path, str | bytes], *, is_secret: bool = False) -> None:
    """Write several files, all or none; text becomes UTF-8 with the line ends that it has.

    Raises ``OSError``, and then all are as before. Where the disk knows no hard links, or the machine stops in the
    middle, some of the files may be new and some old, but each is whole.
    """
    drafts = list[_Draft]()
    try:
        for path, content in contents.items():
            data = content.encode() if isinstance(content, str) else content
            if _is_no_file(path):
                with path.open("wb") as stream:
                    stream.write(data)
            else:
                drafts.append(_Draft(path, is_secret=is_secret))
                drafts[-1].fill(data)
        _replace(drafts)
    finally:
        for draft in drafts:
            draft.discard()


def check_writable(path: Path) -> None:
    """Raise ``OSError`` if a file cannot be written, as far as that can be known without writing it."""
    if not _is_no_file(path):
        _Draft(path, is_secret=True).discard()


class _Draft:
    """What will take the place of a file."""

    def __init__(self, path: Path, *, is_secret: bool) -> None:
        """Make it, empty."""
        self._target = Path(os.path.realpath(path))  # a link goes on pointing at the file
        self._is_new = not self._target.exists()
        if self._target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not self._is_new and not os.access(self._target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        name = f".mockserver-{os.urandom(8).hex()}"
        self._path, self._old = self._target.with_name(f"{name}.draft"), self._target.with_name(f"{name}.old")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self._stream = os.fdopen(os.open(self._path, flags, _SECRET_MODE if is_secret else _USUAL_MODE), "wb")
        if not self._is_new and not is_secret:
            with suppress(OSError):  # some disks know no modes
                self._path.chmod(stat.S_IMODE(self._target.stat().st_mode))

    @property
    def folder(self) -> Path:
        """Where it is, and the file will be."""
        return self._target.parent

    def fill(self, data: bytes) -> None:
        """Write it, down to the disk."""
        self._stream.write(data)
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()

    def replace(self) -> None:
        """Put it in the place of the file, which can be restored until the draft is discarded."""
        with suppress(OSError):  # there is no file yet, or the disk has no hard links
            os.link(self._target, self._old)
        self._path.replace(self._target)

    def restore(self) -> None:
        """Put back what was there before."""
        with suppress(OSError):
            if self._is_new:
                self._target.unlink()
            else:
                self._old.replace(self._target)

    def discard(self) -> None:
        """Leave nothing behind but the file."""
        with suppress(OSError):  # what does not fit on the disk is still to be written
            self._stream.close()
        for path in (self._path, self._old):
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _replace(drafts: list[_Draft]) -> None:
    replaced = list[_Draft]()
    try:
        for draft in drafts:
            draft.replace()
            replaced.append(draft)
    except BaseException:
        for draft in replaced:
            draft.restore()
        raise
    for folder in {draft.folder for draft in drafts}:
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    """Let the new names survive a loss of power, where a folder can be synchronised."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_no_file(path: Path) -> bool:
    """Tell whether something is there that nothing can take the place of: a device, a pipe, a socket."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)
