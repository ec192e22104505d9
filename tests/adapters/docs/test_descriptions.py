"""The OpenAPI documents of a running fake: valid, as it behaves now, and at an address that leads to each operation."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from mockserver.adapters.docs import places
from mockserver.contract.catalog import load
from mockserver.contract.description.control import description
from mockserver.contract.routes import Match, Router
from mockserver.fake.core import Fake
from mockserver.settings import Settings
from tests.adapters.docs.reader import ROOT, Reader, reading

SERVICES = [*load().services]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("name", ["kie", "useapi", "control"])
async def test_a_stranger_finds_it_valid(name: str) -> None:
    async with reading() as reader:
        answer = await reader.client.get(ROOT + places.openapi(name))
    assert answer.headers["content-type"] == "application/json"
    assert [str(error) for error in OpenAPIV31SpecValidator(answer.json()).iter_errors()] == []


async def leads(reader: Reader, service: str) -> None:
    """Check that each operation is reached where its document says, and that its link leads to its rules."""
    world = reader.fake.world
    router = Router(world.services, world.readings)
    url = ROOT + places.openapi(service)
    document = (await reader.client.get(url)).json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            (server,) = operation.get("servers", document["servers"])
            base = urljoin(url, server["url"])
            found = router.match(method.upper(), urlsplit(base).path.rstrip("/") + re.sub(r"{\w+}", "1", path), "x")
            assert isinstance(found, Match)
            assert found.operation.id == f"{service}/{operation['operationId']}"
            assert urljoin(base, operation["externalDocs"]["url"]) == ROOT + places.operation(found.operation.id)


@pytest.mark.parametrize("service", SERVICES)
async def test_an_operation_is_reached_where_its_document_says(service: str) -> None:
    async with reading() as reader:
        await leads(reader, service)


async def test_an_operation_is_reached_whichever_service_wins() -> None:
    async with reading(Fake(Settings(services=("yutoai", "kling", "chainhub")))) as reader:
        for service in ("yutoai", "kling", "chainhub"):
            await leads(reader, service)


async def test_the_document_of_the_control_api_has_its_own_address() -> None:
    async with reading() as reader:
        found = (await reader.client.get(ROOT + places.openapi("control"))).json()
    assert urljoin(ROOT + places.openapi("control"), found["servers"][0]["url"]) + "/" == ROOT
    assert found["paths"] == description()["paths"]


async def test_a_document_is_that_of_what_is_taken_now() -> None:
    fake = Fake(Settings(services=("chainhub",)))
    async with reading(fake) as reader:
        url = ROOT + places.openapi("chainhub")
        before = (await reader.client.get(url)).json()
        fake.change(lambda settings: Settings(services=settings.services, readings={"gateway-query": "none"}))
        after = (await reader.client.get(url)).json()
    assert {method for methods in before["paths"].values() for method in methods} == {"get", "post"}
    assert {method for methods in after["paths"].values() for method in methods} == {"post"}
    assert after["info"]["x-readings"]["gateway-query"] == "none"
