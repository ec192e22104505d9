"""The dashboard in a real Chromium, as a person sees and uses it."""

from __future__ import annotations

import json

import pytest
from haralyzer import HarParser
from playwright.sync_api import expect

from tests.browser.conftest import Desk
from tests.conftest import IMAGE, TOKEN, VIDEO

pytestmark = pytest.mark.browser


def test_a_task_is_seen_to_move_without_a_reload(desk: Desk) -> None:
    page = desk.open()
    page.evaluate("window.loadedOnce = true")
    id = desk.create("A red bicycle in the rain")
    pill = desk.row(id).locator(".pill")
    expect(pill).to_have_text("submitted")
    desk.control("POST", "clock/advance", {"advance": "1s"})
    expect(pill).to_have_text("processing")
    desk.control("POST", "clock/advance", {"advance": "1s"})
    expect(pill).to_have_text("succeed")
    expect(desk.row(id).locator("img.thumb")).to_have_js_property("naturalWidth", 1024)
    assert page.evaluate("window.loadedOnce")


def test_a_task_comes_to_its_end_as_time_goes_by(desk: Desk) -> None:
    desk.open()
    id = desk.create("A red bicycle in the rain")
    expect(desk.row(id).locator(".pill")).to_have_text("submitted")
    desk.control("POST", "clock/resume")
    expect(desk.row(id).locator(".pill")).to_have_text("succeed")
    expect(desk.row(id).locator("img.thumb")).to_have_js_property("naturalWidth", 1024)


def test_the_timeline_moves_with_the_clock_and_stands_with_it(desk: Desk) -> None:
    desk.open()
    id = desk.create("A cat walks over the moon", VIDEO)
    row, width = desk.row(id), "element => element.getBoundingClientRect().width"
    expect(row.locator(".pill")).to_have_text("submitted")
    whole = row.locator(".bar").evaluate(width)
    assert row.locator(".done").evaluate(width) == 0
    desk.control("POST", "clock/advance", {"advance": "3s"})
    expect(row.locator(".pill")).to_have_text("processing")
    desk.wait(lambda: row.locator(".done").evaluate(width) == pytest.approx(whole * 3 / 4, rel=0.02))


def test_the_first_rows_are_on_the_clock_of_the_fake_before_any_event_has_come(desk: Desk) -> None:
    desk.control("POST", "clock/set", {"now": desk.control("GET", "clock")["now"] + 3_600_000})
    id = desk.create("A cat walks over the moon", VIDEO)
    desk.page.route("**/_mock/events", lambda route: None)
    desk.page.goto(f"{desk.server.url}/_mock/")
    expect(desk.row(id).locator(".age")).to_have_text("now")


def test_the_clock_is_frozen_and_goes_on_by_a_button(desk: Desk) -> None:
    page = desk.open()
    for button, is_frozen in (("Resume", False), ("Freeze", True)):
        page.get_by_role("button", name=button).click()
        expect(page.locator("#now")).to_have_class("frozen" if is_frozen else "")
        assert desk.control("GET", "clock")["is_frozen"] is is_frozen


def test_the_clock_buttons_bring_a_frozen_task_to_its_end(desk: Desk) -> None:
    page = desk.open()
    id = desk.create("A lighthouse")
    desk.row(id).click()
    expect(desk.row(id).locator(".pill")).to_have_text("submitted")
    page.get_by_role("button", name="+10 s").click()
    expect(desk.row(id).locator(".pill")).to_have_text("succeed")
    picture = page.locator("#detail figure img")
    expect(picture).to_have_js_property("naturalWidth", 1024)


def test_the_clock_is_advanced_by_what_is_written_and_set_to_what_is_chosen(desk: Desk) -> None:
    page = desk.open()
    before = desk.control("GET", "clock")["now"]
    page.get_by_label("Advance by").fill("1.5m")
    page.get_by_role("button", name="Advance", exact=True).click()
    desk.wait(lambda: desk.control("GET", "clock")["now"] == before + 90_000)
    page.locator("#clock summary").click()
    expect(page.get_by_label("Set the clock to")).not_to_have_value("")
    page.get_by_label("Set the clock to").fill("2030-05-06T07:08:09.010")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator("#now")).to_contain_text("2030-05-06 07:08:09")


