"""The pages of the documentation run: what they tell a reader to do is done, and what they show is compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pages.page import When, blocks, needs, pages
from tests.support.pages.playing import play
from tests.support.programs import need

PAGES = pages()
BLOCKS = {page: list(blocks(page.read_text(encoding="utf-8"))) for page in PAGES}
LONG = [page for page in PAGES if any(block.when is When.LONG for block in BLOCKS[page])]
SHORT = [page for page in PAGES if page not in LONG]

NEVER_RUN = {
    "README.md": [".ci/run runs both on an empty machine"],
    "containers.md": [
        "it needs Docker; tests/repository/test_containers.py runs what the Dockerfile says",
        "it needs Docker; tests/repository/test_containers.py checks the file",
        "it needs Docker; tests/slow/test_testcontainers.py runs it on a fake without a container",
        "it needs Docker; tests/slow/test_testcontainers.py reads it",
    ],
    "gateways.md": ["it costs money at a real service"],
    "import.md": ["it installs"],
    "recording.md": ["it costs money", "it costs money, and needs an address of yours"],
    "replicas.md": [
        "tests/slow/test_replicas.py runs it, and kills its parts",
        "it needs Docker; tests/repository/test_containers.py checks the files",
        "it needs a cluster; tests/repository/test_containers.py checks the file",
    ],
    "stores.md": ["it needs a Redis; the tests start their own"],
}
"""Each block that no test runs, with its reason. Another one is a decision, and is made here as well."""


@pytest.mark.parametrize("page", SHORT, ids=lambda page: page.name)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    need("curl", *needs(page.read_text(encoding="utf-8")))
    play(page, tmp_path)


@pytest.mark.torture
@pytest.mark.parametrize("page", LONG, ids=lambda page: page.name)
def test_a_long_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    need("curl", *needs(page.read_text(encoding="utf-8")))
    play(page, tmp_path, (When.ALWAYS, When.LONG))


def test_a_block_that_is_never_run_says_why() -> None:
    reasons = {page: [block.reason for block in BLOCKS[page] if block.when is When.NEVER] for page in PAGES}
    assert {page.name: found for page, found in reasons.items() if found} == NEVER_RUN


def test_each_block_says_what_it_is() -> None:
    assert [f"{page.name}:{block.line}" for page in PAGES for block in BLOCKS[page] if not block.kind] == []
