"""The dashboard before more than it could show: what is measured is how much it holds and asks for, not how long."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from mockserver.types import JSON
from tests.browser.conftest import Desk
from tests.conftest import IMAGE
from tests.support.process import Process, answers, head

pytestmark = pytest.mark.browser

TASKS, REQUESTS = 10_000, 20_000
"""The journal keeps the last 20 000 requests, so it is as full as after 100 000."""

NODES = 2_000
"""A page of rows, and one thing in full."""


def nodes(page: Page) -> int:
    return int(page.evaluate("document.querySelectorAll('*').length"))


def fill_tasks(desk: Desk) -> None:
    """Put in tasks, half of them over and half of them under way, by a snapshot of one."""
    desk.create("Number", external_task_id="first")
    taken = desk.control("GET", "snapshot")
    (task,) = taken["tasks"]

    def numbered(n: int) -> JSON:
        start = task["created_at"] - (60_000 if n < TASKS // 2 else 0)
        return {**task, "id": str(10**17 + n), "external_id": f"order-{n}", "created_at": start + n}

    desk.control("PUT", "snapshot", {**taken, "tasks": [numbered(n) for n in range(TASKS)]})


def fill_requests(server: Process, count: int) -> None:
    """Send requests one behind the other without waiting for the answers."""
    request = head("GET", f"{IMAGE}/123")
    with server.connect() as connection:
        for _ in range(count // 100):
            connection.sendall(request * 100)
            answers(connection, 100)


def test_ten_thousand_tasks_are_shown_a_page_at_a_time(desk: Desk) -> None:
    fill_tasks(desk)
    page = desk.open()
    rows = page.locator("#tasks a.row")
    expect(page.locator("nav a[href='#tasks'] .count")).to_have_text("10\u202f000")
    expect(rows).to_have_count(50)
    expect(page.locator("#tasks .range")).to_have_text("1–50 of 10\u202f000")
    page.get_by_role("button", name="Older").click()
    expect(page.locator("#tasks .range")).to_contain_text("51–100")
    expect(rows.first).to_contain_text(f"order-{TASKS - 51}")
    page.get_by_label("Search in ids and payloads").fill("order-77")
    expect(rows.last).to_contain_text("order-77")
    rows.first.click()
    expect(page.locator("#detail").get_by_label("Payload").first).to_be_visible()
    assert nodes(page) < NODES


def test_a_flood_of_requests_is_followed_with_a_few_questions_a_second(desk: Desk) -> None:
    first = desk.number()
    fill_requests(desk.server, REQUESTS - 2_000)
    page = desk.open("requests")
    rows = page.locator("#requests a.row")
    expect(rows).to_have_count(50)
    before, start = len(desk.asked), page.evaluate("performance.now()")
    fill_requests(desk.server, 2_000)
    expect(rows.first.locator(".number")).to_have_text(str(first + REQUESTS))
    seconds = (page.evaluate("performance.now()") - start) / 1000
    assert len(desk.asked) - before <= 3 * seconds + 3
    assert rows.count() == 50
    rows.first.click()
    expect(page.locator("#detail").get_by_label("Answer")).to_be_visible()
    assert nodes(page) < NODES


def test_what_is_not_seen_is_not_asked_for(desk: Desk) -> None:
    page = desk.open("settings")
    expect(page.locator("#settings dd").first).not_to_be_empty()
    before = len(desk.asked)
    fill_requests(desk.server, 300)
    expect(page.locator("nav a[href='#requests'] .count")).to_have_text("300")
    # What is seen may be asked for again: where the machine is so busy that the stream of events breaks off.
    assert [url for url in desk.asked[before:] if not url.endswith("/settings")] == []


def test_older_pages_and_a_paused_list_stand_still(desk: Desk) -> None:
    first = desk.number()
    fill_requests(desk.server, 200)
    page = desk.open("requests")
    newest = page.locator("#requests a.row").first.locator(".number")
    expect(newest).to_have_text(str(first + 200))
    page.locator("#requests").get_by_role("button", name="Live").click()
    fill_requests(desk.server, 100)
    expect(page.locator("nav a[href='#requests'] .count")).to_have_text("300")
    expect(newest).to_have_text(str(first + 200))
    page.locator("#requests").get_by_role("button", name="Live").click()
    expect(newest).to_have_text(str(first + 300))


def test_a_thousand_faults_and_attempts_are_not_all_shown(desk: Desk) -> None:
    for _ in range(250):
        desk.control("POST", "faults", {"fault": "1303 x2"})
    page = desk.open("faults")
    expect(page.locator(".asked > li")).to_have_count(200)
    expect(page.locator("#faults .more")).to_have_text("and 50 older ones")
    assert nodes(page) < 2 * NODES
