"""``GET /`` says where one is, unless a service has something there."""

from __future__ import annotations

import httpx
import pytest

from mockserver import live


@pytest.fixture(scope="module")
def url() -> object:
    with live() as running:
        yield running.url


def test_a_program_reads_where_everything_is(url: str) -> None:
    found = httpx.get(url).json()
    assert found["dashboard"] == f"{url}/_mock/"
    assert found["services"]["kling"] == f"{url}/kling"
    assert httpx.get(found["health"]).status_code == 200
    assert httpx.get(f"{found['services']['kling']}/v1/images/omni-image/1").headers["mockserver-reason"]


def test_a_person_gets_a_page_with_links_that_lead_somewhere(url: str) -> None:
    page = httpx.get(url, headers={"accept": "text/html,*/*"})
    assert page.headers["content-type"].startswith("text/html")
    assert '<a href="_mock/">' in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_any_other_method_is_the_services(url: str, method: str) -> None:
    answer = httpx.request(method, url)
    assert answer.status_code == 404
    assert answer.json()["code"] == 1203
