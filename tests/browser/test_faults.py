"""Faults in the browser: profiles that are switched, and answers and callbacks that are held until a click."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk
from tests.conftest import IMAGE
from tests.support.process import answers, head

pytestmark = pytest.mark.browser


def test_a_profile_is_a_switch_both_ways(desk: Desk) -> None:
    page = desk.open("faults")
    for told in desk.control("GET", "profiles")["profiles"]:
        card = page.locator(".profiles > li", has=page.get_by_role("switch", name=told["name"], exact=True))
        expect(card).to_contain_text(told["imitates"])
        for line in told["faults"]:
            expect(card.locator("code", has_text=line).first).to_be_attached()
    switch = page.get_by_role("switch", name="offline", exact=True)
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(page.locator(".asked > li").first).to_contain_text("asked for by profile offline")
    desk.control("DELETE", "profiles/offline")
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(page.locator(".asked > li")).to_have_count(0)


def test_an_answer_that_is_held_is_seen_and_released(desk: Desk) -> None:
    page = desk.open("faults")
    expect(page.get_by_text("Nothing is held.")).to_be_visible()
    desk.control("POST", "faults", {"fault": "hold x2"})
    body = b'{"prompt":"A cat"}'
    with desk.server.connect() as first, desk.server.connect() as second:
        for connection in (first, second):
            connection.sendall(head("POST", IMAGE, f"content-length: {len(body)}") + body)
        items = page.locator(".held > li")
        expect(items).to_have_count(2)
        expect(page.locator("nav .waits")).to_have_text("2 held")
        expect(items.first).to_contain_text("answer kling/omni-image.create of task")
        (oldest, _) = desk.control("GET", "held")["held"]
        page.get_by_role("button", name=f"Release number {oldest['number']}").click()
        expect(items).to_have_count(1)
        page.get_by_role("button", name="Release all").click()
        expect(page.get_by_text("Nothing is held.")).to_be_visible()
        assert [answers(connection)[0].status for connection in (first, second)] == [200, 200]


def test_a_callback_that_is_held_says_so(desk: Desk) -> None:
    desk.control("POST", "faults", {"fault": "callback-hold x1"})
    desk.control("PATCH", "settings", {"pace": "instant"})
    id = desk.create("A cat", callback_url="http://127.0.0.1:9/hook")
    page = desk.open("callbacks")
    expect(desk.row("held")).to_contain_text(id)
    page.goto(f"{desk.server.url}/_mock/#faults")
    page.get_by_role("button", name="Release all").click()
    page.goto(f"{desk.server.url}/_mock/#callbacks")
    expect(desk.row("undelivered").first).to_be_visible()
