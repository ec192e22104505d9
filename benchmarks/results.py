"""Results: how long a picture and a film take through HTTP, when they are made and when they are kept."""

from __future__ import annotations

import json
from time import perf_counter
from urllib.parse import urlsplit

from benchmarks.harness.client import Line
from benchmarks.harness.figures import Figure, table
from benchmarks.harness.process import ours, started
from benchmarks.harness.stream import IMAGES, VIDEOS
from benchmarks.harness.wire import get, post

_ROUNDS = 3
_PROMPT = "A lighthouse in a storm, seen from a small boat"
_STILL = {"model_name": "kling-v3-omni", "prompt": _PROMPT, "aspect_ratio": "16:9"}
_FILM = {**_STILL, "mode": "pro", "duration": "15", "sound": "on"}
_KINDS = (
    ("a PNG of 1k", IMAGES, {**_STILL, "resolution": "1k"}, ""),
    ("a PNG of 4k", IMAGES, {**_STILL, "resolution": "4k"}, ""),
    ("a film of 15 s, 1080p, with sound", VIDEOS, _FILM, "< 3 s"),
)


def main() -> None:
    """Measure and print. The first of each kind also pays for the imports."""
    rows = []
    with started(ours("--pace", "instant")) as server, Line(server.port) as line:
        for name, path, payload, target in _KINDS:
            made: list[float] = []
            kept: list[float] = []
            size = 0
            for _ in range(_ROUNDS):
                url = _url(line, path, payload)
                for times in (made, kept):
                    began = perf_counter()
                    answer = line.ask(get(url))
                    times.append(perf_counter() - began)
                    if answer.status != 200:
                        raise RuntimeError(f"{url} was answered with {answer.status}")
                    size = len(answer.body)
            rows.append((name, f"{size / 1e6:.1f}", f"{Figure.of(made):.2f}", f"{Figure.of(kept):.3f}", target))
        rows.append(("memory after them, MB", "", f"{server.megabytes:.0f}", "", ""))
    title = f"Results in seconds, median (spread) of {_ROUNDS}"
    print(table(title, ["", "MB", "first (made)", "second (kept)", "target"], rows))


def _url(line: Line, path: str, payload: dict[str, str]) -> str:
    """Create a task, and return the path of its first result."""
    id = json.loads(line.ask(post(path, payload)).body)["data"]["task_id"]
    result = json.loads(line.ask(get(f"{path}/{id}")).body)["data"]["task_result"]
    (found, *_) = result.get("images") or result["videos"]
    return urlsplit(str(found["url"])).path
