"""The scratch folder of Hypothesis, which would otherwise leave one called ``.hypothesis`` wherever we are run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory

_LOCK = threading.Lock()
_USERS = 0
_UNDOING = ExitStack()


@contextmanager
def scratch_folder() -> Iterator[None]:
    """Let Hypothesis keep its notes in a folder that goes away, until the last of those who draw side by side is done.

    Its home is a setting of the whole process, and may be somebody else's afterwards.
    """
    global _USERS  # noqa: PLW0603 - as that setting is
    with _LOCK:
        if _USERS == 0:
            _move()
        _USERS += 1
    try:
        yield
    finally:
        with _LOCK:
            _USERS -= 1
            if _USERS == 0:
                _UNDOING.close()


def _move() -> None:
    from hypothesis.configuration import set_hypothesis_home_dir, storage_directory

    folder = _UNDOING.enter_context(TemporaryDirectory(prefix="mockserver-", ignore_cleanup_errors=True))
    _UNDOING.callback(set_hypothesis_home_dir, storage_directory(intent_to_write=False).path)
    set_hypothesis_home_dir(folder)
