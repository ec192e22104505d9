"""Media: the bytes of a result show what it is."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from mockserver.fake.media.artifacts import Film, Picture
from mockserver.fake.media.render import render
from mockserver.kit.server.media import MediaFile, decode

PNG = render(Picture("1", 0, "a cat", 64, 32))
MP4 = render(Film("1", 0, "a cat", 64, 36, 3, sound=True))


def test_a_picture_is_measured() -> None:
    assert decode(PNG) == MediaFile("image", 64, 32)


def test_a_film_is_measured() -> None:
    found = decode(MP4)
    assert (found.media, found.width, found.height, found.sound) == ("video", 64, 36, True)
    assert found.seconds == pytest.approx(3.04, abs=0.1)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", PNG[:200], MP4[:300], b"\0\0\0\x18ftypisom" + b"\0" * 99, PNG[:8] + b"x" * 99]
)
def test_what_cannot_be_opened_has_a_fault(content: bytes) -> None:
    found = decode(content)
    assert found.fault
    assert found.media == ""


def test_a_picture_of_another_kind_is_none() -> None:
    content = BytesIO()
    Image.new("L", (300, 300)).save(content, "GIF")
    assert decode(content.getvalue()).fault


def test_a_very_large_picture_is_measured_without_its_pixels_and_a_spoilt_one_is_found() -> None:
    content = BytesIO()
    Image.new("1", (8192, 8192)).save(content, "PNG")
    assert decode(content.getvalue()) == MediaFile("image", 8192, 8192)
    assert decode(content.getvalue()[:-40]).fault


def test_a_fault_says_what_is_there() -> None:
    assert decode(b"<html><body>log in").fault == "not a PNG, JPEG or MP4: it begins with b'<html><body>log '"
    assert decode(b"").fault == "not a PNG, JPEG or MP4: it is empty"
    assert decode(PNG[:200]).fault == "a picture that cannot be decoded: image file is truncated"


def test_a_large_jpeg_is_measured_and_a_cut_one_is_found() -> None:
    content = BytesIO()
    Image.effect_noise((2000, 1800), 90).save(content, "JPEG")
    assert decode(content.getvalue()) == MediaFile("image", 2000, 1800)
    assert decode(content.getvalue()[: len(content.getvalue()) // 2]).fault


def sound(kind: str, codec: str) -> bytes:
    """Return half a second of silence."""
    import av

    content = BytesIO()
    with av.open(content, "w", format=kind) as container:
        stream: Any = container.add_stream(codec, rate=44100)
        frame = av.AudioFrame(format="s16", layout="mono", samples=22050)
        frame.rate = 44100
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        resampler = av.AudioResampler(stream.format, stream.layout, 44100, frame_size=stream.frame_size or None)
        for each in resampler.resample(frame):
            container.mux(stream.encode(each))
        container.mux(stream.encode(None))
    return content.getvalue()


@pytest.mark.parametrize(("kind", "codec"), [("wav", "pcm_s16le"), ("mp3", "mp3"), ("flac", "flac")])
def test_a_sound_is_measured(kind: str, codec: str) -> None:
    content = sound(kind, codec)
    found = decode(content)
    assert (found.media, found.sound, found.fault) == ("audio", True, None)
    assert found.seconds == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("content", [b"ID3" + b"\0" * 99, b"RIFF\0\0\0\0WAVE" + b"x" * 99])
def test_a_sound_that_cannot_be_decoded_has_a_fault(content: bytes) -> None:
    assert "sound" in str(decode(content).fault)
