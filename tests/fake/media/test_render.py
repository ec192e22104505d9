"""Results are real: Pillow opens the pictures, PyAV plays the films, and both are what was asked for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from io import BytesIO
from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from mockserver.fake.media import faces, films, pictures
from mockserver.fake.media import text as lettering
from mockserver.fake.media.artifacts import Film, Picture, dimensions, film_dimensions
from mockserver.fake.media.render import render
from tests.support.sampling import draws

if TYPE_CHECKING:
    from av.container import InputContainer

PICTURE = Picture("831922847120449612", 0, "A cat on a windowsill, <<<image_1>>>", 320, 200)
FILM = Film("831922847120449612", 0, "A cat walks over a piano", 160, 90, 3)

GRIDS = [(1024, 16, False), (2048, 32, False), (4096, 64, True)]
"""The side of a square in pixels, the step, and whether the nearest counts."""

AWKWARD = {
    "empty": "",
    "one-word-of-2500": "x" * 2500,
    "many-words": "a cat " * 416,
    "ideographs": "猫" * 2500,
    "emoji": "😀👩‍👩‍👧" * 300,
    "controls": "".join(map(chr, range(32))) + "\x7f\x80\u200b\u202e\ufeff",
    "line-feeds": "\n" * 2500,
    "right-to-left": "قطة تمشي على الثلج " * 100,
    "surrogate": "\ud83d",
    "far-too-long": "x" * 1_000_000,
}


def opened(picture: Picture) -> Image.Image:
    image = Image.open(BytesIO(render(picture)))
    image.load()
    return image


def changed(one: Image.Image, other: Image.Image) -> float:
    """Return the share of pixels that a person could see change."""
    tones = ImageChops.difference(one, other).convert("L").histogram()
    return sum(tones[10:]) / sum(tones)


@cache
def file(film: Film) -> bytes:
    return render(film)


def played(film: Film) -> InputContainer:
    return av.open(BytesIO(file(film)), "r")


def decoded(film: Film) -> list[av.VideoFrame]:
    """Decode the whole film with a decoder that raises where a player would patch over."""
    with played(film) as container:
        container.streams.video[0].codec_context.options = {"err_detect": "explode"}
        return list(container.decode(video=0))


def boxes(data: bytes) -> list[str]:
    names, at = [], 0
    while at < len(data):
        names.append(data[at + 4 : at + 8].decode())
        at += int.from_bytes(data[at : at + 4], "big")
    return names


@pytest.fixture(params=["machine", "pillow"])
def face(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run with the machine's fonts, and as if there were none."""
    faces.having.cache_clear()
    if request.param == "pillow":
        monkeypatch.setattr(faces, "machine", tuple)
    yield request.param
    faces.having.cache_clear()


class TestValues:
    def test_the_module_is_light_at_import(self) -> None:
        probe = "import sys, mockserver.fake.media.render; print([m for m in ('PIL', 'av') if m in sys.modules])"
        run = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
        assert run.stdout.strip() == "[]"

    @pytest.mark.parametrize(
        ("seconds", "frames", "duration"), [(3, 73, "3.041"), (5, 121, "5.041"), (15, 361, "15.041")]
    )
    def test_a_film_lasts_one_frame_longer_than_asked(self, seconds: int, frames: int, duration: str) -> None:
        film = replace(FILM, seconds=seconds)
        assert (film.frames, film.duration) == (frames, duration)

    def test_content_type_and_suffix_tell_the_formats_apart(self) -> None:
        assert (PICTURE.content_type, PICTURE.suffix) == ("image/png", ".png")
        jpeg = replace(PICTURE, format="jpeg")
        assert (jpeg.content_type, jpeg.suffix) == ("image/jpeg", ".jpg")
        assert (FILM.content_type, FILM.suffix) == ("video/mp4", ".mp4")


