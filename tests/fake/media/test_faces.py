"""Each letter has a face: Pillow's own, or one that the machine's fontconfig tells of, or one with a usual name."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import ImageFont

from mockserver.fake.media import faces, text
from mockserver.fake.media.faces import OWN, Face
from tests.support.programs import need_chinese

Telling = Callable[[str], None]

CACHED = (faces.having, faces.font, faces.machine, faces._missing)


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """Begin and end as a process does that has drawn nothing."""
    for cached in CACHED:
        cached.cache_clear()
    yield
    for cached in CACHED:
        cached.cache_clear()


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of fonts of a machine that has nothing: no program, and no font."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "share"))
    (fonts := tmp_path / "share" / "fonts").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    return fonts


@pytest.fixture
def tells(bare: Path) -> Telling:
    """Return what makes a fontconfig that tells some lines."""

    def tell(lines: str) -> None:
        program = bare.parents[1] / "bin" / "fc-match"
        program.write_text(f"#!{sys.executable}\nprint({lines!r})\n")
        program.chmod(0o755)

    return tell


def font_at(path: Path) -> str:
    """Write a real font, and return its path."""
    own = ImageFont.load_default(24)
    assert isinstance(own, ImageFont.FreeTypeFont)
    path.write_bytes(own.font_bytes)
    return str(path)


def test_letters_of_pillows_own_face_ask_nothing_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    text.plate("A cat, a dog & 2 <<<birds>>>…", 300, 120, 200)
    assert faces.machine.cache_info().misses == 0


def test_the_machine_is_asked_once(tells: Telling) -> None:
    tells("")
    for prompt in ("猫", "狗 и кот"):
        text.plate(prompt, 300, 120, 200)
    assert faces.machine.cache_info().misses == 1


@pytest.mark.parametrize(
    "lines",
    ["", "\t\t", "nonsense", "A\tfirst\t/a", "A\t0\t/no/such.ttf", f"A\t0\t{__file__}", f"A\t7\t{sys.executable}"],
)
def test_what_fontconfig_tells_wrongly_is_no_face(lines: str, tells: Telling) -> None:
    tells(lines)
    assert faces.machine() == ()
    assert text.legible("a 猫") == "a ‹U+732B›"


@pytest.mark.parametrize("error", [FileNotFoundError("fc-match"), subprocess.TimeoutExpired("fc-match", 20)])
@pytest.mark.usefixtures("bare")
def test_without_an_answer_of_fontconfig_there_is_no_face(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(subprocess, "run", run)
    assert faces.machine() == ()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have their fonts where no test can put one")
def test_without_fontconfig_a_font_is_found_by_its_usual_name(bare: Path) -> None:
    (bare / "truetype").mkdir()
    font_at(bare / "truetype" / "wqy-zenhei.ttc")
    assert faces.machine() == (Face("wqy-zenhei.ttc"),)


def test_fontconfig_tells_the_order_and_one_face_of_a_family_counts(tells: Telling, tmp_path: Path) -> None:
    sans, bold, song = (font_at(tmp_path / name) for name in ("sans.ttf", "bold.ttf", "song.ttf"))
    tells(f"Hei\t0\t{sans}\nHei\t0\t{bold}\nSong\t0\t{song}")
    assert faces.machine() == (Face(sans), Face(song))


def test_of_many_faces_only_the_first_are_asked(tells: Telling, tmp_path: Path) -> None:
    file = font_at(tmp_path / "a.ttf")
    tells("\n".join(f"Family {number}\t0\t{file}" for number in range(40)))
    assert len(faces.machine()) == 8


def test_each_letter_of_a_line_is_drawn_with_the_first_face_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    hei, kai = Face("hei"), Face("kai")
    glyphs = {OWN: "cat", hei: "猫狗", kai: "猫鼠"}
    monkeypatch.setattr(faces, "machine", lambda: (hei, kai))
    monkeypatch.setattr(faces, "_has", lambda face, character: character in glyphs[face])
    assert list(faces.runs("a cat 猫狗鼠t")) == [(OWN, "a cat "), (hei, "猫狗"), (kai, "鼠"), (OWN, "t")]


def test_chinese_letters_are_drawn_and_not_as_boxes() -> None:
    need_chinese()
    drawn = {text.plate(letter, 300, 120, 200).tobytes() for letter in ("猫", "狗", "\U0010fffd")}
    assert len(drawn) == 3
    assert text.legible("一只猫在窗台上，晒太阳。") == "一只猫在窗台上，晒太阳。"


def test_a_line_is_as_wide_as_its_parts() -> None:
    need_chinese()
    parts = [text._length(part, 30) for part in ("A cat ", "猫在窗台上", "!")]
    assert text._length("A cat 猫在窗台上!", 30) == sum(parts)
    assert min(parts) > 0
