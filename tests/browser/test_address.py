"""The address: a link shows the same view, the same filters and the same thing, and Back goes back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk
from tests.conftest import IMAGE, VIDEO

pytestmark = pytest.mark.browser


def fill(desk: Desk) -> None:
    """Put in exchanges of several kinds."""
    desk.create("A red bicycle")
    desk.create("A cat walks over the moon", VIDEO)
    desk.server.request("POST", IMAGE, {"prompt": 1})
    desk.server.request("GET", f"{IMAGE}/123")


def test_filters_are_in_the_address_and_a_link_shows_the_same(desk: Desk) -> None:
    fill(desk)
    page = desk.open("requests")
    rows = page.locator("#requests a.row")
    expect(rows).to_have_count(4)
    page.locator("#requests [name=status]").fill("4xx")
    expect(rows).to_have_count(2)
    page.locator("#requests [name=operation]").fill("kling/omni-image.create")
    expect(rows).to_have_count(1)
    assert page.url.endswith("#requests?operation=kling%2Fomni-image.create&status=4xx")
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    expect(rows).to_have_count(1)
    expect(page.locator("#requests [name=status]")).to_have_value("4xx")
    rows.click()
    expect(page.locator("#detail")).to_be_visible()
    assert "?operation=kling%2Fomni-image.create&status=4xx" in page.url


def test_back_goes_back_through_filters_things_and_views(desk: Desk) -> None:
    fill(desk)
    page = desk.open("tasks")
    page.locator("nav a[href='#requests']").click()
    rows = page.locator("#requests a.row")
    page.locator("#requests [name=reason]").select_option("rule")
    expect(rows).to_have_count(1)
    search = page.get_by_label("Search in paths and bodies")
    search.press_sequentially("omni", delay=300)  # four pauses, and one step
    expect(rows).to_have_count(1)
    assert page.url.endswith("#requests?search=omni&reason=rule")
    rows.click()
    expect(page.locator("#detail-title")).to_contain_text("POST")
    page.go_back()
    expect(page.locator("#detail")).to_be_hidden()
    expect(search).to_have_value("omni")
    page.go_back()
    expect(search).to_have_value("")
    expect(page.locator("#requests [name=reason]")).to_have_value("rule")
    page.go_back()
    expect(rows).to_have_count(4)
    page.go_back()
    expect(page.locator("#tasks a.row")).to_have_count(2)
    page.go_forward()
    expect(rows).to_have_count(4)


@pytest.mark.parametrize("address", ["", "#nothing", "#tasks/kling/1?search=%", "#tasks/%zz", "#?a=b"])
def test_an_address_that_leads_nowhere_shows_the_first_view(desk: Desk, address: str) -> None:
    desk.page.goto(f"{desk.server.url}/_mock/{address}")
    expect(desk.page.locator("#tasks")).to_be_visible()
    desk.page.locator("#connection[data-is=live]").wait_for()
    desk.forgive("status of 404")