class TestDimensions:
    @given(st.integers(1, 9000), st.integers(1, 9000), st.sampled_from(GRIDS))
    def test_any_source_size_works_as_a_ratio(self, wide: int, high: int, grid: tuple[int, int, bool]) -> None:
        side, step, is_nearest = grid
        for got, wanted in zip(
            dimensions(f"{wide}:{high}", side, step, is_nearest=is_nearest),
            (side * sqrt(wide / high), side * sqrt(high / wide)),
            strict=True,
        ):
            assert got % step == 0
            off = got - wanted
            assert got == step or (abs(off) <= step / 2 + 1e-6 if is_nearest else -step - 1e-6 < off <= 1e-6)

    @given(st.integers(1, 9000), st.integers(1, 9000), st.sampled_from(GRIDS))
    def test_an_upright_picture_is_the_turned_one(self, wide: int, high: int, grid: tuple[int, int, bool]) -> None:
        side, step, is_nearest = grid
        lying = dimensions(f"{wide}:{high}", side, step, is_nearest=is_nearest)
        assert dimensions(f"{high}:{wide}", side, step, is_nearest=is_nearest) == lying[::-1]

    @pytest.mark.parametrize(
        ("ratio", "short", "size"),
        [
            ("16:9", 720, (1280, 720)),
            ("16:9", 1080, (1920, 1080)),
            ("16:9", 2160, (3840, 2160)),
            ("9:16", 1080, (1080, 1920)),
            ("1:1", 1080, (1080, 1080)),
        ],
    )
    def test_films_have_the_sizes_of_their_modes(self, ratio: str, short: int, size: tuple[int, int]) -> None:
        assert film_dimensions(ratio, short) == size

    @given(st.integers(1, 100), st.integers(1, 100), st.sampled_from([720, 1080, 2160]))
    def test_film_sides_are_even_and_at_most_a_pixel_off_the_ratio(self, wide: int, high: int, short: int) -> None:
        width, height = film_dimensions(f"{wide}:{high}", short)
        assert (width % 2, height % 2, min(width, height)) == (0, 0, short)
        assert abs(max(width, height) - Fraction(short * max(wide, high), min(wide, high))) <= 1

    @pytest.mark.parametrize("ratio", ["auto", "16x9", "16:", ":9", "0:1", "1:0", "-1:1", "1:1:1", "1.5:1", ""])
    def test_anything_but_two_whole_numbers_is_refused_with_advice(self, ratio: str) -> None:
        for size in (dimensions, film_dimensions):
            with pytest.raises(ValueError, match="such as 16:9"):
                size(ratio, 1080)


class TestPictures:
    @pytest.mark.parametrize(("format", "name"), [("png", "PNG"), ("jpeg", "JPEG")])
    def test_pillow_opens_them_in_the_size_and_format_asked_for(self, format: str, name: str) -> None:
        image = opened(Picture("1", 0, "A cat", 320, 200, format=format))  # type: ignore[arg-type]
        assert (image.format, image.size, image.mode) == (name, (320, 200), "RGB")

    @pytest.mark.parametrize("side", [1024, 2048])
    def test_full_sizes_open_too(self, side: int) -> None:
        width, height = dimensions("16:9", side)
        assert opened(replace(PICTURE, width=width, height=height)).size == (width, height)

    def test_the_same_values_give_the_same_bytes(self) -> None:
        assert render(PICTURE) == render(replace(PICTURE))

    def test_the_bytes_do_not_depend_on_the_process(self) -> None:
        probe = (
            "import hashlib; from mockserver.fake.media.artifacts import Picture;"
            "from mockserver.fake.media.render import render;"
            f"print(hashlib.sha256(render({PICTURE!r})).hexdigest())"
        )
        runs = {subprocess.run([sys.executable, "-c", probe], capture_output=True, check=True).stdout for _ in range(2)}
        assert len(runs) == 1

    @pytest.mark.parametrize("change", [{"index": 1}, {"task_id": "2"}])
    def test_another_index_or_task_is_another_composition(self, change: dict[str, object]) -> None:
        one, other = (pictures.backdrop(each) for each in (PICTURE, replace(PICTURE, **change)))  # type: ignore[arg-type]
        assert changed(one, other) > 0.5

    def test_the_prompt_is_white_on_a_dark_plate_in_the_lower_part(self) -> None:
        large = replace(PICTURE, width=1280, height=800)
        blank, written = (opened(replace(large, prompt=prompt)) for prompt in ("", "HELLO"))
        box = ImageChops.difference(blank, written).getbbox()
        assert box is not None
        assert box[1] > 400
        before, after = (image.crop(box).convert("L").histogram() for image in (blank, written))
        assert after[255] > 200 > before[255] == 0
        assert sum(after[:110]) > sum(after) / 2

    def test_every_letter_of_the_prompt_matters(self) -> None:
        assert render(replace(PICTURE, prompt="a cat")) != render(replace(PICTURE, prompt="a cut"))

    def test_the_marked_twin_differs_along_the_diagonal_and_nowhere_else(self) -> None:
        plain, marked = (opened(replace(PICTURE, watermark=mark)) for mark in (False, True))
        difference = ImageChops.difference(plain, marked).convert("L")
        assert difference.crop((130, 70, 190, 130)).getextrema()[1] > 40  # type: ignore[operator]
        for corner in [(0, 0, 60, 40), (260, 160, 320, 200)]:
            assert difference.crop(corner).getbbox() is None

    @pytest.mark.parametrize("prompt", AWKWARD.values(), ids=AWKWARD.keys())
    def test_awkward_prompts_become_pictures(self, prompt: str, face: str) -> None:
        assert opened(replace(PICTURE, prompt=prompt)).size == (320, 200)

    @settings(max_examples=draws(50))
    @given(st.text(st.characters(exclude_categories=()), max_size=200), st.integers(1, 90), st.integers(1, 90))
    def test_any_prompt_becomes_a_picture_of_any_size(self, prompt: str, width: int, height: int) -> None:
        picture = Picture("1", 0, prompt, width, height, watermark=True)
        assert opened(picture).size == (width, height)


