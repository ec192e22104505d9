"""The contract in the browser: the viewer shows each operation and tries it out, and every page can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from mockserver.adapters.docs import places
from mockserver.contract.catalog import load
from mockserver.contract.description.control import description
from tests.adapters.docs.test_pages import PAGES
from tests.browser.conftest import ARTIFACTS, Desk
from tests.browser.test_looks import OUT_OF_REACH
from tests.conftest import IMAGE

if TYPE_CHECKING:
    from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

LOOKS = [
    pytest.param({"viewport": {"width": width, "height": 900}, "color_scheme": scheme}, id=f"{width}-{scheme}")
    for width, scheme in ((360, "dark"), (768, "light"), (1440, "light"))
]
READ = [place for place in PAGES if place not in (places.api("kling"), places.api("control"))]
"""The pages that are ours alone; the viewer looks as its makers want it to."""


def open_viewer(desk: Desk, name: str, part: str = "") -> Page:
    """Go to the viewer of a service, and wait until it shows its operations."""
    desk.page.goto(f"{desk.server.url}/_mock/{places.api(name)}{part}")
    expect(desk.page.locator(".opblock").first).to_be_visible()
    return desk.page


def count(document: dict[str, Any]) -> int:
    return sum(map(len, document["paths"].values()))


@pytest.mark.parametrize("name", ["kie", "useapi"])
def test_the_viewer_shows_every_operation_of_a_service(desk: Desk, name: str) -> None:
    page = open_viewer(desk, name)
    expect(page.locator(".opblock")).to_have_count(count(desk.control("GET", places.openapi(name))))
    expect(page.locator(".errors-wrapper")).to_have_count(0)


def test_an_operation_is_tried_out_on_this_fake(desk: Desk) -> None:
    create = load().operation("kie/jobs.create")
    page = open_viewer(desk, "kie", f"#/{create.product}/{create.name}")
    shown = page.locator(".opblock.is-open")
    expect(shown.get_by_role("link", name="/rules/")).to_have_attribute(
        "href", f"{desk.server.url}/_mock/{places.operation(create.id)}"
    )
    shown.get_by_role("button", name="Execute").click()
    expect(shown.locator(".live-responses-table .response-col_status").last).to_have_text("200")
    (exchange,) = desk.control("GET", "requests")["items"]
    assert (exchange["operation"], exchange["status"], exchange["rules"]) == (create.id, 200, [])
    tried = [url for url in desk.asked if "/_mock" not in url]
    assert tried == [f"{desk.server.url}/kie{create.path}"]
    desk.asked = [url for url in desk.asked if url not in tried]


def test_the_control_api_is_shown_and_tried_out(desk: Desk) -> None:
    page = open_viewer(desk, "control", "#/clock/clock.resume")
    expect(page.locator(".opblock")).to_have_count(count(description()))
    assert desk.control("GET", "clock")["is_frozen"]
    page.locator(".opblock.is-open").get_by_role("button", name="Execute").click()
    desk.wait(lambda: not desk.control("GET", "clock")["is_frozen"])


@pytest.mark.parametrize("look", LOOKS)
def test_each_page_is_within_its_width_and_without_a_finding_of_axe(desk: Desk, look: dict[str, Any], axe: Axe) -> None:
    page, width = desk.page, look["viewport"]["width"]
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    for place in READ:
        page.goto(f"{desk.server.url}/_mock/{place}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for details in page.locator("details").all()[:8]:
            details.locator("summary").click()
        name = place.removeprefix(places.DOCS).replace("/", "-") or "index"
        page.screenshot(path=ARTIFACTS / f"docs-{name}-{width}.png")
        assert axe.run(page).response["violations"] == [], place
        assert page.evaluate(OUT_OF_REACH) == [], place
    open_viewer(desk, "control")
    page.screenshot(path=ARTIFACTS / f"docs-api-control-{width}.png")


def test_a_violation_leads_to_its_rule(desk: Desk) -> None:
    desk.server.request("POST", IMAGE, {"prompt": "A cat", "n": 12})
    (exchange,) = desk.control("GET", "requests?whole=")["items"]
    for shown in (exchange["reason"], exchange["violations"][0]):
        desk.page.goto(f"{desk.server.url}/_mock/{shown['page']}")
        told = desk.page.locator(".told:target")
        expect(told).to_contain_text("is more than 9")
        expect(told).to_be_in_viewport()
