"""Results over HTTP: real files, made once, served to anybody, and no more of them kept than there is room for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import av
import httpx
import pytest
from PIL import Image, ImageChops
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Scope, Send

from mockserver.adapters.http import results
from mockserver.adapters.http.asgi import Application, application
from mockserver.adapters.http.results import Results
from mockserver.fake.media.artifacts import Artifact, Film
from mockserver.fake.media.results import PATH
from mockserver.types import JSON
from tests.conftest import IMAGE, PATIENCE, VIDEO, CheckedFake

DAY = 24 * 3600 * 1000


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def fake() -> CheckedFake:
    return CheckedFake(pace="instant")


@dataclass
class Bench:
    """Stands where results are made: counts them, makes small ones at once, and can be told to wait or to fail."""

    loop: asyncio.AbstractEventLoop
    made: list[Artifact] = field(default_factory=list)
    abandoned: list[Callable[[], bool]] = field(default_factory=list)
    only: type = object
    failures: list[Exception] = field(default_factory=list)
    size: int = 1000
    begun: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    go: threading.Event = field(default_factory=threading.Event)
    busy: int = 0
    busiest: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def render(self, artifact: Artifact, is_abandoned: Callable[[], bool]) -> bytes:
        with self.lock:
            self.made.append(artifact)
            self.abandoned.append(is_abandoned)
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
        self.loop.call_soon_threadsafe(self.begun.release)
        assert not isinstance(artifact, self.only) or self.go.wait(PATIENCE)
        with self.lock:
            self.busy -= 1
        if self.failures:
            raise self.failures.pop()
        return bytes([artifact.index]) * self.size


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    found = Bench(asyncio.get_running_loop())
    found.go.set()
    monkeypatch.setattr(results, "render", found.render)
    return found


@asynccontextmanager
async def served(app: Application | Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """Run an application and talk to it without credentials."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        asyncio.timeout(PATIENCE),
        app.lifespan() if isinstance(app, Application) else app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client,
    ):
        yield client


@dataclass(frozen=True)
class Shelf:
    """Results by themselves: the application that serves them, a client of it, and where the files are."""

    app: Starlette
    client: httpx.AsyncClient
    results: Results

    async def get(self, url: str) -> bytes:
        answer = await self.client.get(url)
        assert answer.status_code == 200
        return answer.content

    @property
    def sizes(self) -> list[int]:
        """The sizes of the files that are kept."""
        assert self.results._folder is not None
        return [path.stat().st_size for path in Path(self.results._folder.name).iterdir()]


@asynccontextmanager
async def shelf(fake: CheckedFake, room: int) -> AsyncIterator[Shelf]:
    """Serve results with little room."""
    async with Results(fake, room=room) as found:
        app = Starlette(routes=[Route(PATH + "{name:path}", found.serve)])
        async with served(app) as client:
            yield Shelf(app, client, found)


async def asked(app: ASGIApp, target: str, send: Send, query: bytes = b"") -> None:
    """Ask for a path as a client would that stays until the end, and hand each message of the answer to ``send``."""
    path = httpx.URL(target).path
    scope: Scope = {"type": "http", "method": "GET", "scheme": "http", "root_path": "", "headers": []}
    comes = asyncio.Queue[Message]()
    comes.put_nowait({"type": "http.request", "body": b""})
    await app({**scope, "path": path, "raw_path": path.encode(), "query_string": query}, comes.get, send)


def images(fake: CheckedFake, **fields: JSON) -> list[dict[str, str]]:
    """Make a finished task, and return what it shows of its images."""
    found: list[dict[str, str]] = fake.get(IMAGE, fake.made(IMAGE, **fields)).data["task_result"]["images"]
    return found


def film(fake: CheckedFake) -> str:
    return str(fake.get(VIDEO, fake.made(VIDEO)).data["task_result"]["videos"][0]["url"])


def urls(fake: CheckedFake, count: int) -> list[str]:
    return [image["url"] for image in images(fake, n=count)]