def test_a_film_plays(desk: Desk) -> None:
    page = desk.open()
    desk.control("PATCH", "settings", {"pace": "instant"})
    desk.row(desk.create("A cat walks over the moon", VIDEO)).click()
    film = page.locator("#detail video")
    expect(film).to_have_js_property("controls", True)
    desk.wait(lambda: film.evaluate("video => video.duration") == pytest.approx(5, abs=0.2))


LANGUAGES = {"curl": "curl", "Python": "python", "JavaScript": "javascript", "Testee": "testee"}


def test_a_violation_names_its_rule_and_source_and_the_request_is_copied_in_each_language(desk: Desk) -> None:
    page = desk.open("requests")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=desk.server.url)
    desk.server.request("POST", IMAGE, {"prompt": "A cat", "n": 42})
    row = desk.row("n.maximum")
    row.click()
    told = desk.control("GET", f"requests/{desk.number(1)}")
    (violation,) = told["violations"]
    card = page.locator(".violation")
    for name in ("rule", "pointer", "level", "fact", "description", "source", "confidence"):
        expect(card).to_contain_text(violation[name])
    expect(page.get_by_label("Request").get_by_label("Body")).to_contain_text('"n": 42')
    expect(page.get_by_label("Answer").get_by_label("Body")).to_contain_text('"code": 1201')
    expect(page.get_by_label("Answer")).to_contain_text("HTTP 400")
    for name, language in LANGUAGES.items():
        page.get_by_role("button", name=name, exact=True).click()
        page.get_by_role("button", name="Copy", exact=True).click()
        expect(page.locator("#notices")).to_contain_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == told["copies"][language]


def test_numbers_are_shown_as_they_were_sent(desk: Desk) -> None:
    page = desk.open("requests")
    desk.server.request("POST", IMAGE, {"prompt": "A cat", "n": 12345678901234567890})
    desk.row(IMAGE).click()
    expect(page.get_by_label("Request").get_by_label("Body")).to_contain_text("12345678901234567890")


def test_a_broken_rule_leads_to_all_that_broke_it(desk: Desk) -> None:
    page = desk.open("requests")
    for n in (42, 1, 43):
        desk.server.request("POST", IMAGE, {"prompt": "A cat", "n": n})
    expect(page.locator("#requests a.row")).to_have_count(3)
    desk.row("n.maximum").first.click()
    page.get_by_role("link", name="Others that broke it").click()
    expect(page.locator("#requests a.row")).to_have_count(2)
    expect(page.locator("#requests [name=rule]")).to_have_value("n.maximum")


def test_filters_and_search_are_the_servers(desk: Desk) -> None:
    page = desk.open()
    desk.create("A red bicycle", external_task_id="order-4711")
    desk.create("A lighthouse")
    rows = page.locator("#tasks a.row")
    expect(rows).to_have_count(2)
    page.get_by_label("Search in ids and payloads").fill("ORDER-47")
    expect(rows).to_have_count(1)
    page.get_by_label("Search in ids and payloads").fill("")
    page.locator("#tasks [name=account]").fill("somebody-else")
    expect(page.get_by_text("Nothing matches.").locator("visible=true")).to_be_visible()
    page.locator("#tasks [name=account]").fill(TOKEN)
    expect(rows).to_have_count(2)
    desk.control("POST", "clock/advance", {"advance": "90s"})
    page.locator("#tasks [name=status]").select_option("failed")
    expect(rows).to_have_count(0)
    page.locator("#tasks [name=status]").select_option("succeed")
    expect(rows).to_have_count(2)
    asked = [url for url in desk.asked if "/tasks?" in url]
    for query in ("search=ORDER-47", "account=somebody-else", "status=succeed", "limit=50"):
        assert any(query in url for url in asked)


