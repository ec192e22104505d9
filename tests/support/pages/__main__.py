"""Play pages word for word from an empty folder, with an empty HOME and an empty cache.

``python -m tests.support.pages CLONE docs/tutorial.md`` does what .ci/run does: CLONE is where ``git clone`` finds the
repository.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.pages.playing import play_on_an_empty_machine


def main(clone: str, *pages: str) -> None:
    """Play each page in a folder of its own, and print what is done and what comes."""
    for page in pages:
        with TemporaryDirectory() as folder:
            play_on_an_empty_machine(Path(page), clone, Path(folder), lambda told: print(told, flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
