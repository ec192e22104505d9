"""How the dashboard looks, at three widths, in light and dark: without a finding of axe. The screenshots are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import Page, expect

from mockserver.types import JSON
from tests.browser.conftest import ARTIFACTS, Desk
from tests.conftest import IMAGE, VIDEO

if TYPE_CHECKING:
    from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

SIZES = {360: 740, 768: 1024, 1440: 900}

OUT_OF_REACH = """() => [...document.querySelectorAll('body *')]
  .filter((e) => e.checkVisibility() && !e.closest('[inert]'))
  .filter((e) => { const box = e.getBoundingClientRect(); return box.right > innerWidth + 1 || box.left < -1; })
  .filter((e) => !e.matches('#skip'))
  .map((e) => e.outerHTML.slice(0, 90))"""
"""What reaches over the sides, also inside of what could be scrolled to the side."""

SCROLLED_SIDEWAYS = """() => [...document.querySelectorAll('body *')]
  .filter((e) => e.checkVisibility() && !['visible', 'hidden'].includes(getComputedStyle(e).overflowX))
  .filter((e) => e.scrollWidth > e.clientWidth + 1 && !e.matches('textarea, select'))
  .map((e) => e.outerHTML.slice(0, 90))"""

RULES: dict[Literal["light", "dark"], JSON] = {
    "light": {},
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}},
}
"""What axe looks for: in the dark, what has to do with colours. All else is as it is in the light."""


def furnish(desk: Desk) -> None:
    """Put in something of everything."""
    desk.create("A red bicycle in the rain, seen from above at dusk", n=2, external_task_id="order-4711")
    desk.create("A lighthouse [[mock: fail moderation]]")
    desk.create("A cat walks over the moon", VIDEO, callback_url="http://127.0.0.1:9/hook")
    desk.server.request("POST", IMAGE, {"prompt": "x", "aspect_ratio": "17:3", "n": 42})
    desk.server.request("POST", IMAGE, {"prompt": 12})
    desk.control("POST", "clock/advance", {"advance": "1m"})
    desk.control("PATCH", "settings", {"pace": "real", "readings": {"kling/missing-task": "404-1203"}})
    desk.server.request("GET", f"{IMAGE}/123")
    for prompt in ("A train crosses a bridge at night", "A harbour in the fog"):
        desk.create(prompt, VIDEO)
    desk.control("POST", "faults", {"fault": "1303 x1 on kling"})
    desk.server.request("POST", IMAGE, {"prompt": "A cat"})
    desk.control("POST", "faults", {"fault": "slow-body 300ms 50%", "account": "somebody"})
    desk.control("PUT", "profiles/flaky", {"account": "somebody"})
    desk.control("POST", "clock/advance", {"advance": "40s"})


def misspell(page: Page) -> None:
    page.get_by_label("What goes wrong").fill("trunctated")
    page.keyboard.press("Enter")
    expect(page.locator("#fault-wrong")).to_be_visible()


def break_rules(page: Page) -> None:
    page.locator("#field-n").fill("42")
    expect(page.locator("#said")).to_contain_text("400")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Body of the answer")).to_be_visible()


def as_json(page: Page) -> None:
    page.get_by_role("button", name="JSON").click()


def open_row(text: str) -> Callable[[Page], None]:
    def click(page: Page) -> None:
        page.locator("a.row", has_text=text).first.click()
        page.locator("#detail-body > section").first.wait_for()

    return click


def open_words(page: Page) -> None:
    """Open what is behind a word where there is little room."""
    for summary in page.locator("#steering > summary, .others > summary").all():
        summary.click()


def show_keys(page: Page) -> None:
    page.get_by_role("button", name="Keys").click()


PAGES: dict[str, tuple[str, str, Callable[[Page], None] | None]] = {
    "tasks": ("tasks", "img.thumb[src]", None),
    "task": ("tasks", "a.row", open_row("A red bicycle")),
    "failed-task": ("tasks", "a.row", open_row("A lighthouse")),
    "requests": ("requests", "a.row", None),
    "exchange": ("requests", "a.row", open_row("n.maximum")),
    "fault": ("requests", "a.row", open_row("1303")),
    "results": ("results", ".gallery img[src]", None),
    "callbacks": ("callbacks", "a.row", open_row("undelivered")),
    "compose": ("compose?operation=kling/omni-image.create", "#said", break_rules),
    "compose-json": ("compose?operation=kling/omni-image.create&example=1", "#said", as_json),
    "faults": ("faults", ".asked > li", misspell),
    "readings": ("readings", ".switched", None),
    "settings": ("settings", "#settings dd", None),
    "words": ("requests", "a.row", open_words),
    "keys": ("tasks", "a.row", show_keys),
    "nothing": ("tasks?search=nothing-like-this", ".none", None),
}
"""Each by its name: its address, what is there once it is drawn, and what a person does then."""


def faults(page: Page, name: str, axe: Axe) -> dict[str, object]:
    """Keep screenshots, and say what is wrong with a page by what can be measured of good looks."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    wrong: dict[str, object] = {}
    width = page.viewport_size["width"] if page.viewport_size else 0
    for scheme, rules in RULES.items():
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=ARTIFACTS / f"dashboard-{name}-{width}-{scheme}.png")
        found = axe.run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]
        wrong |= {f"{name} {scheme} {each['id']}": [node["target"] for node in each["nodes"]] for each in found}
    for what in (OUT_OF_REACH, SCROLLED_SIDEWAYS):
        if found := page.evaluate(what):
            wrong[f"{name} over the side"] = found
    return wrong


@pytest.mark.parametrize("width", SIZES)
def test_every_view_is_within_its_width_and_without_a_finding_of_axe(desk: Desk, width: int, axe: Axe) -> None:
    furnish(desk)
    page = desk.page
    desk.sends_to = ("/v1/",)
    page.set_viewport_size({"width": width, "height": SIZES[width]})
    wrong: dict[str, object] = {}
    for name, (address, something, act) in PAGES.items():
        page.goto("about:blank")
        desk.open(address)
        page.locator(something).first.wait_for()
        if act is not None:
            act(page)
        wrong |= faults(page, name, axe)
    assert wrong == {}
    desk.forgive("status of 400")


def test_an_empty_dashboard_has_no_finding_either(desk: Desk, axe: Axe) -> None:
    for view in ("tasks", "faults"):
        page = desk.open(view)
        page.locator(".none pre, .none button").first.wait_for()
        assert faults(page, f"empty-{view}", axe) == {}


@pytest.mark.parametrize("look", [{"viewport": {"width": 360, "height": 740}, "reduced_motion": "reduce"}])
def test_who_wants_calm_gets_no_transitions(desk: Desk) -> None:
    page = desk.open()
    desk.create("A cat")
    expect(page.locator("#tasks .bar .done")).to_have_css("transition-duration", "0s")


def test_who_does_not_mind_sees_the_bar_glide(desk: Desk) -> None:
    page = desk.open()
    desk.create("A cat")
    expect(page.locator("#tasks .bar .done")).to_have_css("transition-duration", "0.2s")
