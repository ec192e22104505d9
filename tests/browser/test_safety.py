"""What clients send is shown and never run, and nothing leaves the server's own origin."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.adapters.proxy.test_forwarder import app_behind, constant
from tests.browser.conftest import HOSTILE, Desk
from tests.conftest import IMAGE, TOKEN, VIDEO
from tests.support.process import answers, head

pytestmark = pytest.mark.browser


def test_markup_in_a_task_is_text(desk: Desk) -> None:
    desk.control("PATCH", "settings", {"pace": "instant"})
    hook = f"http://127.0.0.1:9/{HOSTILE}"
    id = desk.create(HOSTILE, external_task_id=HOSTILE, callback_url=hook)
    page = desk.open()
    expect(desk.row(id)).to_contain_text(HOSTILE)
    desk.row(id).click()
    expect(page.locator("#detail").get_by_label("About")).to_contain_text(HOSTILE)
    expect(page.locator("#detail").get_by_label("Payload").first).to_contain_text("window.ran=1")
    page.get_by_label("Reason of a failure").fill(HOSTILE)
    page.get_by_role("button", name="failed").click()
    expect(page.locator("#detail .reason")).to_have_text(HOSTILE)
    desk.open("callbacks")
    row = desk.row(hook).first
    row.click()
    expect(page.locator("#detail").get_by_label("About")).to_contain_text(HOSTILE)
    expect(page.locator("#detail").get_by_label("Body").first).to_contain_text("window.ran=1")


def test_markup_in_an_exchange_is_text(desk: Desk) -> None:
    body = b'{"prompt":1,"%s":"%s"}' % ((HOSTILE.replace('"', "'").encode(),) * 2)
    with desk.server.connect() as connection:
        named = [f"user-agent: {HOSTILE}", f"x-tag: {HOSTILE}", f"content-length: {len(body)}"]
        connection.sendall(head("POST", f"{IMAGE}?next={HOSTILE.replace(' ', '/')}", *named) + body)
        (answer,) = answers(connection)
    assert answer.status == 400
    page = desk.open("requests")
    desk.row("prompt.type").click()
    sent = page.locator("#detail").get_by_label("Request")
    expect(sent.get_by_label("Body")).to_contain_text("onerror=")
    sent.locator("summary").click()
    expect(sent.locator("dd").get_by_text(HOSTILE, exact=True)).to_have_count(2)
    expect(page.get_by_label("curl, to be copied")).to_contain_text("<script>")


def test_markup_in_a_fault_is_text(desk: Desk) -> None:
    page = desk.open("faults")
    line = page.get_by_label("What goes wrong")
    line.fill(HOSTILE)
    page.get_by_role("button", name="Add fault").click()
    expect(page.locator("#fault-wrong")).to_contain_text("<script>")
    line.fill(f"fail {HOSTILE}")
    page.get_by_role("button", name="Add fault").click()
    expect(page.locator(".asked > li code")).to_have_text(f"fail {HOSTILE}")
    page.get_by_role("button", name="Remove all").click()
    page.locator("dialog").get_by_role("button", name="Remove all").click()
    expect(page.locator(".asked > li")).to_have_count(0)
    desk.forgive("status of 400")


def test_an_address_that_is_a_script_is_no_link(desk: Desk) -> None:
    desk.control("PATCH", "settings", {"pace": "instant"})
    desk.create("A cat")
    taken = desk.control("GET", "snapshot")
    script = "javascript:window.ran=1"
    forged = {**taken, "tasks": [{**taken["tasks"][0], "base_url": script}]}
    assert desk.server.request("PUT", "/_mock/snapshot", forged).status == 400
    desk.control("PUT", "snapshot", {**taken, "tasks": [{**taken["tasks"][0], "callback_url": script}]})
    page = desk.open()
    page.locator("#tasks a.row").click()
    expect(page.locator("#detail").get_by_label("About")).to_contain_text(script)
    hrefs = page.locator("a").evaluate_all("links => links.map(link => link.protocol)")
    assert set(hrefs) == {"http:"}


def test_results_come_from_our_own_origin_whatever_name_the_client_used(desk: Desk) -> None:
    desk.control("PATCH", "settings", {"pace": "instant"})
    body = b'{"prompt":"A cat"}'
    lines = head("POST", IMAGE, f"content-length: {len(body)}").replace(b"host: 127.0.0.1", b"host: fake.example:81")
    with desk.server.connect() as connection:
        connection.sendall(lines + body)
        answers(connection)
    page = desk.open()
    expect(page.locator("#tasks img.thumb")).to_have_js_property("naturalWidth", 1024)
    page.locator("#tasks a.row").click()
    expect(page.locator("#detail figure img")).to_have_js_property("naturalWidth", 1024)
    expect(page.locator("#detail figcaption code")).to_contain_text("http://fake.example:81/results/")


def test_a_script_that_got_into_the_page_would_not_run(desk: Desk) -> None:
    page = desk.open()
    ways = (
        "document.body.innerHTML += '<img src=x onerror=window.ran=1>'",
        "const s = document.createElement('script'); s.textContent = 'window.ran=1'; document.body.append(s)",
        "const s = document.createElement('script'); s.src = 'data:,window.ran=1'; document.body.append(s)",
        "document.body.setAttribute('onclick', 'window.ran=1'); document.body.click()",
        "setTimeout('window.ran=1', 0)",
        "location.href = 'javascript:window.ran=1'",
    )
    for way in ways:
        page.evaluate(f"() => {{ try {{ {way} }} catch {{}} }}")
    desk.wait(lambda: len(desk.wrong) >= len(ways))
    assert page.evaluate("window.ran") is None
    desk.wrong.clear()


def test_the_page_is_in_nobodys_frame(desk: Desk) -> None:
    page, url = desk.page, "http://localhost:1/"
    frame = f"<iframe src='{desk.server.url}/_mock/'></iframe>"

    def answer(route: Route) -> None:
        route.fulfill(body=frame, content_type="text/html")

    page.route(url, answer)
    with page.expect_event("requestfailed") as failed:
        page.goto(url)
    assert failed.value.url == f"{desk.server.url}/_mock/"
    assert failed.value.failure == "net::ERR_BLOCKED_BY_RESPONSE"
    desk.asked.clear()
    desk.wrong.clear()


def test_looking_leaves_no_trace_in_the_journal(desk: Desk) -> None:
    page = desk.open()
    for view in ("requests", "results", "callbacks", "compose", "faults", "readings", "settings"):
        page.locator(f"nav a[href='#{view}']").click()
        expect(page.locator(f"#{view}")).to_be_visible()
    assert desk.control("GET", "state")["requests"]["total"] == 0


def test_no_secret_is_shown(desk: Desk) -> None:
    secret = f"{TOKEN}-that-is-long-enough-to-be-one"
    body = b'{"prompt":"A cat"}'
    lines = head("POST", IMAGE, f"content-length: {len(body)}").replace(TOKEN.encode(), secret.encode())
    with desk.server.connect() as connection:
        connection.sendall(lines + body)
        answers(connection)
    page = desk.open("requests")
    page.locator("#requests a.row").click()
    page.locator("#detail summary").first.click()
    expect(page.locator("#detail")).to_contain_text("key-…")
    assert secret not in page.content()
    desk.open("tasks")
    page.locator("#tasks a.row").click()
    expect(page.locator("#detail").get_by_label("About")).to_contain_text("key-…")
    assert secret not in page.content()


OTHER_SITE = "http://other.example/"
"""A site of somebody else; the browser gets its pages from the test."""


def test_a_link_of_another_site_leads_to_the_dashboard_and_nothing_else_of_it_does(desk: Desk) -> None:
    desk.create("A cat")
    page, url = desk.page, desk.server.url
    hostile = f"""<img src="{url}/_mock/tasks"><script src="{url}/_mock/snapshot"></script>
        <iframe src="{url}/_mock/state"></iframe><iframe name="sink"></iframe>
        <form method="post" action="{url}/_mock/clock/resume" target="sink"></form><a href="{url}/_mock/">here</a>
        <script>
        document.forms[0].submit();
        fetch("{url}/_mock/reset", {{method: "POST", mode: "no-cors"}}).catch(() => 0);
        </script>"""
    page.route(OTHER_SITE, lambda route: route.fulfill(body=hostile, content_type="text/html"))
    ended: dict[str, int] = {}
    page.on("requestfailed", lambda request: ended.update({request.url.removeprefix(url): 0} | ended))  # its own no
    page.on("response", lambda answer: ended.update({answer.url.removeprefix(url): answer.status}))
    page.goto(OTHER_SITE)
    wanted = {f"/_mock/{path}" for path in ("tasks", "snapshot", "state", "clock/resume", "reset")}
    desk.wait(lambda: wanted <= ended.keys())
    assert {ended[path] for path in wanted} <= {0, 403}
    assert ended["/_mock/reset"] == 403
    state = desk.control("GET", "state")
    assert (state["is_frozen"], state["tasks"]["total"]) == (True, 1)
    page.get_by_role("link", name="here").click()
    page.locator("#connection[data-is=live]").wait_for()
    desk.asked.clear()
    desk.wrong.clear()


def test_a_page_that_another_service_sends_does_not_run_beside_the_control_api(desk: Desk) -> None:
    hostile = b"""<html><body>Hello<script>window.ran = 1; fetch("/_mock/clock/freeze", {method: "POST"})</script>
        <img src="x" onerror="window.ran=1"><svg onload="window.ran=1"></svg></body></html>"""
    own = (b"content-type", b"text/html"), (b"content-security-policy", b"script-src 'unsafe-inline'")
    with app_behind(constant(hostile, *own)) as proxy:
        desk.page.goto(f"{proxy.url}/page")
        expect(desk.page.get_by_text("Hello")).to_be_visible()
        assert desk.page.evaluate("window.ran") is None
        assert desk.page.evaluate("origin") == "null"
        assert not proxy.fake.clock.is_frozen
    desk.asked.clear()
    desk.wrong.clear()


def test_a_result_can_be_looked_at_in_a_tab_of_its_own(desk: Desk) -> None:
    desk.control("PATCH", "settings", {"pace": "instant"})
    picture, film = desk.create("A cat"), desk.create("A cat", VIDEO)
    urls = {
        "img": desk.server.request("GET", f"{IMAGE}/{picture}").json["data"]["task_result"]["images"][0]["url"],
        "video": desk.server.request("GET", f"{VIDEO}/{film}").json["data"]["task_result"]["videos"][0]["url"],
    }
    for tag, url in urls.items():
        path = url[url.index("/results/") :]
        answer = desk.page.goto(desk.server.url + path)
        assert answer is not None
        assert "sandbox" in answer.headers["content-security-policy"]
        size = "naturalWidth" if tag == "img" else "videoWidth"
        desk.wait(lambda size=size, tag=tag: desk.page.evaluate(f"document.querySelector('{tag}').{size}") > 0)  # type: ignore[misc]
    desk.asked.clear()
