"""Films: H.264 and AAC in an MP4, one second of motion that loops for as long as was asked for.

Only that second is encoded, as one closed group of pictures without B-frames; its packets are repeated with
later times. So a film of 15 s takes hardly longer to make than one of 3 s.
"""

from __future__ import annotations

from fractions import Fraction
from heapq import merge
from io import BytesIO
from math import cos, pi, sin
from typing import TYPE_CHECKING

from mockserver.fake.media import pictures, sounds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.container import OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from PIL.Image import Image

    from mockserver.fake.media.artifacts import Film

_ENCODER = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "crf": "26",
    "x264-params": "keyint={rate}:min-keyint={rate}:scenecut=0:open-gop=0:bframes=0",
}

_THREADS = 2
"""A fixed number: the encoder cuts a frame into one slice for each thread, so the bytes depend on it."""

_BT709 = 1
"""H.264's number for the colours of high definition; players guess where it is absent."""

_CHUNK = 1024
"""Samples in one frame of AAC."""

_ORBS = 3


def encode(film: Film, is_abandoned: Callable[[], bool] = lambda: False) -> bytes:
    """Return the file, its index in front, so that a browser plays it while it loads.

    One that ``is_abandoned`` is broken off, and empty. Raises ValueError for an odd width or height, which H.264 does
    not have.
    """
    import av

    if film.width % 2 or film.height % 2:
        raise ValueError(f"a film of {film.width} x {film.height} pixels: H.264 wants both even")
    file = BytesIO()
    # Room for the index is kept at the front: moving it there afterwards would need a file with a name.
    room = {"moov_size": str(4096 + 64 * film.frames)}
    with av.open(file, "w", format="mp4", options=room) as container:
        tracks = [_pictures(container, film, is_abandoned)]
        if film.sound:
            tracks.append(_sound(container, film))
        # merge starts every track, and so adds its stream, before the first packet makes the container write.
        for packet in merge(*tracks, key=_time):
            container.mux(packet)
    return b"" if is_abandoned() else file.getvalue()


def frames(film: Film) -> Iterator[Image]:
    """Yield the frames of the loop: three lights that go round behind the prompt."""
    still = pictures.backdrop(film)
    label = f"#{film.index}  {film.width} x {film.height}  {film.duration} s"
    tiles = pictures.furniture(film, label)
    _, colours = pictures.palette(film)
    glow = _glow(min(film.width, film.height) // 3)
    for number in range(film.rate):
        frame = still.copy()
        for orb in range(_ORBS):
            turn = 2 * pi * (number / film.rate + orb / _ORBS)
            x = film.width * (0.5 + 0.34 * cos(turn)) - glow.width / 2
            y = film.height * (0.5 + 0.34 * sin(turn)) - glow.height / 2
            light = tuple((2 * 255 + part) // 3 for part in colours[orb])
            frame.paste(light, (round(x), round(y)), glow)
        pictures.dress(frame, tiles)
        yield frame


def _glow(side: int) -> Image:
    """Return the mask of a round light that fades to nothing at its rim."""
    from PIL import Image, ImageDraw, ImageFilter

    mask = Image.new("L", (128, 128))
    ImageDraw.Draw(mask).ellipse((32, 32, 96, 96), fill=230)
    soft = mask.filter(ImageFilter.GaussianBlur(12))
    return soft.resize((max(1, side), max(1, side)), Image.Resampling.BICUBIC)


def _pictures(container: OutputContainer, film: Film, is_abandoned: Callable[[], bool]) -> Iterator[Packet[Stream]]:
    """Encode one second and yield its packets again and again, then the first once more."""
    import av

    options = {name: value.format(rate=film.rate) for name, value in _ENCODER.items()}
    stream = container.add_stream("libx264", rate=film.rate, options=options)
    stream.width, stream.height, stream.pix_fmt = film.width, film.height, "yuv420p"
    context = stream.codec_context
    context.thread_count = _THREADS
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    tick = Fraction(1, film.rate)
    loop: list[Packet[Stream]] = []
    for number, image in enumerate(frames(film)):
        if is_abandoned():
            break
        frame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]
        frame = frame.reformat(format="yuv420p", dst_colorspace=_BT709)
        frame.pts, frame.time_base = number, tick
        loop += stream.encode(frame)
    loop += stream.encode(None)
    for at in () if is_abandoned() else range(film.frames):
        source = loop[at % film.rate]
        packet = av.Packet(bytes(source))
        packet.stream, packet.time_base, packet.is_keyframe = stream, tick, source.is_keyframe
        packet.pts = packet.dts = at
        packet.duration = 1
        yield packet


def _sound(container: OutputContainer, film: Film) -> Iterator[Packet[Stream]]:
    """Encode the usual chord, as long as the film."""
    import av

    stream = container.add_stream("aac", rate=sounds.SAMPLE_RATE, options={"b": "96k"}, layout="mono")
    total = film.frames * sounds.SAMPLE_RATE // film.rate
    for start, samples in sounds.chunks(sounds.USUAL_CHORD, total, _CHUNK):
        frame = av.AudioFrame("fltp", "mono", len(samples))
        frame.planes[0].update(samples.tobytes())
        frame.sample_rate, frame.pts, frame.time_base = sounds.SAMPLE_RATE, start, Fraction(1, sounds.SAMPLE_RATE)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _time(packet: Packet[Stream]) -> Fraction:
    return (packet.dts or 0) * packet.time_base
