"""The pages of the documentation run: what they tell a reader to do is done, and what they show is compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pages.page import When, blocks, pages
from tests.support.pages.playing import play

PAGES = pages()
BLOCKS = {page: list(blocks(page.read_text(encoding="utf-8"))) for page in PAGES}
LONG = [page for page in PAGES if any(block.when is When.LONG for block in BLOCKS[page])]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    play(page, tmp_path)


@pytest.mark.torture
@pytest.mark.parametrize("page", LONG, ids=lambda page: page.name)
def test_a_page_does_what_it_says_also_where_that_takes_long(page: Path, tmp_path: Path) -> None:
    play(page, tmp_path, (When.ALWAYS, When.LONG))
