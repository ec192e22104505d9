"""The site of the documentation, as ``make docs`` builds it: legible, also on a phone, and found by its search."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ARTIFACTS
from tests.conftest import PATIENCE

if TYPE_CHECKING:
    from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

SITE = (ARTIFACTS / "docs").absolute()
PROSE = ("README", "docs/index", "docs/tutorial", "docs/faults", "docs/speed")
GENERATED = ("docs/reference/control", "docs/reference/services/kie")


@pytest.fixture(params=[360, 768, 1440])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    if not (SITE / "index.html").exists():
        (pytest.fail if os.environ.get("TESTS_SKIP_NOTHING") else pytest.skip)("make docs builds the site first")
    found = browser.new_page(viewport={"width": request.param, "height": 900})
    found.set_default_timeout(PATIENCE * 1000)
    yield found
    found.close()


def url(place: str) -> str:
    return (SITE / f"{place}.html").as_uri()


def width(page: Page) -> int:
    assert page.viewport_size is not None
    return page.viewport_size["width"]


def test_each_kind_of_page_is_legible_and_within_its_width(page: Page, axe: Axe) -> None:
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    for place in (*PROSE, *GENERATED):
        page.goto(url(place))
        page.screenshot(path=ARTIFACTS / f"site-{Path(place).name}-{width(page)}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= width(page), place
        found = axe.run(page)
        assert found.violations_count == 0, f"{place}: {found.generate_report()}"


def test_the_first_page_leads_to_each_other(page: Page) -> None:
    page.goto(url("index"))
    expect(page).to_have_title("Documentation — mockserver 0.1.0")
    page.get_by_role("link", name="Tutorial").last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tutorial")


def test_the_search_finds_a_rule(page: Page) -> None:
    page.goto(f"{url('search')}?q=references-exist")
    expect(page.locator("#search-results")).to_contain_text("kling")
