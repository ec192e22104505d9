"""How the dashboard looks: at two widths, in light and dark. The screenshots are kept for people to look at."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ARTIFACTS, Desk
from tests.conftest import IMAGE, VIDEO

pytestmark = pytest.mark.browser

WIDTHS = {360: 740, 1440: 900}
LOOKS = [
    pytest.param({"viewport": {"width": width, "height": height}, "color_scheme": scheme}, id=f"{width}-{scheme}")
    for width, height in WIDTHS.items()
    for scheme in ("light", "dark")
]

# Each text against the colour behind it, by the formula of WCAG 2.2 (1.4.3): what is below 4.5, large text or not.
CONTRASTS = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = rgb(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !e.checkVisibility({ visibilityProperty: true }) || e.closest(':disabled'))
      continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push(`${e.outerHTML.slice(0, 90)}: ${ratio.toFixed(2)}`);
  }
  return found;
}"""

NAMELESS = """() => [...document.querySelectorAll('button, input, select, a[href], summary, pre[tabindex], img, video')]
  .filter((e) => e.checkVisibility() && !e.closest('[aria-hidden=true]') && e.getAttribute('alt') !== '')
  .filter((e) => !(e.getAttribute('aria-label') || e.alt || e.innerText?.trim() || e.labels?.[0]?.innerText.trim()))
  .map((e) => e.outerHTML)"""

WIDER = """() => [...document.querySelectorAll('body *')]
  .filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1)
  .filter((e) => { for (let p = e.parentElement; p; p = p.parentElement)
    if (getComputedStyle(p).overflowX !== 'visible' && p !== document.body) return false; return true; })
  .map((e) => e.outerHTML.slice(0, 90))"""


def furnish(desk: Desk) -> None:
    """Put in something of everything."""
    desk.create("A red bicycle in the rain, seen from above at dusk", n=2, external_task_id="order-4711")
    desk.create("A lighthouse [[mock: fail moderation]]")
    desk.create("A cat walks over the moon", VIDEO, callback_url="http://127.0.0.1:9/hook")
    desk.server.request("POST", IMAGE, {"prompt": "x", "aspect_ratio": "17:3", "n": 42})
    desk.server.request("POST", IMAGE, {"prompt": 12})
    desk.server.request("GET", f"{IMAGE}/123")
    desk.control("POST", "clock/advance", {"advance": "1m"})
    desk.control("PATCH", "settings", {"pace": "real", "readings": {"kling/missing-task": "404-1203"}})
    for prompt in ("A train crosses a bridge at night", "A harbour in the fog"):
        desk.create(prompt, VIDEO)
    desk.control("POST", "faults", {"fault": "1303 x2 on kling"})
    desk.control("POST", "faults", {"fault": "slow-body 300ms 50%", "account": "somebody"})
    desk.control("POST", "clock/advance", {"advance": "40s"})


def judge(page: Page, name: str) -> None:
    """Keep a screenshot, and hold the page against what can be measured of good looks."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    scheme = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"dashboard-{name}-{width}-{scheme}.png")
    assert page.evaluate(CONTRASTS) == []
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(WIDER) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("look", LOOKS)
def test_every_view_is_legible_named_and_within_its_width(desk: Desk, look: dict[str, Any]) -> None:
    furnish(desk)
    page = desk.open("tasks")
    thumbnail = desk.row("A red bicycle").locator("img.thumb")
    expect(thumbnail).to_have_js_property("naturalWidth", 1024)
    judge(page, "tasks")
    desk.row("A red bicycle").click()
    expect(page.locator("#detail figure img").first).to_have_js_property("naturalWidth", 1024)
    judge(page, "task")
    desk.open("requests")
    desk.row("n.maximum").focus()
    judge(page, "requests")
    desk.row("n.maximum").click()
    expect(page.locator(".violation")).to_have_count(2)
    judge(page, "exchange")
    desk.open("callbacks")
    desk.row("undelivered").first.click()
    expect(page.locator("#detail .attempts li")).not_to_have_count(0)
    judge(page, "callback")
    for view, something in (("faults", ".asked > li"), ("readings", ".switched"), ("settings", "#settings dd")):
        desk.open(view)
        expect(page.locator(something).first).to_be_visible()
        judge(page, view)


@pytest.mark.parametrize("look", [{"viewport": {"width": 360, "height": 740}, "reduced_motion": "reduce"}])
def test_who_wants_calm_gets_no_transitions(desk: Desk) -> None:
    page = desk.open()
    desk.create("A cat")
    expect(page.locator("#tasks .bar .done")).to_have_css("transition-duration", "0s")


def test_who_does_not_mind_sees_the_bar_glide(desk: Desk) -> None:
    page = desk.open()
    desk.create("A cat")
    expect(page.locator("#tasks .bar .done")).to_have_css("transition-duration", "0.2s")