async def test_a_picture_is_a_png_of_the_ratio_and_size_that_were_asked_for(fake: CheckedFake) -> None:
    (image,) = images(fake, aspect_ratio="16:9", resolution="2k")
    async with served(application(fake)) as client:
        answer = await client.get(image["url"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert int(answer.headers["content-length"]) == len(answer.content)
    with Image.open(BytesIO(answer.content)) as picture:
        picture.load()
        assert picture.format == "PNG"
        assert picture.size == (2720, 1536)


async def test_a_film_is_an_mp4_of_the_ratio_duration_and_sound_that_were_asked_for(fake: CheckedFake) -> None:
    id = fake.made(VIDEO, model_name="kling-v3-omni", mode="std", aspect_ratio="9:16", duration="3", sound="on")
    (video,) = fake.get(VIDEO, id).data["task_result"]["videos"]
    async with served(application(fake)) as client:
        answer = await client.get(video["url"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    with av.open(BytesIO(answer.content), "r") as film:
        (stream,) = film.streams.video
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 720, 1280)
        assert [audio.codec_context.name for audio in film.streams.audio] == ["aac"]
        frames = sum(1 for _ in film.decode(video=0))
    assert f"{frames * 1000 // 24 / 1000:.3f}" == video["duration"]


async def test_a_watermarked_twin_is_another_file_of_the_same_picture(fake: CheckedFake) -> None:
    (image,) = images(fake, watermark_info={"enabled": True})
    async with served(application(fake)) as client:
        plain, marked, again = [(await client.get(image[name])).content for name in ("url", "watermark_url", "url")]
    assert again == plain
    with Image.open(BytesIO(plain)) as one, Image.open(BytesIO(marked)) as other:
        tones = ImageChops.difference(one, other).convert("L").histogram()
    assert 0 < 1 - tones[0] / sum(tones) < 0.5


@pytest.mark.parametrize(
    ("asked_for", "status", "span", "content_range"),
    [
        ("bytes=0-3", 206, slice(0, 4), "bytes 0-3/1000"),
        ("bytes=998-", 206, slice(998, 1000), "bytes 998-999/1000"),
        ("bytes=-10", 206, slice(990, 1000), "bytes 990-999/1000"),
        ("bytes=990-5000", 206, slice(990, 1000), "bytes 990-999/1000"),
        ("bytes=1000-", 416, None, "bytes */1000"),
        ("bytes=5000-6000", 416, None, "bytes */1000"),
    ],
)
async def test_a_part_of_a_file_can_be_had(
    fake: CheckedFake, bench: Bench, asked_for: str, status: int, span: slice | None, content_range: str
) -> None:
    (url,) = urls(fake, 1)
    async with served(application(fake)) as client:
        whole = await client.get(url)
        part = await client.get(url, headers={"range": asked_for})
    assert whole.headers["accept-ranges"] == "bytes"
    assert (part.status_code, part.headers["content-range"]) == (status, content_range)
    assert span is None or part.content == whole.content[span]
    assert len(bench.made) == 1


async def test_a_part_of_another_file_than_the_one_here_is_the_whole(fake: CheckedFake, bench: Bench) -> None:
    (url,) = urls(fake, 1)
    async with served(application(fake)) as client:
        whole = await client.get(url)
        same = await client.get(url, headers={"range": "bytes=0-3", "if-range": whole.headers["etag"]})
        other = await client.get(url, headers={"range": "bytes=0-3", "if-range": '"another"'})
    assert (same.status_code, other.status_code) == (206, 200)
    assert len(bench.made) == 1


async def test_the_head_of_a_file_has_its_size_and_no_body(fake: CheckedFake, bench: Bench) -> None:
    (url,) = urls(fake, 1)
    async with served(application(fake)) as client:
        head = await client.head(url)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(bench.size), b"")
    assert head.headers["content-type"] == "image/png"


async def test_those_who_ask_at_once_wait_for_one_making(fake: CheckedFake, bench: Bench) -> None:
    (url,) = urls(fake, 1)
    bench.go.clear()
    async with served(application(fake)) as client:
        asking = [asyncio.create_task(client.get(url)) for _ in range(20)]
        await bench.begun.acquire()
        bench.go.set()
        answers = await asyncio.gather(*asking)
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, bytes(bench.size))}
    assert len(bench.made) == 1


