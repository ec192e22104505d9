"""A folder of a few lines serves what another service has: any product of it, or all, with its elements and voices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract.catalog import Catalog, load
from mockserver.fake.core import Fake
from mockserver.settings import Settings
from mockserver.types import JSON, Request
from tests.support.sampling import sampled

BASES = {id: load().service(id) for id in ("kling", "useapi")}
"""The services that stand alone, so that others can extend them."""

VOICES, FILMS = "/own/v1/general/custom-voices", "/own/v1/videos/image2video"
FILM = {
    "model_name": "kling-v2-6",
    "mode": "pro",
    "image": "https://example.com/cat.png",
    "prompt": "<<<voice_1>>> says hello",
    "sound": "on",
}


def served(folder: Path, base: str, named: list[str] | None = None, **says: Any) -> Catalog:
    """Return a catalog with a service ``own`` that serves some operations of another one, or all."""
    data = {
        "title": "One's own",
        "extends": base,
        "dialect": BASES[base].dialect,
        "hosts": [],
        "credentials": [*BASES[base].credentials],
        "refusal": f"../{base}/{BASES[base].refusal.partition('/')[2]}",
        "serves": {"prefix": "/own"} if named is None else {"prefix": "/own", "operations": named},
        **says,
    }
    place = folder / "own"
    place.mkdir()
    (place / "service.json").write_text(json.dumps(data), encoding="utf-8")
    return load([place])


OPERATIONS = sorted(
    (each for base in BASES.values() for each in base.operations.values()), key=lambda each: each.library is None
)
PRODUCTS = dict.fromkeys((each.service, each.product) for each in OPERATIONS)
"""Those that stand on a library of the other service come first: ``make test`` tries one in ten."""


@pytest.mark.parametrize(("base", "product"), sampled([pytest.param(*each, id="-".join(each)) for each in PRODUCTS], 6))
def test_any_product_can_be_served_alone(base: str, product: str, tmp_path: Path) -> None:
    named = [each.name for each in BASES[base].operations.values() if each.product == product]
    found = served(tmp_path, base, named).service("own")
    assert [each.name for each in found.operations.values()] == named


@pytest.mark.parametrize("base", BASES)
def test_all_that_a_service_has_can_be_served(base: str, tmp_path: Path) -> None:
    found = served(tmp_path, base).service("own")
    assert [each.name for each in found.operations.values()] == [each.name for each in BASES[base].operations.values()]
    assert [*found.libraries] == [*BASES[base].libraries]


def test_a_task_that_shows_a_voice_shows_it_as_long_as_that_is_there(tmp_path: Path) -> None:
    """No module of ours knows of this record: that it shows another task's is read in its template."""
    record = {"task_id": "{id}", "voice": "{named.voices}"}
    catalog = served(tmp_path, "kling", operations={"image2video.create": {"record": record}})
    fake = Fake(Settings(services=("own",), pace="instant"), catalog=catalog)

    def asked(method: str, path: str, payload: JSON = None) -> Any:
        headers = {"authorization": "Bearer me", "content-type": "application/json"}
        answer = json.loads(fake.respond(Request(method, path, "", headers, json.dumps(payload).encode())).body)
        assert answer["code"] == 0, answer
        return answer["data"]

    made = asked("POST", VOICES, {"voice_name": "Bob", "voice_url": "https://example.com/speech.wav"})["task_id"]
    (voice,) = asked("GET", f"{VOICES}/{made}")["task_result"]["voices"]
    id = asked("POST", FILMS, {**FILM, "voice_list": [{"voice_id": voice["voice_id"]}]})["task_id"]
    assert asked("GET", f"{FILMS}/{id}")["voice"] == voice
    fake.tasks.delete(next(task for task in fake.tasks if task.id == made))
    assert asked("GET", f"{FILMS}/{id}")["voice"] == {"voice_id": voice["voice_id"]}
