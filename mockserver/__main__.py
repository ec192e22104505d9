"""``python -m mockserver`` is the command ``mockserver``."""

from __future__ import annotations

import gc

gc.disable()  # what is imported stays: a search for garbage among it would take time and find none

from mockserver.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
