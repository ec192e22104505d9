"""Rows: their heads, what decided, how long it took, what is still to come, and the first step where there is none."""

from __future__ import annotations

import subprocess

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk
from tests.conftest import IMAGE, VIDEO
from tests.support.programs import need

pytestmark = pytest.mark.browser


def heads(page: Page, view: str) -> dict[str, float]:
    """Return where each column begins, by its head."""
    found: dict[str, float] = page.locator(f"#{view} .heads > span").evaluate_all(
        "spans => Object.fromEntries(spans.map(e => [e.innerText, e.getBoundingClientRect().left]))"
    )
    return found


@pytest.mark.parametrize(
    ("view", "names"),
    [
        ("tasks", ["", "State", "Task", "Prompt", "Why", "Operation", "Progress", "Created"]),
        ("requests", ["Status", "No.", "Method", "Path", "Why", "Operation", "Took", "At"]),
        ("callbacks", ["Outcome", "Task", "Says", "To", "Attempts", "Due"]),
    ],
)
def test_each_column_has_its_head_above_it(desk: Desk, view: str, names: list[str]) -> None:
    desk.create("A lighthouse [[mock: fail moderation]]", callback_url="http://127.0.0.1:9/hook")
    desk.control("POST", "clock/advance", {"advance": "1m"})
    page = desk.open(view)
    page.locator(f"#{view} a.row").first.wait_for()
    found = heads(page, view)
    assert [*found] == names
    cells = page.locator(f"#{view} a.row").first.locator("> span")
    left = cells.evaluate_all("spans => spans.map(e => e.getBoundingClientRect().left)")
    assert left == pytest.approx([*found.values()], abs=1)


def test_a_row_says_what_decided_and_the_detail_leads_to_it(desk: Desk) -> None:
    desk.control("POST", "faults", {"fault": "1303 x1"})
    desk.server.request("POST", IMAGE, {"prompt": "A cat"})
    desk.server.request("POST", IMAGE, {"prompt": "A cat", "n": 42})
    desk.control("PATCH", "settings", {"readings": {"kling/missing-task": "404-1203"}})
    desk.server.request("GET", f"{IMAGE}/123")
    page = desk.open("requests")
    expect(desk.row("rule n.maximum").locator(".chip")).to_have_count(1)
    for text, page_of in (
        ("rule n.maximum", "docs/rules/kling/omni-image.create#n.maximum"),
        ("fault 1303 x1", "docs/errors/kling#1303"),
        ("missing-task", "docs/errors/kling#missing-task-documented"),
    ):
        assert page.request.get(f"{desk.server.url}/_mock/{page_of}").ok
        desk.row(text).click()
        why = page.locator("#detail").get_by_label("Why")
        expect(why.locator(f"a[href='{page_of}']").first).to_be_visible()
        told = desk.control("GET", f"requests/{page.url.rpartition('/')[2]}")["reason"]
        expect(why.locator(".why")).to_have_text(told["sentence"])
    reading = page.locator("#detail").get_by_role("link", name="missing-task=404-1203")
    expect(reading).to_have_attribute("href", "docs/readings/kling#missing-task")


def test_a_row_says_how_long_an_answer_took_with_what_a_fault_adds(desk: Desk) -> None:
    desk.control("POST", "faults", {"fault": "slow-headers 1200ms x1"})
    desk.create("A cat")
    desk.create("A dog")
    page = desk.open("requests")
    rows = page.locator("#requests a.row .took")
    expect(rows.last).to_have_text("1.2 s")
    expect(rows.first).to_contain_text(" ms")


def test_a_task_that_fails_says_why(desk: Desk) -> None:
    desk.create("A lighthouse [[mock: fail moderation]]")
    desk.control("POST", "clock/advance", {"advance": "1m"})
    page = desk.open()
    expect(desk.row("A lighthouse").locator(".chip")).to_have_text("fault fail moderation")
    desk.row("A lighthouse").click()
    expect(page.locator("#detail").get_by_label("Why")).to_contain_text("asked for in the prompt")


def test_what_is_to_come_is_told_by_how_far_away_it_is(desk: Desk) -> None:
    id = desk.create("A cat walks over the moon", VIDEO, callback_url="http://127.0.0.1:9/hook")
    page = desk.open()
    expect(desk.row(id).locator(".next")).to_contain_text("processing in 1 s")
    desk.control("POST", "clock/advance", {"advance": "2s"})
    expect(desk.row(id).locator(".next")).to_contain_text("succeed in 2 s")
    desk.row(id).click()
    expect(page.locator("#detail .steps")).to_contain_text("in 2 s")
    desk.control("POST", "clock/advance", {"advance": "2s"})
    expect(desk.row(id).locator(".next")).to_have_text("")


@pytest.mark.parametrize("view", ["tasks", "requests", "results", "callbacks"])
def test_where_there_is_nothing_the_first_step_is_a_line_that_works(desk: Desk, view: str) -> None:
    need("sh", "curl")
    page = desk.open(view)
    line = page.get_by_label("curl, to be copied").inner_text()
    ran = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    assert '"task_status":"submitted"' in ran.stdout
    if view in ("tasks", "requests"):
        expect(page.locator(f"#{view} a.row")).to_have_count(1)
    page.goto(f"{desk.server.url}/_mock/#callbacks")
    page.get_by_role("link", name="Compose a request here").click()
    expect(page.locator("#composed")).to_be_visible()


def test_where_there_is_no_fault_one_is_a_click_away(desk: Desk) -> None:
    page = desk.open("faults")
    page.get_by_role("button", name="1303 x1").click()
    expect(page.get_by_label("What goes wrong")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".asked > li")).to_contain_text("asked for by the control API")
    assert desk.server.request("POST", IMAGE, {"prompt": "A cat"}).status == 429


def test_results_are_a_gallery_with_the_way_to_each_task(desk: Desk) -> None:
    desk.control("PATCH", "settings", {"pace": "instant"})
    pictures = desk.create("A red bicycle", n=2)
    film = desk.create("A cat walks over the moon", VIDEO)
    page = desk.open("results")
    expect(page.locator(".gallery li")).to_have_count(3)
    expect(page.locator(".gallery img").first).to_have_js_property("naturalWidth", 1024)
    desk.wait(lambda: page.locator(".gallery video").evaluate("video => video.duration") == pytest.approx(5, abs=0.2))
    page.locator("#results [name=media]").select_option("video")
    expect(page.locator(".gallery li")).to_have_count(1)
    page.locator(".gallery a").click()
    expect(page.locator("#detail-title")).to_have_text(f"Task {film}")
    page.goto(f"{desk.server.url}/_mock/#results?media=image")
    expect(page.locator(".gallery li")).to_have_count(2)
    page.locator(".gallery a").first.click()
    expect(page.locator("#detail-title")).to_have_text(f"Task {pictures}")


def test_a_result_appears_in_the_gallery_as_time_goes_by(desk: Desk) -> None:
    page = desk.open("results")
    desk.create("A red bicycle")
    desk.control("POST", "clock/resume")
    expect(page.locator(".gallery li")).to_have_count(1)