def saved(desk: Desk) -> list[str]:
    """Return the URLs in the archive that the list's link gives."""
    with desk.page.expect_download() as download:
        desk.page.get_by_role("link", name="Save as HAR").click()
    archive = HarParser(json.loads(download.value.path().read_text(encoding="utf-8")))
    return [entry["request"]["url"] for entry in archive.har_data["entries"]]


@pytest.mark.parametrize("options", [(), ("--control-token", TOKEN, "--host", "127.0.0.1")], ids=["open", "token"])
def test_what_the_filters_let_through_is_saved_as_har(desk: Desk, options: tuple[str, ...]) -> None:
    page = desk.page
    page.goto(f"{desk.server.url}/_mock/{f'?token={TOKEN}' if options else ''}#requests")
    desk.create("A lighthouse")
    desk.server.request("GET", f"{IMAGE}/123")
    expect(page.locator("#requests a.row")).to_have_count(2)
    page.locator("#requests [name=status]").fill("4xx")
    expect(page.locator("#requests a.row")).to_have_count(1)
    assert [url.rpartition("/")[2] for url in saved(desk)] == ["123"]


def test_a_task_is_forgotten_after_a_question(desk: Desk) -> None:
    page = desk.open()
    desk.row(desk.create("A lighthouse")).click()
    page.get_by_role("button", name="Forget this task").click()
    page.get_by_role("button", name="Cancel").click()
    assert desk.control("GET", "state")["tasks"]["total"] == 1
    page.get_by_role("button", name="Forget this task").click()
    page.get_by_role("button", name="Forget it").click()
    expect(page.get_by_text("No task yet.")).to_be_visible()
    expect(page.locator("#detail")).to_be_hidden()
    assert desk.control("GET", "state")["tasks"]["total"] == 0


def test_a_callback_shows_its_attempts_and_is_sent_again(desk: Desk) -> None:
    page = desk.open("callbacks")
    desk.create("A cat", callback_url="http://127.0.0.1:9/hook")
    row = desk.row("undelivered").first
    expect(row).to_contain_text("1 attempt,")
    row.click()
    attempts = page.locator("#detail .attempts li")
    expect(attempts).to_have_count(1)
    page.get_by_role("button", name="Send again").click()
    expect(attempts).to_have_count(2)
    page.locator("#detail dd a").click()
    expect(page.locator("#detail").get_by_label("Callbacks")).to_contain_text("undelivered")


def test_a_callback_whose_attempts_are_forgotten_is_shown_with_its_task_and_sent_again(desk: Desk) -> None:
    desk.control("PATCH", "settings", {"pace": "instant"})
    id = desk.create("A cat", callback_url="http://127.0.0.1:9/hook")
    desk.control("PUT", "snapshot", desk.control("GET", "snapshot"))
    page = desk.open(f"tasks/kling/{id}")
    callbacks = page.locator("#detail").get_by_label("Callbacks")
    expect(callbacks.get_by_text("forgotten", exact=True)).to_have_count(3)
    callbacks.get_by_role("button", name="Send again").first.click()
    expect(callbacks.get_by_text("undelivered", exact=True)).to_have_count(1)


def test_a_fault_is_taken_from_the_list_asked_for_counted_and_removed(desk: Desk) -> None:
    page = desk.open("faults")
    page.get_by_text("Instead of an answer (").click()
    page.get_by_role("button", name="bare", exact=True).click()
    line = page.get_by_label("What goes wrong")
    expect(line).to_be_focused()
    expect(line).to_have_value("bare ")
    page.keyboard.type("429 x2 on kling")
    page.keyboard.press("Enter")
    asked = page.locator(".asked > li")
    expect(asked).to_contain_text("on kling")
    assert desk.server.request("POST", IMAGE, {"prompt": "A cat"}).status == 429
    expect(asked).to_contain_text("happened 1×")
    page.get_by_role("button", name="Remove bare 429 x2").click()
    expect(asked).to_have_count(0)
    assert desk.control("GET", "faults")["faults"] == []


