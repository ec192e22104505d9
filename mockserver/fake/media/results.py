"""Results: the URLs of what finished tasks made and of what was uploaded, and what is behind each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mockserver.contract.readings import Readings
from mockserver.contract.service import Operation
from mockserver.fake.answering.reasons import of_faults
from mockserver.fake.faults.fault import Hit
from mockserver.fake.lifecycle import Task
from mockserver.fake.media import plan
from mockserver.fake.media.artifacts import Archive, Artifact, Film, Made, forms
from mockserver.fake.world import World
from mockserver.types import Millis, Reason, Wire, value

PATH = "/results/"
FETCH = "results.fetch"
"""What the journal calls the request for a result; it is no operation of a service."""

_ARCHIVE = re.compile(r"/results/([a-z0-9-]+)/((?:[0-9]+-[0-9]_){0,99}[0-9]+-[0-9])\.zip")

_URL = re.compile(r"/results/([a-z0-9-]+)/([0-9a-f-]+)/([0-9]{1,3})(-watermark)?(\.[a-z0-9]+)")

_AT_ONCE = re.compile(r"/results/([a-z0-9-]+)/([a-z0-9.-]+)/([0-9]+)/([0-9])(\.[a-z0-9]+)")
"""Nothing is kept of an answer that makes no task: the URL of its file says which operation gave it, and its id."""


def url(task: Task, made: Made, *, watermark: bool = False) -> str:
    """Return the URL of a result of a task, or of its watermarked twin."""
    return urls(task, [made.index], made.suffix, watermark=watermark)[0]


def urls(task: Task, indexes: Iterable[int], suffix: str, *, watermark: bool = False) -> list[str]:
    """Return the URLs of several results of a task, or of their watermarked twins."""
    beginning = f"{task.base_url}{PATH}{task.operation.partition('/')[0]}/{task.id}/"
    end = f"-watermark{suffix}" if watermark else suffix
    return [f"{beginning}{index}{end}" for index in indexes]


def at_once(base_url: str, operation: Operation, made: Made) -> str:
    """Return the URL of a file of an answer that makes no task."""
    return f"{base_url}{PATH}{operation.id}/{made.task_id}/{made.index}{made.suffix}"


def cover_url(task: Task, film: Film) -> str:
    """Return the URL of the picture that stands for a film of a task."""
    return urls(task, [film.index], film.cover.suffix)[0]


def archive_url(files: Sequence[tuple[Task, Made]]) -> str:
    """Return the URL of a ZIP of several results of tasks of one service."""
    first, names = files[0][0], [f"{task.id}-{made.index}" for task, made in files]
    return f"{first.base_url}{PATH}{first.operation.partition('/')[0]}/{'_'.join(names)}.zip"


@value
class Result:
    """What a URL points to, what happens to it on the wire, if anything, and why."""

    artifact: Artifact
    wire: Wire | None = None
    reason: Reason | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers that say what it is."""
        return {"content-type": self.artifact.content_type}


@value
class Gone:
    """Why a URL points to nothing, and the HTTP status that says so."""

    status: int
    reason: Reason


_UNKNOWN = Gone(404, Reason("missing", "No task that has succeeded made a file of this name."))


def fetched(world: World, path: str, now: Millis) -> Result | Gone:
    """Return what is behind the path of a result URL, or what a fault makes of it."""
    found = find(world, path, now)
    match = _URL.fullmatch(path)
    if isinstance(found, Gone):
        return found
    task = world.tasks.get(match[1], match[2]) if match else None
    wire, hits = None, list[Hit]()
    if task is not None:
        from mockserver.fake.faults.line import effect

        hits = world.faults_at("result", world.operation(task), world.about(task), path)
        for hit in hits:
            instead = effect(hit.fault)()
            if isinstance(instead, int):
                return Gone(instead, of_faults([hit]))
            wire = instead
    return Result(found, wire, of_faults(hits) if hits else None)


def owner(world: World, path: str) -> tuple[str, Task | None]:
    """Return the service that a result URL belongs to, or else the first one, and its task."""
    match = _URL.fullmatch(path)
    task = world.tasks.get(match[1], match[2]) if match else None
    if task is not None and match is not None:
        return match[1], task
    named = path.removeprefix(PATH).partition("/")[0]
    known = [service.id for service in world.services]
    return named if named in known else known[0], None


def find(world: World, path: str, now: Millis) -> Artifact | Gone:
    """Return what is behind the path of a result URL, or why there is nothing."""
    match = _URL.fullmatch(path)
    if archive := _ARCHIVE.fullmatch(path):
        return _archive(world, archive[1], archive[2], now)
    if match is None:
        return _found_at_once(world, path) or world.uploads.find(path) or _UNKNOWN
    service, id, index, mark, suffix = match.groups()
    task = world.tasks.get(service, id)
    if task is None or task.state(now).status != "succeed":
        return _UNKNOWN
    if world.is_expired(task, now):
        return _expired(world.readings[service])
    found = plan.artifacts(world.operation(task), task, world.payload(task), watermark=mark is not None)
    return next((each for made in found[int(index) :][:1] for each in _forms(made) if each.suffix == suffix), _UNKNOWN)


def _expired(readings: Readings) -> Gone:
    taken = readings.get("expired-result")
    reading = None if taken is None else f"expired-result={taken}"
    why = "Results are kept for 30 days, and these have passed on the fake's clock."
    return Gone(int(taken or 404), Reason("state", why, "expired-result", reading, "kling 6"))


def _forms(made: Made) -> tuple[Made, ...]:
    """Return the files that a result can be had as, and the picture that stands for a film."""
    return (made, made.cover) if isinstance(made, Film) else forms(made)


def _found_at_once(world: World, path: str) -> Artifact | None:
    match = _AT_ONCE.fullmatch(path)
    service = world.catalog.services.get(match[1]) if match else None
    operation = service.operations.get(f"{match[1]}/{match[2]}") if match and service else None
    made = plan.files(operation, match[3]) if match and operation else ()
    found = (each for one in made for each in forms(one))
    return next((each for each in found if match and (str(each.index), each.suffix) == (match[4], match[5])), None)


def _archive(world: World, service: str, names: str, now: Millis) -> Artifact | Gone:
    """Return a ZIP of results, of which none may be gone."""
    parts: list[Made] = []
    for name in names.split("_"):
        id, _, index = name.partition("-")
        task = world.tasks.get(service, id)
        if task is None or task.state(now).status != "succeed" or world.is_expired(task, now):
            return _UNKNOWN
        parts += plan.artifacts(world.operation(task), task, world.payload(task))[int(index) :][:1]
    from hashlib import sha256  # most never need it, and it brings OpenSSL

    return Archive(sha256(names.encode()).hexdigest(), tuple(parts))
