"""Write the figures of the last run of these tests into the page."""

from __future__ import annotations

from tests.slow.destruction.figures import PAGE, block, updated

if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8"), block()), encoding="utf-8")