def test_a_fault_that_is_misspelt_is_explained_in_a_line_beside_its_field(desk: Desk) -> None:
    page = desk.open("faults")
    page.get_by_label("What goes wrong").fill("trunctated")
    page.keyboard.press("Enter")
    field, told = page.get_by_label("What goes wrong"), page.locator("#fault-wrong")
    expect(told).to_have_text("no fault 'trunctated'; did you mean 'truncated'?")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_attribute("aria-describedby", "fault-wrong")
    below = told.bounding_box()
    assert below is not None
    beside = field.bounding_box()
    assert beside is not None
    assert 0 <= below["y"] - beside["y"] - beside["height"] < 12
    expect(page.locator("#alerts")).to_be_empty()
    field.press_sequentially("x")
    expect(told).to_be_hidden()
    assert field.input_value() == "trunctatedx"
    desk.forgive("status of 400")


def test_looking_at_results_uses_up_no_fault(desk: Desk) -> None:
    page = desk.open()
    desk.control("PATCH", "settings", {"pace": "instant"})
    desk.control("POST", "faults", {"fault": "result-404 x1"})
    id = desk.create("A cat")
    desk.row(id).click()
    expect(page.locator("#detail figure img")).to_have_js_property("naturalWidth", 1024)
    assert desk.control("GET", "faults")["faults"][0]["happened"] == 0
    assert desk.server.request("GET", f"/results/kling/{id}/0.png").status == 404


def test_a_reading_is_a_switch_both_ways(desk: Desk) -> None:
    page = desk.open("readings")
    switch = page.locator("select[name='kling/missing-task']")
    expect(switch).to_have_value("400-1201")
    switch.select_option("404-1203")
    desk.wait(lambda: desk.server.request("GET", f"{IMAGE}/123").status == 404)
    expect(page.locator(".switched")).to_have_count(1)
    desk.control("PATCH", "settings", {"readings": {"kling/missing-task": "400-1201"}})
    expect(switch).to_have_value("400-1201")


def test_settings_are_applied_and_everything_is_reset(desk: Desk) -> None:
    page = desk.open("settings")
    desk.create("A cat")
    form = page.locator("#behaviour")
    form.locator("[name=pace]").select_option("polls")
    form.locator("[name=looks]").fill("3")
    form.locator("[name=strict]").check()
    form.locator("[name=slots]").fill("5")
    form.locator("[name=rate]").fill("100/s")
    form.get_by_role("button", name="Apply").click()
    expect(page.locator("#notices")).to_contain_text("The settings are changed.")
    now = desk.control("GET", "settings")
    assert (now["pace"], now["strict"], now["slots"], now["rate"]) == ("polls:3", True, 5, "100/s")
    page.get_by_role("button", name="Reset…").click()
    page.get_by_role("button", name="Forget them").click()
    expect(page.locator("nav a[href='#tasks'] .count")).to_have_text("0")


@pytest.mark.parametrize("options", [("--control-token", TOKEN, "--host", "127.0.0.1")])
def test_a_token_is_taken_from_the_address_or_asked_for_and_kept_for_the_tab(desk: Desk) -> None:
    page = desk.page
    page.goto(f"{desk.server.url}/_mock/")
    page.get_by_label("Control token").fill(TOKEN)
    page.get_by_role("button", name="Enter").click()
    expect(page.locator("#connection")).to_have_text("Live")
    page.evaluate("sessionStorage.clear()")
    page.goto(f"{desk.server.url}/_mock/?token={TOKEN}#faults")
    expect(page.locator("#connection")).to_have_text("Live")
    assert page.url == f"{desk.server.url}/_mock/#faults"
    page.reload()
    expect(page.locator("#connection")).to_have_text("Live")
    desk.forgive("status of 403")
