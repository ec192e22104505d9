"""The stream: payloads that differ from request to request, so that no answer is one that was made before.

They are made beforehand, from a seed: each run and each server gets the same ones in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from random import Random

from benchmarks.harness.wire import post
from mockserver.types import Payload

IMAGES, VIDEOS = "/v1/images/omni-image", "/v1/videos/omni-video"

COUNT = 8000
"""Payloads of one kind: more than any cache by body would hold, and than most servers answer in one round."""

_TEXT = """
a an the old small red green glass paper wooden lighthouse harbour boat bicycle café market street garden cat fox heron
violinist baker child at dusk in rain under snow before dawn behind clouds beside lanterns with warm light long shadows
fine grain shallow focus slow camera wide lens 水彩 灯塔 雨中 猫
"""
_WORDS = _TEXT.split()
_RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9")


@cache
def images(count: int = COUNT) -> Sequence[Payload]:
    """Return payloads that create images; no rule has anything against them."""
    return _drawn(_image, count)


@cache
def videos(count: int = COUNT) -> Sequence[Payload]:
    """Return payloads that create videos; no rule has anything against them."""
    return _drawn(_video, count)


@cache
def refused(count: int = COUNT) -> Sequence[Payload]:
    """Return payloads for images that break one rule each."""
    return _drawn(lambda chance: chance.choice(_BREAKS)(chance, _image(chance)), count)


@cache
def creates(path: str = IMAGES) -> Sequence[bytes]:
    """Return the stream of requests that create."""
    return [post(path, payload) for payload in (images() if path == IMAGES else videos())]


@cache
def refusals() -> Sequence[bytes]:
    """Return the stream of requests that are refused."""
    return [post(IMAGES, payload) for payload in refused()]


def _drawn(draw: Callable[[Random], Payload], count: int) -> Sequence[Payload]:
    chance = Random(11)
    return [draw(chance) for _ in range(count)]


def _image(chance: Random) -> Payload:
    references = chance.randint(0, 4)
    payload: Payload = {
        "model_name": "kling-image-o1",
        "prompt": _prompt(chance, references),
        "resolution": chance.choice(("1k", "2k")),
        "aspect_ratio": chance.choice(_RATIOS),
    }
    if references:
        payload["image_list"] = [{"image": _url(chance)} for _ in range(references)]
    if references and chance.random() < 0.2:
        payload |= {"model_name": "kling-v3-omni", "result_type": "series", "series_amount": chance.randint(2, 9)}
    else:
        payload["n"] = chance.randint(1, 9)
    if chance.random() < 0.2:
        payload["watermark_info"] = {"enabled": chance.random() < 0.5}
    return payload


def _video(chance: Random) -> Payload:
    references = chance.randint(0, 4)
    payload: Payload = {
        "model_name": "kling-v3-omni",
        "prompt": _prompt(chance, references),
        "mode": chance.choice(("std", "pro")),
        "duration": str(chance.randint(3, 10)),
        "aspect_ratio": chance.choice(("16:9", "9:16", "1:1")),
        "sound": chance.choice(("on", "off")),
    }
    if references:
        payload["image_list"] = [{"image_url": _url(chance)} for _ in range(references)]
    if references > 1 and chance.random() < 0.5:
        payload |= {"model_name": "kling-video-o1", "sound": "off"}
    return payload


def _prompt(chance: Random, references: int) -> str:
    words = [chance.choice(_WORDS) for _ in range(chance.randint(6, 60))]
    named = [f"<<<image_{number}>>>" for number in range(1, references + 1)]
    return " ".join([*words, *named, f"no. {chance.getrandbits(48)}"])


def _url(chance: Random) -> str:
    return f"https://example.com/{chance.getrandbits(64):x}.png"


def _too_many(chance: Random, payload: Payload) -> Payload:
    payload.pop("series_amount", None)
    return {**payload, "model_name": "kling-image-o1", "result_type": "single", "n": chance.randint(10, 10_000)}


def _no_such(field: str) -> Callable[[Random, Payload], Payload]:
    return lambda chance, payload: {**payload, field: f"{chance.randint(10, 10_000)}"}


def _no_prompt(chance: Random, payload: Payload) -> Payload:
    left = {name: value for name, value in payload.items() if name != "prompt"}
    return {**left, "external_task_id": f"{chance.getrandbits(48)}"}


def _empty_image(chance: Random, payload: Payload) -> Payload:
    return {**payload, "image_list": [*({"image": _url(chance)} for _ in range(4)), {"image": ""}]}


_BREAKS: tuple[Callable[[Random, Payload], Payload], ...] = (
    _too_many,
    _no_such("resolution"),
    _no_such("aspect_ratio"),
    _no_prompt,
    _empty_image,
)
