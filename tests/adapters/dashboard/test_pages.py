"""The dashboard's files as a browser gets them; what they do there is in ``tests/browser``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser
from os.path import normpath
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from mockserver.adapters.dashboard import pages
from mockserver.adapters.http.asgi import application
from mockserver.contract.description.control import description
from mockserver.fake.core import Fake
from mockserver.settings import Settings
from tests.conftest import IMAGE, TOKEN

ROOT = Path(__file__).parents[3]
FOLDER = Path(pages.__file__).parent / "static"
FILES = {
    path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(FOLDER.rglob("*"))
    if path.suffix in pages.TYPES
}
OWN = [name for name in FILES if not name.startswith("vendor/")]
SCRIPTS = [name for name in OWN if name.endswith(".js")]
INDEX = FILES["index.html"]

SINKS = (
    "innerHTML",
    "dangerouslySetInnerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "DOMParser",
    "createContextualFragment",
    "setHTMLUnsafe",
    "srcdoc",
    "eval(",
    "new Function",
    "localStorage",
)
"""Ways for a text to become markup or a program, or for a secret to outlive its tab."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Tag(NamedTuple):
    name: str
    attributes: dict[str, str | None]
    text: str


class Tags(HTMLParser):
    """The tags of a page, each with the text that follows it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[Tag] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(Tag(tag, dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.tags:
            self.tags[-1] = self.tags[-1]._replace(text=self.tags[-1].text + data)


TAGS = Tags(INDEX).tags


def client(fake: Fake | None = None, token: str | None = None, **how: str) -> httpx.AsyncClient:
    app = application(fake or Fake(Settings(seed=1)), token)
    transport = httpx.ASGITransport(app, client=(how.pop("client", "127.0.0.1"), 1))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080", **how)  # type: ignore[arg-type]


def address(name: str) -> str:
    return "/_mock/" if name == "index.html" else f"/_mock/{name}"


@pytest.mark.parametrize("name", FILES)
async def test_a_file_comes_with_its_type_and_what_keeps_it_safe(name: str) -> None:
    async with client() as browser:
        answer = await browser.get(address(name))
    assert (answer.status_code, answer.text) == (200, FILES[name])
    assert answer.headers["content-type"] == pages.TYPES[Path(name).suffix]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-cache"
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["frame-ancestors"] == policy["default-src"] == policy["base-uri"] == "'none'"
    assert {policy[f"{kind}-src"] for kind in ("script", "style", "img", "media", "connect")} == {"'self'"}


@pytest.mark.parametrize("name", FILES)
async def test_who_has_a_file_is_told_so(name: str) -> None:
    async with client() as browser:
        tag = (await browser.get(address(name))).headers["etag"]
        again = await browser.get(address(name), headers={"if-none-match": tag})
        other = await browser.get(address(name), headers={"if-none-match": '"of-another-release"'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert other.status_code == 200


@pytest.mark.parametrize(("asked", "sent_to"), [("/_mock", "_mock/"), ("/_mock?token=a%26b", "_mock/?token=a%26b")])
async def test_who_forgets_the_slash_is_sent_on_wherever_we_are_mounted(asked: str, sent_to: str) -> None:
    async with client() as browser:
        answer = await browser.get(asked)
    assert (answer.status_code, answer.headers["location"]) == (307, sent_to)


@pytest.mark.parametrize("path", ["/_mock", *map(address, FILES), "/_mock/results/kling/1/0.png"])
@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "http://evil.example"}])
async def test_the_guard_stands_before_every_file(path: str, headers: dict[str, str]) -> None:
    async with client(headers=headers) as browser:  # type: ignore[arg-type]
        assert (await browser.get(path)).status_code == 403
    async with client(client="192.0.2.7") as stranger:
        assert (await stranger.get(path)).status_code == 403


@pytest.mark.parametrize("name", FILES)
async def test_with_a_token_the_files_are_open_and_what_they_show_is_not(name: str) -> None:
    async with client(token="let-me-in", client="192.0.2.7") as browser:
        assert (await browser.get(address(name))).status_code == 200
        for path in ("state", "tasks", "events", "settings"):
            assert (await browser.get(f"/_mock/{path}")).status_code == 403
        assert (await browser.get("/_mock/state?token=let-me-in")).status_code == 200


@pytest.mark.parametrize(
    "path", ["/_mock/nothing.js", "/_mock/../pages.py", "/_mock/%2e%2e/pages.py", "/_mock/a/app.js"]
)
async def test_nothing_else_is_served(path: str) -> None:
    async with client() as browser:
        assert (await browser.get(path)).status_code == 404


async def test_the_files_and_their_answers_leave_no_trace_in_the_journal() -> None:
    fake = Fake(Settings(seed=1))
    async with client(fake) as browser:
        for name in FILES:
            await browser.get(address(name))
        await browser.get("/_mock")
    assert len(fake.requests) == 0


def references() -> list[tuple[str, str]]:
    """Return each file that another one names, with who names it."""
    found = [("index.html", tag.attributes.get("src") or tag.attributes.get("href")) for tag in TAGS]
    for name in SCRIPTS:
        named = re.findall(r'(?:from|import) "(\.[^"]+)"', FILES[name])
        found += [(name, normpath(f"{Path(name).parent}/{file}")) for file in named]
    return [(who, file) for who, file in found if file is not None and not file.startswith("#")]


@pytest.mark.parametrize(("who", "file"), references())
def test_every_file_that_is_named_is_there(who: str, file: str) -> None:
    assert file in FILES, who


def test_every_file_that_is_there_is_named() -> None:
    assert {file for _, file in references()} == FILES.keys() - {"index.html"}


@pytest.mark.parametrize("name", OWN)
def test_nothing_is_loaded_from_elsewhere(name: str) -> None:
    text = FILES[name].replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert re.findall(r"https?://|url\(|@import", text) == []


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("sink", SINKS)
def test_no_text_becomes_markup_or_a_program(name: str, sink: str) -> None:
    assert sink not in FILES[name]


def test_the_page_has_nothing_inline() -> None:
    assert [tag for tag in TAGS if tag.name in ("script", "style") and tag.text.strip()] == []
    inline = [name for tag in TAGS for name in tag.attributes if name.startswith("on") or name == "style"]
    assert inline == []


@pytest.mark.parametrize("name", OWN)
def test_a_file_fits_on_a_few_screens_and_a_line_on_one(name: str) -> None:
    lines = FILES[name].splitlines()
    assert len(lines) <= 300
    assert name.endswith(".svg") or max(map(len, lines)) <= 120


def test_the_libraries_are_those_that_their_authors_publish() -> None:
    listed = (FOLDER / "vendor/README.md").read_text()
    noted = dict(re.findall(r"^\| `([^`]+)` .* `(\w{64})` \|$", listed, re.MULTILINE))
    found = {path.name: sha256(path.read_bytes()).hexdigest() for path in (FOLDER / "vendor").glob("*.js")}
    assert found == noted
    assert all((FOLDER / "vendor" / f"{Path(name).stem}.LICENSE").stat().st_size > 1000 for name in found)


def test_the_page_of_the_dashboard_has_every_view_and_every_key() -> None:
    page = (ROOT / "docs" / "dashboard.md").read_text(encoding="utf-8")
    titles = {title for name in SCRIPTS for title in re.findall(r'\btitle: "(\w+)"', FILES[name])}
    assert set(re.findall(r"^\| ([A-Z]\w+) \|", page, re.MULTILINE)) == titles
    listed = re.search(r"const KEYS = (\[.*?),\n\];", FILES["keys.js"], re.DOTALL)
    assert listed is not None
    for keys, does in json.loads(f"{listed[1]}]"):
        assert f"| {' '.join(f'`{key}`' for key in keys)} | {does} |" in page


def calls() -> list[tuple[str, str]]:
    """Return each call of the control API that is written in a script: its method and its path."""
    found = [call for name in SCRIPTS for call in re.findall(r'ask\("([A-Z]+)", ["`]([a-z]+[^"`]*)["`]', FILES[name])]
    return sorted({(method, re.sub(r"\$\{.*?\}$", "", path)) for method, path in found})


@pytest.mark.parametrize(("method", "path"), calls())
def test_every_call_is_in_the_description_of_the_control_api(method: str, path: str) -> None:
    known = [(verb.upper(), known) for known, verbs in description()["paths"].items() for verb in verbs]
    pattern = re.compile("/" + re.sub(r"\\\$\\\{.*?\\\}|\$\{[^}]*\}", "[^/]+(/[^/]+)?", path.rstrip("/")) + "(/.*)?")
    assert [each for each in known if each[0] == method and pattern.fullmatch(each[1])]


async def test_a_result_is_looked_at_without_using_up_a_fault() -> None:
    fake = Fake(Settings(seed=1, pace="instant", faults=("result-404 x1",)))
    headers = {"authorization": f"Bearer {TOKEN}"}
    app = application(fake)
    transport = httpx.ASGITransport(app)
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as browser,
    ):
        made = await browser.post(IMAGE, json={"prompt": "A cat"}, headers=headers)
        path = f"results/kling/{made.json()['data']['task_id']}/0.png"
        looked = await browser.get(f"/_mock/{path}")
        assert (looked.status_code, looked.headers["content-type"]) == (200, "image/png")
        assert (await browser.get(f"/{path}")).status_code == 404
        assert (await browser.get(f"/{path}")).content == looked.content
        assert (await browser.get("/_mock/results/kling/1/0.png")).status_code == 404


async def test_the_api_tells_the_dashboard_what_it_needs() -> None:
    fake = Fake(Settings(seed=1))
    fake.clock.freeze()
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with client(fake) as browser:

        async def told(path: str) -> list[object]:
            return list((await browser.get(f"/_mock/{path}")).json()["items"])

        for payload in ({"prompt": "A cat", "callback_url": "http://127.0.0.1:9/hook"}, {"prompt": 1}):
            await browser.post(IMAGE, json=payload, headers=headers)
        fake.due()
        (task,) = fake.tasks
        whole = (await browser.get(f"/_mock/tasks/kling/{task.id}")).json()
        assert "moderation" in whole["reasons"]
        by: Callable[[str, str], str] = "{}?{}".format
        assert len(await told(by("requests", "rule=*"))) == len(await told(by("requests", "rule=prompt.type"))) == 1
        assert len(await told(by("requests", f"search={task.id}"))) == 1
        assert len(await told(by("callbacks", f"search={task.id}"))) == len(await told("callbacks?service=kling")) == 1
        assert await told("callbacks?search=another") == await told("callbacks?service=useapi") == []


async def test_the_state_has_another_version_of_the_clock_after_each_change_by_hand() -> None:
    fake = Fake(Settings(seed=1))
    seen = set()
    async with client(fake) as browser:
        for verb, body in (("freeze", None), ("advance", {"advance": "1s"}), ("set", {"now": 1}), ("resume", None)):
            await browser.post(f"/_mock/clock/{verb}", json=body)
            seen.add((await browser.get("/_mock/state")).json()["clock"]["version"])
    assert len(seen) == 4