class TestLettering:
    def test_what_has_no_glyph_is_written_out(self, face: str) -> None:
        cat = "‹U+732B›" if face == "pillow" or faces.having("猫") is None else "猫"
        assert lettering.legible("a 猫 \U0001fbff\a") == f"a {cat} ‹U+1FBFF›‹U+0007›"

    def test_what_would_not_show_is_written_out(self, face: str) -> None:
        assert lettering.legible("a\u200b\u202e\x7f\ud83d") == "a‹U+200B›‹U+202E›‹U+007F›‹U+D83D›"

    def test_no_more_is_read_than_fits(self) -> None:
        assert len(lettering.legible("x" * 1_000_000)) < 10_000

    def test_white_space_shows_as_space_and_line_ends_as_line_ends(self) -> None:
        assert lettering.legible("a\tb\u3000c\r\nd\re\u2028f") == "a b c\nd\ne\nf"

    def test_lines_break_at_spaces_where_there_are_some(self) -> None:
        widths = dict.fromkeys("abcdefgh ", 1.0)
        assert list(lettering.wrap("ab cd ef gh", 5, widths)) == ["ab cd", "ef gh"]

    def test_ideographs_and_endless_words_break_anywhere(self) -> None:
        widths = dict.fromkeys("ab 一只猫在", 1.0)
        assert list(lettering.wrap("ab 一只猫在", 5, widths)) == ["ab 一只", "猫在"]
        assert list(lettering.wrap("ab aaaaaaa", 5, widths)) == ["ab", "aaaaa", "aa"]

    @given(st.text("abc 猫-", max_size=80), st.integers(1, 12))
    def test_wrapping_keeps_every_letter_and_no_line_is_too_long(self, text: str, room: int) -> None:
        lines = list(lettering.wrap(text, room, dict.fromkeys("abc 猫-", 1.0)))
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(len(line) <= room for line in lines)

    def test_what_does_not_fit_ends_in_an_ellipsis(self, face: str) -> None:
        letters, lines = lettering._fit("word " * 800, 300, 120, 200)
        assert lines[-1].endswith(lettering.ELLIPSIS)
        assert 1 < len(lines) <= 24
        assert max(lettering._length(line, letters) for line in lines) <= 300

    def test_a_plate_stays_within_its_room(self, face: str) -> None:
        plate = lettering.plate("word " * 800, 300, 120, 200)
        assert plate.width <= 300
        assert plate.height <= 120


