"""Sounds are real: PyAV and wave decode them, and they last as long as was asked for."""

from __future__ import annotations

import re
import subprocess
import sys
import wave
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from typing import Any

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.fake.media import sounds
from mockserver.fake.media.artifacts import Sound, forms
from mockserver.fake.media.render import render

SOUND = Sound("831922847120449612", 0, 3500)
FORMATS: list[Any] = ["mp3", "wav"]


def heard(sound: Sound) -> tuple[str, list[int]]:
    """Decode a sound with a decoder that raises where a player would patch over; return its codec and its samples."""
    with av.open(BytesIO(render(sound)), "r") as container:
        (stream,) = container.streams.audio
        stream.codec_context.options = {"err_detect": "explode"}
        resampler = av.AudioResampler("s16", "mono", sounds.SAMPLE_RATE)
        frames = [part for frame in container.decode(stream) for part in resampler.resample(frame)]
        data = b"".join(bytes(frame.planes[0])[: 2 * frame.samples] for frame in frames)
        return stream.codec_context.name, memoryview(data).cast("h").tolist()


@pytest.mark.parametrize(("format", "codec"), [("mp3", "mp3float"), ("wav", "pcm_s16le")])
def test_pyav_hears_every_sample_and_no_silence(format: Any, codec: str) -> None:
    found, samples = heard(replace(SOUND, format=format))
    assert (found, len(samples)) == (codec, 3.5 * sounds.SAMPLE_RATE)
    assert 1000 < max(samples) < 16_000
    assert max(samples[-sounds.SAMPLE_RATE // 2 :]) > 500


def test_wave_reads_the_wav() -> None:
    with wave.open(BytesIO(render(replace(SOUND, format="wav")))) as found:
        assert (found.getnchannels(), found.getsampwidth(), found.getframerate()) == (1, 2, sounds.SAMPLE_RATE)
        assert found.getnframes() == 3.5 * sounds.SAMPLE_RATE


@settings(max_examples=20)
@given(st.integers(1, 4000), st.sampled_from(FORMATS))
def test_a_sound_of_any_length_is_as_long_as_asked(milliseconds: int, format: Any) -> None:
    _, samples = heard(Sound("1", 0, milliseconds, format))
    assert len(samples) == milliseconds * sounds.SAMPLE_RATE // 1000


@pytest.mark.parametrize("format", FORMATS)
def test_the_bytes_do_not_depend_on_the_process_and_carry_no_tag(format: Any) -> None:
    sound = replace(SOUND, format=format)
    probe = (
        "import hashlib; from mockserver.fake.media.artifacts import Sound;"
        "from mockserver.fake.media.render import render;"
        f"print(hashlib.sha256(render({sound!r})).hexdigest())"
    )
    runs = {subprocess.run([sys.executable, "-c", probe], capture_output=True, check=True).stdout for _ in range(2)}
    assert len(runs) == 1
    assert not re.search(rb"Lav[fc][0-9]|ID3", render(sound))


@pytest.mark.parametrize("change", [{"index": 1}, {"task_id": "2"}])
def test_another_index_or_task_is_another_sound(change: dict[str, Any]) -> None:
    assert sounds.chord(replace(SOUND, **change)) != sounds.chord(SOUND)
    assert render(replace(SOUND, **change)) != render(SOUND)


def test_a_second_joins_the_next_without_a_click() -> None:
    _, samples = heard(replace(SOUND, format="wav"))
    assert samples[: sounds.SAMPLE_RATE] == samples[sounds.SAMPLE_RATE : 2 * sounds.SAMPLE_RATE]
    steps = [abs(one - other) for one, other in pairwise(samples)]
    assert steps[sounds.SAMPLE_RATE - 1] <= max(steps[: sounds.SAMPLE_RATE - 1])


def test_what_nobody_waits_for_is_broken_off() -> None:
    assert render(SOUND, lambda: True) == b""


def test_a_sound_can_be_had_as_two_files() -> None:
    assert [(each.suffix, each.content_type) for each in forms(SOUND)] == [
        (".mp3", "audio/mpeg"),
        (".wav", "audio/wav"),
    ]
    assert [Sound("1", 0, length).duration for length in (3500, 10_000, 41)] == ["3.500", "10.000", "0.041"]
