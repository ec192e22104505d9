"""Composing a request: judged while it is typed, in the server's own words, sent as a client would, and copied."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import HOSTILE, Desk
from tests.conftest import IMAGE, TOKEN
from tests.support.process import answers, head

pytestmark = pytest.mark.browser

CREATE = "kling/omni-image.create"


def compose(desk: Desk, address: str = f"?operation={CREATE}") -> Page:
    """Open the composer, and wait until the server has said what it thinks."""
    page = desk.open(f"compose{address}")
    page.locator("#said").wait_for()
    desk.sends_to = ("/v1/",)
    return page


def field(page: Page, name: str) -> str:
    return f".field:has(label[for='field-{name}'])"


def test_the_form_begins_with_an_example_of_the_schema_and_has_a_field_for_each_property(desk: Desk) -> None:
    page = compose(desk)
    told = desk.control("GET", f"operations/{CREATE}")
    labels = page.locator(".field label code").all_inner_texts()
    assert labels == [*told["schema"]["properties"]]
    page.get_by_role("button", name="JSON").click()
    assert json.loads(page.get_by_label("Body", exact=True).input_value()) == told["examples"][0]
    expect(page.locator("#said")).to_contain_text("Accepted.")


def test_what_is_wrong_is_told_beside_its_field_while_it_is_typed(desk: Desk) -> None:
    page = compose(desk)
    page.locator("#field-n").press_sequentially("42")
    told = page.locator(f"{field(page, 'n')} .broken")
    expect(told).to_contain_text("is more than 9")
    expect(page.locator("#said")).to_contain_text("400 n value '42' is invalid")
    expect(page.locator("#field-n")).to_have_attribute("aria-invalid", "true")
    link = told.get_by_role("link", name="n.maximum")
    expect(link).to_have_attribute("href", f"docs/rules/{CREATE}#n.maximum")
    page.locator("#field-prompt").fill("")
    expect(page.locator(f"{field(page, 'prompt')} .broken")).to_contain_text("is required")
    page.locator("#field-n").fill("9")
    expect(told).to_be_empty()
    assert desk.control("GET", "state")["requests"]["total"] == 0


def test_the_words_are_those_of_the_readings_and_settings_that_count_now(desk: Desk) -> None:
    page = compose(desk)
    page.get_by_role("button", name="JSON").click()
    page.get_by_label("Body", exact=True).fill('{"prompt": "A cat", "no_such_field": 1}')
    expect(page.locator("#said")).to_contain_text("Accepted, with 1 warning.")
    desk.control("PATCH", "settings", {"strict": True})
    expect(page.locator("#said")).to_contain_text("400")
    page.get_by_role("button", name="Form").click()
    expect(page.locator(f"{field(page, 'no_such_field')} .broken")).to_contain_text("is not a field of this request")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"prompt": ', "Invalid request body: EOF while parsing"),
        ('{"prompt": "a", "prompt": "b"}', 'Detected duplicate key "prompt"'),
        ("[]", "Failed to resolve the request body"),
    ],
)
def test_a_body_that_is_no_payload_is_told_by_the_server_too(desk: Desk, body: str, told: str) -> None:
    page = compose(desk)
    page.get_by_role("button", name="JSON").click()
    page.get_by_label("Body", exact=True).fill(body)
    expect(page.locator("#said")).to_contain_text(told)


def test_a_field_takes_what_a_person_means(desk: Desk) -> None:
    page = compose(desk, "?operation=kling/omni-video.create")
    page.locator("#field-multi_shot").select_option("true")
    page.locator("#field-duration").select_option(label='"7"')
    page.locator("#field-element_list").fill('[{"element_id": 829836802793406551}')
    page.locator("#field-element_list").press_sequentially("]")
    page.locator("#field-element_list").blur()
    page.locator("#field-aspect_ratio").select_option("")
    page.get_by_role("button", name="JSON").click()
    text = page.get_by_label("Body", exact=True).input_value()
    payload = json.loads(text)
    assert (payload["multi_shot"], payload["duration"]) == (True, "7")
    assert "829836802793406551" in text
    assert "aspect_ratio" not in payload


def test_it_is_sent_as_a_client_would_send_it_and_leads_to_its_task_and_exchange(desk: Desk) -> None:
    page = compose(desk)
    page.get_by_label("Bearer token").fill("somebody")
    page.locator("#field-prompt").fill("A harbour in the fog")
    page.locator("#field-prompt").press("Control+Enter")
    answer = page.get_by_label("Answer", exact=True)
    expect(answer).to_contain_text('"task_status": "submitted"')
    number = desk.number(1)
    expect(answer.get_by_role("link", name=f"number {number}")).to_have_attribute("href", f"#requests/{number}")
    told = desk.control("GET", f"requests/{number}")
    assert json.loads(told["request"]["body"])["prompt"] == "A harbour in the fog"
    assert told["account"] == "so…"
    answer.get_by_role("link", name=told["task"]).click()
    expect(page.locator("#detail-title")).to_have_text(f"Task {told['task']}")
    page.go_back()
    expect(page.locator("#field-prompt")).to_have_value("A harbour in the fog")
    desk.control("POST", "clock/advance", {"advance": "1m"})
    page.goto(f"{desk.server.url}/_mock/#results")
    expect(page.locator(".gallery img")).to_have_js_property("naturalWidth", 1024)


def test_a_query_is_composed_with_what_stands_in_its_path(desk: Desk) -> None:
    id = desk.create("A lighthouse")
    page = compose(desk, "?operation=kling/omni-image.get")
    page.get_by_label("Bearer token").fill(TOKEN)
    page.get_by_role("button", name="Send").click()
    assert page.evaluate("document.activeElement.matches(':invalid')")
    page.get_by_label("id", exact=True).fill(id)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Body of the answer")).to_contain_text(id)
    page.get_by_label("Operation").select_option("kling/omni-image.list")
    page.locator("#field-pageNum").fill("0")
    expect(page.locator(f"{field(page, 'pageNum')} .broken")).to_contain_text("is less than 1")
    page.locator("#field-pageNum").fill("1")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Body of the answer")).to_contain_text(id)
    assert desk.control("GET", "requests?limit=1&whole=1")["items"][0]["request"]["query"].startswith("pageNum=1")


def test_a_rule_is_broken_on_purpose_and_the_refusal_says_why(desk: Desk) -> None:
    page = compose(desk)
    page.get_by_label("Break a rule on purpose").select_option("o1-up-to-2k")
    expect(page.locator("#said")).to_contain_text("400")
    assert page.url.endswith("break=o1-up-to-2k")
    page.get_by_role("button", name="Send").click()
    answer = page.get_by_label("Answer", exact=True)
    expect(answer.locator(".why")).to_contain_text("resolution")
    page.reload()
    expect(page.locator("#said")).to_contain_text("400")
    desk.forgive("status of 400")


def test_a_connection_that_ends_and_one_that_hangs_are_told(desk: Desk) -> None:
    page = compose(desk)
    desk.control("POST", "faults", {"fault": "reset-before"})  # the browser tries more than once
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Answer", exact=True)).to_contain_text("the connection was closed")
    desk.control("DELETE", "faults")
    desk.control("POST", "faults", {"fault": "hang x1"})
    page.get_by_role("button", name="Send").click()
    page.get_by_role("button", name="Stop waiting").click()
    expect(page.get_by_label("Answer", exact=True)).to_contain_text("You have stopped waiting.")
    desk.forgive("ERR_")


def test_an_exchange_is_edited_and_sent_again(desk: Desk) -> None:
    desk.sends_to = ("/v1/",)
    desk.server.request("POST", IMAGE, {"prompt": "A cat", "n": 12345678901234567890})
    page = desk.open("requests")
    page.locator("#requests a.row").click()
    page.get_by_role("link", name="Edit it, or send it again").click()
    expect(page.locator("#said")).to_contain_text("400")
    page.get_by_role("button", name="JSON").click()
    expect(page.get_by_label("Body", exact=True)).to_have_value(
        '{\n  "prompt": "A cat",\n  "n": 12345678901234567890\n}'
    )
    page.get_by_label("Body", exact=True).fill('{"prompt": "A cat", "n": 2}')
    expect(page.locator("#said")).to_contain_text("Accepted.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Body of the answer")).to_contain_text("submitted")


@pytest.mark.parametrize(
    ("payload", "kept", "can_be_sent"),
    [
        ({"prompt": "x" * 70_000}, "The journal kept the first 64 KiB of this body", False),
        ({"prompt": "A cat", "api_key": "0f3c9a7e51d24b88a6"}, "Secrets in this body were masked", True),
    ],
)
def test_a_body_that_the_journal_has_not_whole_is_said_to_be_so(
    desk: Desk, payload: dict[str, str], kept: str, can_be_sent: bool
) -> None:
    body = json.dumps(payload).encode()
    with desk.server.connect() as connection:
        connection.sendall(head("POST", IMAGE, f"content-length: {len(body)}") + body)
        answers(connection)
    page = desk.open("requests")
    page.locator("#requests a.row").click()
    page.get_by_role("link", name="Edit it, or send it again").click()
    expect(page.locator(".note")).to_contain_text(kept)
    expect(page.get_by_role("button", name="Send")).to_be_enabled(enabled=can_be_sent)


def test_markup_in_a_payload_and_in_its_answer_is_text(desk: Desk) -> None:
    page = compose(desk)
    page.locator("#field-prompt").fill(HOSTILE)
    page.get_by_role("button", name="JSON").click()
    page.get_by_label("Body", exact=True).fill(json.dumps({"prompt": HOSTILE, HOSTILE: HOSTILE, "n": HOSTILE}))
    expect(page.locator("#said")).to_contain_text("Failed to resolve")
    page.get_by_role("button", name="Form").click()
    expect(page.locator(".field").last).to_contain_text(HOSTILE)
    for name in ("Python", "JavaScript", "Testee", "curl"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_label(f"{name}, to be copied")).to_contain_text("window.ran=1")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Answer", exact=True)).to_contain_text("400")
    desk.forgive("status of 400")


def test_an_upload_is_a_file_that_is_chosen(desk: Desk) -> None:
    desk.sends_to = ("/v1/",)
    page = desk.open("compose?operation=useapi/assets.create")
    page.get_by_label("The file that is sent").set_input_files(
        {"name": "cat.png", "mimeType": "image/png", "buffer": b"\x89PNG no picture"}
    )
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Answer", exact=True).locator(".pill")).to_be_visible()
    told = desk.control("GET", "requests?limit=1&whole=1")["items"][0]
    assert told["request"]["headers"]["content-type"] == "image/png"
    desk.forgive("status of 4")
