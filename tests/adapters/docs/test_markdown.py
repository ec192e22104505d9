"""The contract's pages as Markdown: all that the pages in the browser tell, for programs that read."""

from __future__ import annotations

import httpx
import pytest

from mockserver.adapters.docs import markdown, places
from mockserver.adapters.docs.pages import KINDS
from mockserver.adapters.http.asgi import application
from mockserver.contract.catalog import load
from mockserver.contract.credentials import schema_and_rules
from mockserver.contract.service import Service
from mockserver.fake.core import Fake
from mockserver.fake.faults.line import KINDS as FAULTS
from mockserver.fake.faults.profiles import known
from mockserver.settings import Settings

SERVICES = load().services


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def page(path: str, *, token: str | None = None, status: int = 200, fake: Fake | None = None) -> str:
    transport = httpx.ASGITransport(application(fake or Fake(), token), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
        answer = await http.get(f"/_mock/{path}.md")
    assert answer.status_code == status, answer.text
    if status == 200:
        assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    return answer.text


def told(text: str) -> list[str]:
    """Return what a page tells of: the first word of each heading."""
    return [line.split(" ")[1] for line in text.splitlines() if line.startswith("## ")]


@pytest.mark.parametrize("service", SERVICES.values(), ids=list(SERVICES))
async def test_the_pages_of_a_service_tell_of_each_rule_question_and_error(service: Service) -> None:
    fake = Fake(Settings(services=(service.id,)))
    assert told(await page(places.operations(service.id), fake=fake)) == [
        operation.name for operation in service.operations.values()
    ]
    for id, operation in service.operations.items():
        names = told(await page(places.operation(id), fake=fake))
        assert [rule.id for rule in operation.every_rule if rule.id not in names] == []
        assert len(names) == len({*names})
    readings = await page(places.readings(service.id), fake=fake)
    assert told(readings) == [*service.questions]
    for question in service.questions.values():
        assert all(f"* `{reading}`: " in readings for reading in question.readings)
    assert sorted(told(await page(places.errors(service.id), fake=fake))) == sorted(service.errors)


async def test_the_pages_of_all_services_tell_of_all() -> None:
    assert {*told(await page(places.FAULTS))} == {*FAULTS, *known({})}
    assert {*told(await page(places.CREDENTIALS))} == {rule.id for rule in schema_and_rules()[1]}
    assert {*told(await page(f"{places.DOCS}index"))} == {*SERVICES, "All"}
    assert len(told(await page(places.SOURCES))) > 3


def test_each_kind_of_page_can_be_read_but_the_viewer() -> None:
    assert markdown.PAGES.keys() == KINDS.keys() - {"viewer"}


async def test_a_page_tells_how_the_fake_behaves_now() -> None:
    id = places.operation("kling/omni-image.create")
    usual, other = "## o1-up-to-2k (error)", "## o1-up-to-2k (warning)"
    assert usual in await page(id)
    assert other in await page(id, fake=Fake(Settings(readings={"o1-abilities": "accepted"})))


async def test_a_page_that_is_not_there_is_told_and_no_page_needs_a_token() -> None:
    assert "did you mean 'kling'?" in await page(places.errors("klin"), status=404)
    assert "# Faults" in await page(places.FAULTS, token="t")