async def test_the_loop_is_free_and_two_at_most_are_made_at_once(fake: CheckedFake, bench: Bench) -> None:
    bench.go.clear()
    async with served(application(fake)) as client:
        asking = [asyncio.create_task(client.get(url)) for url in urls(fake, 6)]
        for _ in range(2):
            await bench.begun.acquire()
        assert (await client.get("/_mock/health")).status_code == 200
        bench.go.set()
        answers = await asyncio.gather(*asking)
    assert [answer.content[0] for answer in answers] == [0, 1, 2, 3, 4, 5]
    assert (len(bench.made), bench.busiest) == (6, 2)


async def test_one_who_leaves_does_not_spoil_it_for_those_who_stay(fake: CheckedFake, bench: Bench) -> None:
    (url,) = urls(fake, 1)
    bench.go.clear()
    async with served(application(fake)) as client:
        leaving, staying = (asyncio.create_task(client.get(url)) for _ in range(2))
        await bench.begun.acquire()
        leaving.cancel()
        await asyncio.wait([leaving])
        bench.go.set()
        assert (await staying).status_code == 200
    assert len(bench.made) == 1


@pytest.mark.parametrize("failure", [MemoryError(), OSError(28, "No space left on device"), ValueError("odd")])
async def test_a_file_that_could_not_be_made_is_tried_again_when_it_is_asked_for_again(
    fake: CheckedFake, bench: Bench, failure: Exception
) -> None:
    (url,) = urls(fake, 1)
    bench.failures = [failure]
    async with served(application(fake)) as client:
        assert (await client.get(url)).status_code == 500
        assert (await client.get(url)).status_code == 200
    assert len(bench.made) == 2


