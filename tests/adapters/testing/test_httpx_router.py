"""Which patch answers: several at once, in threads and tasks, beside respx's own mocks, for httpx and for httpx2."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import httpcore
import httpx
import httpx2
import pytest
import requests
import respx
import vcr

from mockserver.adapters.testing.hosts import HostRefused
from mockserver.adapters.testing.live import live
from mockserver.adapters.testing.patch import Patch, patch
from mockserver.errors import BadSetting
from tests.support.process import PIP

KLING = "https://api-singapore.klingai.com/v1/images/omni-image"
USEAPI = "https://api.useapi.net/v1/kling/tasks/1"
ELSEWHERE = "https://example.com/"
KEY = {"authorization": "Bearer me"}
LIBRARIES = pytest.mark.parametrize("library", [httpx, httpx2], ids=lambda library: library.__name__)


def ask(url: str = KLING) -> int:
    return httpx.get(url, headers=KEY).status_code


def counts(*patches: Patch) -> list[int]:
    return [len(each.requests) for each in patches]


def is_patched() -> bool:
    return httpcore.ConnectionPool.handle_request.__qualname__ != "ConnectionPool.handle_request"


def test_the_innermost_patch_answers_and_after_it_the_outer_one() -> None:
    with patch() as outer:
        with patch() as inner:
            ask()
        ask()
        ask()
    assert counts(outer, inner) == [2, 1]


def test_a_host_that_the_innermost_does_not_have_is_left_to_the_next() -> None:
    with patch() as outer, patch(services=["useapi"]) as inner:
        ask(KLING)
        ask(USEAPI)
        ask(USEAPI)
    assert counts(outer, inner) == [1, 2]


def test_patches_may_be_left_in_any_order() -> None:
    first, second = patch(), patch()
    first.__enter__()
    second.__enter__()
    first.__exit__()
    ask()
    second.__exit__()
    assert (counts(first, second), is_patched()) == ([0, 1], False)


def test_one_that_is_entered_twice_has_to_be_left_twice() -> None:
    with patch() as patched:
        with patched:
            ask()
        ask()
        assert is_patched()
    assert (counts(patched), is_patched()) == ([2], False)


def test_an_exception_ends_a_patch_like_anything_else() -> None:
    with pytest.raises(ZeroDivisionError), patch():
        raise ZeroDivisionError
    assert not is_patched()


def test_threads_are_answered_by_the_patch_that_each_has_entered() -> None:
    together = threading.Barrier(2, timeout=10)

    def run(requests: int) -> list[int]:
        with patch() as own:
            together.wait()
            for _ in range(requests):
                ask()
            together.wait()
            return counts(own)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, [1, 3])) == [[1], [3]]
    assert not is_patched()


def test_a_thread_that_entered_none_is_answered_by_the_one_entered_last() -> None:
    with patch() as outer, patch() as inner, ThreadPoolExecutor(1) as pool:
        pool.submit(ask).result()
    assert counts(outer, inner) == [0, 1]


async def test_tasks_are_answered_by_the_patch_that_each_has_entered() -> None:
    together = asyncio.Barrier(2)

    async def run(requests: int) -> list[int]:
        with patch() as own:
            await together.wait()
            async with httpx.AsyncClient(headers=KEY) as client:
                for _ in range(requests):
                    await client.get(KLING)
            await together.wait()
            return counts(own)

    assert [*await asyncio.gather(run(1), run(3))] == [[1], [3]]


async def test_a_task_does_not_keep_a_patch_that_was_left() -> None:
    may_ask = asyncio.Event()

    async def later() -> None:
        await may_ask.wait()
        async with httpx.AsyncClient(headers=KEY) as client:
            await client.get(KLING)

    with patch() as first:
        task = asyncio.create_task(later())
    with patch() as second:
        may_ask.set()
        await task
    assert counts(first, second) == [0, 1]


@pytest.mark.parametrize("is_first", [True, False], ids=["patch first", "respx first"])
def test_a_mock_of_respx_beside_it_answers_for_the_other_hosts(is_first: bool) -> None:
    mock = respx.MockRouter()
    mock.get(ELSEWHERE).respond(418)
    first, second = (patch(), mock) if is_first else (mock, patch())
    with first, second:
        assert [ask(), ask(ELSEWHERE)] == [200, 418]


def test_what_a_mock_of_respx_beside_it_forbids_does_not_go_out() -> None:
    with respx.MockRouter(), patch(), pytest.raises(AssertionError, match="not mocked"):
        ask(ELSEWHERE)


@LIBRARIES
def test_a_client_is_answered_in_its_own_words(library: ModuleType) -> None:
    with patch() as patched, library.Client(headers={**KEY, "X-Twice": "a"}) as client:
        answer = client.post(KLING, json={"prompt": "A cat"}, params={"é": "ü &"})
        assert type(answer) is library.Response
        assert (answer.json()["code"], answer.headers["content-type"]) == (0, "application/json")
        (seen,) = patched.requests
    assert (seen.request.headers["x-twice"], seen.request.parameters) == ("a", {"é": "ü &"})
    assert seen.request.base_url == "https://api-singapore.klingai.com"


@LIBRARIES
async def test_an_async_client_is_answered_too(library: ModuleType) -> None:
    with patch():
        async with library.AsyncClient(headers=KEY) as client:
            assert (await client.post(KLING, json={"prompt": "A cat"})).json()["code"] == 0


@LIBRARIES
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("hang", "ReadTimeout"),
        ("slow-headers 1m", "ReadTimeout"),
        ("reset-before", "ReadError"),
        ("reset-during", "ReadError"),
        ("reset-after", "ReadError"),
    ],
)
def test_what_befalls_an_answer_is_told_as_the_library_would(library: ModuleType, fault: str, expected: str) -> None:
    with patch() as patched, library.Client(headers=KEY) as client:
        patched.fake.faults.add(f"{fault} x1")
        with pytest.raises(getattr(library, expected)) as told:
            client.post(KLING, json={"prompt": "A cat"})
        assert told.value.request.method == "POST"
        assert client.post(KLING, json={"prompt": "A cat"}).status_code == 200


@LIBRARIES
@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("example.com", "'example.com'. Write pass_through=['example.com']"),
        ("api.kling-typo.com", "did you mean 'api.klingai.com'?"),
        ("api-singapore.klingai.co", "did you mean 'api-singapore.klingai.com'?"),
        ("api.klingai.com.evil.com", "'api.klingai.com.evil.com'."),
        ("api.openai.com", "'api.openai.com'."),
        ("docs.useapi.com", "did you mean 'api.useapi.net'?"),
        ("93.184.216.34", "'93.184.216.34'."),
    ],
)
async def test_other_hosts_are_refused_in_a_sentence(library: ModuleType, host: str, said: str) -> None:
    with patch() as patched:
        with pytest.raises(HostRefused) as error:
            library.get(f"https://{host}/")
        assert said in str(error.value)
        async with library.AsyncClient() as client:
            with pytest.raises(HostRefused):
                await client.get(f"http://{host}:8080/")
        assert len(patched.requests) == 0


def test_a_host_of_a_service_that_is_left_out_is_refused_and_says_so() -> None:
    with patch(services=["useapi"]), pytest.raises(HostRefused, match=r"a host of 'kling'. Write services=\['kling'"):
        ask(KLING)


@pytest.mark.parametrize("allowed", [["nowhere.invalid"], ["*.invalid"], ["*"], ("NOWHERE.invalid.",)])
def test_a_host_that_is_let_out_is_really_asked(allowed: list[str]) -> None:
    with patch(pass_through=allowed), pytest.raises(httpx.ConnectError):
        ask("http://nowhere.invalid/")


@pytest.mark.parametrize("wrong", ["example.com", None, 5, [5], [""], ["https://example.com"]])
def test_hosts_to_let_out_are_a_list_of_hosts(wrong: Any) -> None:
    with pytest.raises(BadSetting, match="pass_through: this is not a list of hosts"):
        patch(pass_through=wrong)


def test_a_thread_that_entered_none_may_not_go_out_either() -> None:
    with patch(), ThreadPoolExecutor(1) as pool, pytest.raises(HostRefused):
        pool.submit(ask, ELSEWHERE).result()


@pytest.mark.parametrize("url", ["https://mock.example", "https://mock.example:8443"])
def test_the_host_of_result_urls_is_ours(url: str) -> None:
    with patch(public_url=url, pace="instant"):
        task = httpx.post(KLING, headers=KEY, json={"prompt": "A cat"}).json()["data"]["task_id"]
        found = httpx.get(f"{KLING}/{task}", headers=KEY).json()["data"]["task_result"]["images"][0]["url"]
        assert found.startswith(url)
        assert httpx.get(found).headers["content-type"] == "image/png"


def test_an_application_of_the_tests_own_is_reached_as_ever() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(418))
    with patch() as patched, httpx.Client(transport=transport) as client:
        assert [client.get(url).status_code for url in (KLING, ELSEWHERE, "http://testserver/")] == [418] * 3
    assert len(patched.requests) == 0


@pytest.mark.parametrize("is_first", [True, False], ids=["patch first", "vcr first"])
def test_a_cassette_beside_it_takes_none_of_our_calls(is_first: bool, tmp_path: Path) -> None:
    cassette = vcr.use_cassette(str(tmp_path / "cassette.yaml"))
    first, second = (patch(), cassette) if is_first else (cassette, patch())
    with first, second:
        assert ask() == 200
        with pytest.raises(HostRefused):
            ask(ELSEWHERE)
    assert not (tmp_path / "cassette.yaml").exists()


def test_the_routes_of_respx_keep_to_the_other_hosts() -> None:
    with respx.MockRouter(assert_all_called=False) as mock, patch() as patched:
        mock.route().pass_through()
        assert ask() == 200
        mock.get(ELSEWHERE).respond(418)
    assert counts(patched) == [1]


@pytest.mark.parametrize("library", ["requests", "urllib"])
def test_a_library_that_is_not_answered_does_not_reach_our_hosts_either(library: str) -> None:
    get = requests.get if library == "requests" else urllib.request.urlopen
    with patch(), pytest.raises(HostRefused, match=r"answers clients of httpx and httpx2. Use mockserver.live\(\)"):
        get(KLING)
    assert not hasattr(socket.getaddrinfo, "guard")


def test_somebody_who_came_on_top_of_us_may_leave_after_us(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        with monkeypatch.context() as context:
            patched = patch()
            with patched:
                context.setattr(httpx.Client, "_transport_for_url", httpx.Client._transport_for_url)
                context.setattr(socket, "getaddrinfo", socket.getaddrinfo)
                assert ask() == 200
        with patch() as patched:
            assert (ask(), counts(patched)) == (200, [1])
    with pytest.raises(httpx.ConnectError):
        ask("http://nowhere.invalid/")


@LIBRARIES
def test_loopback_is_reached_as_ever(library: ModuleType) -> None:
    with live() as running, patch():
        assert library.get(f"{running.url}/_mock/health").json()["status"] == "ok"


@pytest.mark.parametrize("package", ["httpx", "httpx2", "respx"])
def test_what_is_not_installed_is_done_without_or_named_with_its_extra(package: str) -> None:
    probe = f"import sys; sys.modules[{package!r}] = sys.modules['httpcore2'] = None\nfrom mockserver import patch\n"
    probe += "try:\n    with patch(): print('well')\nexcept Exception as error: print(type(error).__name__, error)"
    found = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    said = f"MissingPackage mockserver.patch() needs httpx and respx: {PIP} 'kling-mockserver[kit]'"
    assert found.stdout.strip() == ("well" if package == "httpx2" else said)