class TestFilms:
    @pytest.mark.parametrize("seconds", [3, 5])
    def test_pyav_plays_every_frame_at_24_a_second(self, seconds: int) -> None:
        film = replace(FILM, seconds=seconds)
        shown = decoded(film)
        assert {(frame.width, frame.height, frame.format.name) for frame in shown} == {(160, 90, "yuv420p")}
        assert [round(frame.time * 24, 3) for frame in shown] == list(range(24 * seconds + 1))

    @pytest.mark.parametrize("sound", [False, True])
    def test_the_container_says_h264_and_the_duration_of_the_wire(self, sound: bool) -> None:
        film = replace(FILM, sound=sound)
        with played(film) as container:
            stream = container.streams.video[0]
            assert (stream.codec_context.name, stream.frames) == ("h264", 73)
            assert stream.average_rate == Fraction(24)
            assert container.duration is not None
            assert abs(container.duration / 1_000_000 - float(film.duration)) < 1 / 24

    def test_a_film_of_thirty_frames_a_second_has_as_many(self) -> None:
        film = replace(FILM, rate=30, sound=True)
        assert (film.frames, film.duration) == (91, "3.033")
        assert [round(frame.time * 30, 3) for frame in decoded(film)] == list(range(91))
        with played(film) as container:
            assert container.streams.video[0].average_rate == Fraction(30)

    def test_the_film_moves_and_loops_without_a_seam(self) -> None:
        shown = [bytes(frame.planes[0]) for frame in decoded(FILM)]
        assert len(set(shown[:24])) == 24
        assert shown[24:48] == shown[:24]
        assert shown[72] == shown[0]

    def test_each_frame_differs_visibly_from_the_one_before(self) -> None:
        assert min(changed(one, other) for one, other in pairwise(films.frames(FILM))) > 0.01

    def test_times_only_grow_and_every_second_starts_with_a_key_frame(self) -> None:
        with played(FILM) as container:
            packets = [packet for packet in container.demux(video=0) if packet.dts is not None]
        times = [packet.dts for packet in packets]
        assert times == sorted(set(times))  # type: ignore[type-var]
        assert [packet.pts for packet in packets] == times
        assert [at for at, packet in enumerate(packets) if packet.is_keyframe] == [0, 24, 48, 72]

    def test_a_player_can_jump_into_it(self) -> None:
        with played(FILM) as container:
            container.seek(2_400_000)
            assert next(container.decode(video=0)).time == 2

    def test_the_index_comes_before_the_data(self) -> None:
        names = boxes(file(FILM))
        assert names[0] == "ftyp"
        assert names.index("moov") < names.index("mdat")

    def test_sound_is_there_when_asked_for_as_long_as_the_film_and_not_silent(self) -> None:
        film = replace(FILM, sound=True)
        with played(film) as container:
            stream = container.streams.audio[0]
            heard = list(container.decode(stream))
        assert (stream.codec_context.name, stream.rate) == ("aac", 48_000)
        lasts = sum(frame.samples for frame in heard) / 48_000
        assert abs(lasts - 73 / 24) < 1 / 24
        level = memoryview(bytes(heard[20].planes[0])).cast("f")
        assert 0.01 < max(level) < 0.5

    def test_a_silent_film_has_no_track_of_sound(self) -> None:
        with played(FILM) as container:
            assert not container.streams.audio

    def test_the_same_values_give_the_same_bytes_here(self) -> None:
        assert render(replace(FILM, sound=True)) == file(replace(FILM, sound=True))

    @pytest.mark.parametrize("change", [{"index": 1}, {"task_id": "2"}, {"prompt": "A dog"}, {"watermark": True}])
    def test_another_index_task_prompt_or_mark_is_another_film(self, change: dict[str, object]) -> None:
        other = replace(FILM, **change)  # type: ignore[arg-type]
        one, two = (next(films.frames(film)) for film in (FILM, other))
        assert ImageChops.difference(one, two).getbbox() is not None

    def test_a_full_size_film_plays(self) -> None:
        width, height = film_dimensions("9:16", 1080)
        shown = decoded(Film("1", 0, "一只猫在雪地里行走", width, height, 3, sound=True))
        assert (len(shown), shown[0].width, shown[0].height) == (73, 1080, 1920)

    def test_fifteen_seconds_are_encoded_from_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = [*films.frames(FILM)]
        monkeypatch.setattr(films, "frames", lambda film: iter(drawn))
        assert len(drawn) == 24
        assert len(decoded(replace(FILM, seconds=15))) == 361

    def test_an_odd_size_is_refused_by_name(self) -> None:
        with pytest.raises(ValueError, match="161 x 90"):
            render(replace(FILM, width=161))