async def test_a_file_that_could_not_be_written_is_tried_again_when_it_is_asked_for_again(
    fake: CheckedFake, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    (url,) = urls(fake, 1)

    def full(_: Path, __: bytes) -> int:
        raise OSError(28, "No space left on device")

    async with served(application(fake)) as client:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_bytes", full)
            assert (await client.get(url)).status_code == 500
        assert (await client.get(url)).status_code == 200
    assert len(bench.made) == 2


async def test_files_are_kept_as_long_as_there_is_room_and_the_least_wanted_go_first(
    fake: CheckedFake, bench: Bench
) -> None:
    one, two, three = urls(fake, 3)
    async with shelf(fake, 2 * bench.size) as kept:
        for url in (one, two, one, three):
            await kept.get(url)
            assert sum(kept.sizes) <= 2 * bench.size
        assert len(bench.made) == 3
        for url in (one, three):
            await kept.get(url)
        assert len(bench.made) == 3
        assert await kept.get(two) == b"\x01" * bench.size
    assert [artifact.index for artifact in bench.made] == [0, 1, 2, 1]


async def test_a_file_larger_than_all_room_is_sent_and_not_kept(fake: CheckedFake, bench: Bench) -> None:
    (url,) = urls(fake, 1)
    async with shelf(fake, bench.size - 1) as kept:
        for _ in range(2):
            assert len(await kept.get(url)) == bench.size
        assert kept.sizes == []
    assert len(bench.made) == 2


async def test_those_who_ask_for_more_than_there_is_room_all_get_it(fake: CheckedFake, bench: Bench) -> None:
    async with shelf(fake, bench.size) as kept:
        for _ in range(3):
            contents = await asyncio.gather(*map(kept.get, urls(fake, 9)))
            assert [content[0] for content in contents] == [*range(9)]
        assert sum(kept.sizes) <= bench.size


async def test_a_file_that_is_being_sent_is_sent_to_its_end_though_its_room_is_wanted(
    fake: CheckedFake, bench: Bench
) -> None:
    bench.size = 200_000
    first, *others = urls(fake, 4)
    begun, go_on = asyncio.Event(), asyncio.Event()
    sent: list[Message] = []

    async def slowly(message: Message) -> None:
        sent.append(message)
        begun.set()
        await go_on.wait()

    async with shelf(fake, bench.size) as kept:
        reading = asyncio.create_task(asked(kept.app, first, slowly))
        await begun.wait()
        for url in others:
            assert len(await kept.get(url)) == bench.size
        go_on.set()
        await reading
        assert sum(kept.sizes) <= bench.size
    assert b"".join(message.get("body", b"") for message in sent) == bytes(bench.size)


async def test_one_who_leaves_while_a_file_is_made_leaves_no_more_than_there_is_room_for(
    fake: CheckedFake, bench: Bench
) -> None:
    (url,) = urls(fake, 1)
    bench.go.clear()
    async with shelf(fake, bench.size - 1) as kept:
        leaving = asyncio.create_task(kept.get(url))
        await bench.begun.acquire()
        leaving.cancel()
        await asyncio.wait([leaving])
        assert not kept.results._files
        bench.go.set()
        await kept.get(url)
        assert (len(bench.made), kept.sizes) == (2, [])


async def leave(app: ASGIApp, url: str, bench: Bench) -> None:
    """Ask for a result, and leave while it is made."""
    comes = asyncio.Queue[Message]()
    comes.put_nowait({"type": "http.request", "body": b""})
    path = httpx.URL(url).path
    scope: Scope = {"type": "http", "method": "GET", "scheme": "http", "root_path": "", "headers": []}

    async def send(message: Message) -> None:
        raise AssertionError(f"nobody is there to get {message}")

    whole = {**scope, "path": path, "raw_path": path.encode(), "query_string": b""}
    asking = asyncio.ensure_future(app(whole, comes.get, send))
    await bench.begun.acquire()
    comes.put_nowait({"type": "http.disconnect"})
    await asking


async def test_a_picture_does_not_wait_for_films(fake: CheckedFake, bench: Bench) -> None:
    films = [film(fake) for _ in range(results._AT_ONCE + 1)]
    (picture,) = urls(fake, 1)
    bench.only = Film
    bench.go.clear()
    async with shelf(fake, 10**6) as kept:
        watching = [asyncio.create_task(kept.get(url)) for url in films]
        for _ in range(results._AT_ONCE):
            await bench.begun.acquire()
        assert await kept.get(picture)
        assert not any(task.done() for task in watching)
        bench.go.set()
        await asyncio.gather(*watching)


async def test_what_nobody_waits_for_any_more_is_not_made(fake: CheckedFake, bench: Bench) -> None:
    films = [film(fake) for _ in range(results._AT_ONCE + 5)]
    bench.go.clear()
    async with shelf(fake, 10**6) as kept:
        for url in films:
            await leave(kept.app, url, bench)
        assert not kept.results._files
        assert not kept.results._wanted
        assert all(is_abandoned() for is_abandoned in bench.abandoned)
        bench.go.set()
        assert await kept.get(films[-1])


async def test_a_result_is_made_for_who_stays_when_another_leaves(fake: CheckedFake, bench: Bench) -> None:
    (url,) = urls(fake, 1)
    bench.go.clear()
    async with shelf(fake, 10**6) as kept:
        staying = asyncio.create_task(kept.get(url))
        await bench.begun.acquire()
        leaving = asyncio.create_task(kept.get(url))
        while kept.results._wanted.total() < 2:  # noqa: ASYNC110 - it is no event, and comes in a turn or two
            await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait([leaving])
        bench.go.set()
        assert await staying
    assert len(bench.made) == 1


async def test_nothing_is_left_on_disk_when_the_server_ends(fake: CheckedFake, bench: Bench) -> None:
    async with shelf(fake, 10**6) as kept:
        await kept.get(urls(fake, 1)[0])
        assert kept.sizes == [bench.size]
    with pytest.raises(FileNotFoundError):
        assert kept.sizes == []


async def test_the_end_does_not_wait_for_what_is_still_being_made(fake: CheckedFake, bench: Bench) -> None:
    (url,) = urls(fake, 1)
    bench.go.clear()
    async with served(application(fake)) as client:
        asking = asyncio.create_task(client.get(url))
        await bench.begun.acquire()
        asking.cancel()
        await asyncio.wait([asking])
    assert bench.busy == 1
    bench.go.set()


@pytest.mark.parametrize("change", ["{service}/{id}/3.png", "{service}/{id}/1.jpg", "{service}/{id}/1", "1.png", ""])
async def test_a_url_that_points_to_nothing_is_404(fake: CheckedFake, bench: Bench, change: str) -> None:
    url = urls(fake, 3)[1]
    service, id, _ = url.partition(PATH)[2].split("/")
    async with served(application(fake)) as client:
        assert (await client.get(url)).status_code == 200
        assert (await client.get(PATH + change.format(service=service, id=id))).status_code == 404
    assert len(bench.made) == 1


@pytest.mark.parametrize(
    "target", ["/results/../secret", "/results/kling/%2e%2e/0.png", "/results/%00", "/results/%0A"]
)
async def test_no_url_leads_out_of_the_results(fake: CheckedFake, bench: Bench, target: str) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await asked(application(fake), target, send, query=b"\xff")
    assert sent[0]["status"] in (401, 404)
    assert bench.made == []


async def test_each_task_has_results_of_its_own(fake: CheckedFake, bench: Bench) -> None:
    one, other = urls(fake, 1)[0], urls(fake, 1)[0]
    async with served(application(fake)) as client:
        assert (await client.get(one)).status_code == 200
        assert (await client.get(other)).status_code == 200
    assert len({artifact.task_id for artifact in bench.made}) == 2


async def test_the_results_of_a_task_that_is_not_finished_are_404(bench: Bench) -> None:
    fake = CheckedFake(pace="fast")
    fake.clock.freeze()
    path = f"{PATH}kling/{fake.made(IMAGE)}/0.png"
    async with served(application(fake)) as client:
        assert (await client.get(path)).status_code == 404
        fake.clock.advance(2000)
        assert (await client.get(path)).status_code == 200


async def test_results_are_there_for_thirty_days(fake: CheckedFake, bench: Bench) -> None:
    fake.clock.freeze()
    (url,) = urls(fake, 1)
    async with served(application(fake)) as client:
        for span, status in ((0, 200), (30 * DAY - 1, 200), (1, 404)):
            fake.clock.advance(span)
            assert (await client.get(url)).status_code == status
    assert len(bench.made) == 1


@pytest.mark.parametrize("host", ["", "[", "a/b?c#d", "\xff:x"])
async def test_whatever_host_and_query_are_sent_the_path_alone_counts(
    fake: CheckedFake, bench: Bench, host: str
) -> None:
    (url,) = urls(fake, 1)
    async with served(application(fake)) as client:
        headers = httpx.Headers([(b"host", host.encode("latin-1"))])
        assert (await client.get(f"{url}?download=%FF", headers=headers)).status_code == 200


async def test_a_sound_is_served_over_http_in_both_forms_and_in_parts(fake: CheckedFake) -> None:
    path = "/v1/audio/text-to-audio"
    id = fake.post(path, {"prompt": "Rain", "duration": 3}).data["task_id"]
    (audio,) = fake.get(path, id).data["task_result"]["audios"]
    async with served(application(fake)) as client:
        for form, kind in (("mp3", "audio/mpeg"), ("wav", "audio/wav")):
            url = httpx.URL(audio[f"url_{form}"]).path
            found = await client.get(url)
            assert (found.status_code, found.headers["content-type"]) == (200, kind)
            with av.open(BytesIO(found.content), "r") as container:
                assert sum(frame.samples for frame in container.decode(audio=0)) == 3 * 48_000
            part = await client.get(url, headers={"range": "bytes=10-19"})
            assert (part.status_code, part.content) == (206, found.content[10:20])
