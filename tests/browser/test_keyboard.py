"""The dashboard without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk
from tests.conftest import IMAGE

pytestmark = pytest.mark.browser


def tab_to(page: Page, is_there: str) -> None:
    """Press Tab until the element with the focus is the one."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches({is_there!r})"):
            return
    raise AssertionError(f"Tab never comes to {is_there}")


def test_a_task_is_reached_forced_and_left(desk: Desk) -> None:
    page = desk.open()
    first, second = desk.create("The first"), desk.create("The second")
    expect(page.locator("#tasks a.row")).to_have_count(2)
    tab_to(page, "a.row")
    expect(desk.row(second)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(desk.row(first)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Task {first}")).to_be_focused()
    tab_to(page, "#reason")
    page.keyboard.type("out of paint")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="failed")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#detail .reason")).to_have_text("out of paint")
    expect(desk.row(first).locator(".pill")).to_have_text("failed")
    expect(page.get_by_role("button", name="failed")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
    expect(desk.row(first)).to_be_focused()
    task = desk.control("GET", f"tasks/kling/{first}")
    assert (task["status"], task["reason"]) == ("failed", "out of paint")


def test_the_first_stop_is_the_way_past_the_top(desk: Desk) -> None:
    page = desk.page
    page.goto(f"{desk.server.url}/_mock/")
    expect(page.locator("#tasks")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the list")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    assert page.url.endswith("/_mock/")


def test_the_arrows_move_in_a_list_that_is_one_stop_for_tab(desk: Desk) -> None:
    page = desk.open()
    ids = [desk.create(f"Number {n}") for n in range(15)][::-1]
    expect(page.locator("#tasks a.row")).to_have_count(15)
    tab_to(page, "a.row")
    for key, index in (("ArrowUp", 0), ("ArrowDown", 1), ("End", 14), ("ArrowDown", 14), ("PageUp", 4), ("Home", 0)):
        page.keyboard.press(key)
        expect(desk.row(ids[index])).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#tasks footer button").first).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(desk.row(ids[0])).to_be_focused()


def test_the_focus_stays_on_its_row_as_others_come(desk: Desk) -> None:
    page = desk.open()
    id = desk.create("Mine")
    expect(page.locator("#tasks a.row")).to_have_count(1)
    tab_to(page, "a.row")
    for n in range(5):
        desk.create(f"Another {n}")
    expect(page.locator("#tasks a.row")).to_have_count(6)
    expect(desk.row(id)).to_be_focused()
    desk.control("POST", f"tasks/kling/{id}/force", {"status": "failed"})
    expect(desk.row(id).locator(".pill")).to_have_text("failed")
    expect(desk.row(id)).to_be_focused()


@pytest.mark.parametrize("view", ["tasks", "requests", "results", "callbacks", "readings"])
def test_a_slash_goes_to_the_search_and_is_a_slash_there(desk: Desk, view: str) -> None:
    page = desk.open(view)
    page.keyboard.press("/")
    search = page.locator(f"#{view} input[type=search]")
    expect(search).to_be_focused()
    page.keyboard.type("a/b")
    expect(search).to_have_value("a/b")


def test_every_view_and_the_clock_are_reached_by_tab(desk: Desk) -> None:
    page = desk.open()
    tab_to(page, "#freeze")
    page.keyboard.press("Space")
    expect(page.locator("#now")).not_to_have_class("frozen")
    tab_to(page, "[data-advance='90s']")
    for view in ("requests", "results", "callbacks", "compose", "faults", "readings", "settings"):
        tab_to(page, f"nav a[href='#{view}']")
        page.keyboard.press("Enter")
        expect(page.locator(f"#{view}")).to_be_visible()


def test_a_question_mark_lists_every_key_and_is_itself_in_a_field(desk: Desk) -> None:
    page = desk.open()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    listed = set(dialog.locator("kbd").all_inner_texts())
    handled = {"/", "?", "Esc", "Enter", "Ctrl+Enter", "↑", "↓", "Page Up", "Page Down", "Home", "End"}
    assert listed == handled
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Keys").click()
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("/")
    page.keyboard.type("?")
    expect(page.locator("#tasks input[type=search]")).to_have_value("?")
    expect(dialog).to_be_hidden()


def test_what_has_the_focus_shows_it(desk: Desk) -> None:
    desk.create("A cat")
    page = desk.open()
    expect(page.locator("#tasks a.row")).to_have_count(1)
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        name, width = page.evaluate(
            "() => { const e = document.activeElement, s = getComputedStyle(e);"
            " return [e.outerHTML.slice(0, 80), s.outlineStyle === 'none' ? 0 : parseFloat(s.outlineWidth)] }"
        )
        if not name.startswith("<body"):
            assert width >= 1, name
            seen.add(name)
    assert len(seen) > 15


@pytest.mark.parametrize("look", [{"viewport": {"width": 360, "height": 740}}])
def test_on_a_small_screen_what_lies_under_a_detail_is_out_of_reach(desk: Desk) -> None:
    page = desk.open("requests")
    desk.server.request("POST", IMAGE, {"prompt": 1})
    page.locator("#requests a.row").press("Enter")
    expect(page.locator("#detail-title")).to_be_focused()
    for _ in range(20):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('#detail')")
    page.keyboard.press("Escape")
    expect(page.locator("#requests a.row")).to_be_focused()
