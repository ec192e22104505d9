"""Our keywords: each says what JSON Schema cannot, and nothing of an instance it does not speak of."""

import tracemalloc
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract import keywords
from mockserver.contract.catalog import load
from mockserver.contract.keywords import KEYWORDS
from mockserver.contract.texts import pictures
from mockserver.contract.texts.pictures import picture_size
from mockserver.contract.vectors import picture
from mockserver.types import JSON, Path
from tests.support.newer_standard import NEWER

IMAGE = picture(320, 300)
URL = "https://example.com/cat.png"

REFERENCES = {"in": ["prompt", "shots[].prompt"], "to": {"<<<image_%>>>": "images", "@image_%": "image_%"}}
TOTAL = {"lists": ["images", "elements"], "max": 3}
SUM = {"of": "shots[].duration", "equals": "duration", "default": "5"}
GROWTH = {"height": ["up", "down"], "width": ["left", "right"], "each": 2, "times": 3}


def used_values(schema: JSON) -> dict[str, Any]:
    """Return each of our keywords in a schema, with a value that it has there."""
    parts = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    found = {keyword: value for part in parts for keyword, value in used_values(part).items()}
    own = {key: value for key, value in schema.items() if key in KEYWORDS} if isinstance(schema, dict) else {}
    return {**found, **own}


VALUES: dict[str, Any] = {
    **used_values([*load().documents.values(), NEWER]),
    "x-references": REFERENCES,
    "x-total-items": TOTAL,
    "x-sum-equals": SUM,
    "x-grown-area": GROWTH,
    "x-ascending": ["start", "end"],
    "x-utf16-length": 10,
    "x-base64": True,
    "x-image-format": ["PNG", "JPEG"],
    "x-image-bytes": 100,
    "x-image-side": 300,
    "x-image-ratio": [0.4, 2.5],
}

JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["prompt", "shots", "images", "elements", "duration", "image_1"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


def problems(keyword: str, instance: JSON, value: Any = None) -> list[Path]:
    """Return where a keyword finds something wrong."""
    return [problem.path for problem in KEYWORDS[keyword](VALUES[keyword] if value is None else value, instance)]


def test_every_keyword_of_ours_is_used_by_a_schema() -> None:
    used = {
        keyword
        for document in (*load().documents.values(), NEWER)
        for keyword in KEYWORDS
        if f"'{keyword}'" in str(document)
    }
    assert used == set(KEYWORDS)


@pytest.mark.parametrize("keyword", KEYWORDS)
@given(instance=JSONS)
def test_a_keyword_bears_any_instance(keyword: str, instance: JSON) -> None:
    for path in problems(keyword, instance):
        found = instance
        for step in path:
            found = found[step]


@pytest.mark.parametrize("keyword", KEYWORDS)
@pytest.mark.parametrize(
    "instance", [None, True, 7, 1.5, [], [[]], {}, {"images": 7, "shots": [7], "duration": []}, ""]
)
def test_a_keyword_says_nothing_of_what_it_does_not_speak_of(keyword: str, instance: JSON) -> None:
    assert problems(keyword, instance) == []


@pytest.mark.parametrize("keyword", [name for name in KEYWORDS if name.startswith("x-image") or name == "x-base64"])
@pytest.mark.parametrize("url", [URL, "http://127.0.0.1/a"])
def test_of_a_url_nothing_is_known(keyword: str, url: str) -> None:
    assert problems(keyword, url) == []


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"prompt": "<<<image_1>>>", "images": ["a"]}, []),
        ({"prompt": "<<<image_2>>>", "images": ["a", "b"]}, []),
        ({"prompt": "<<<image_2>>>", "images": ["a"]}, [("prompt",)]),
        ({"prompt": "<<<image_1>>>"}, [("prompt",)]),
        ({"prompt": "<<<image_0>>>", "images": ["a"]}, [("prompt",)]),
        ({"prompt": "<<<image_1>>> <<<image_7>>> <<<image_8>>>", "images": ["a"]}, [("prompt",), ("prompt",)]),
        ({"prompt": "<<image_1>>, <<<image_>>> and <<<image_x>>>"}, []),
        ({"prompt": "@image_1", "image_1": "a"}, []),
        ({"prompt": "@image_10", "image_1": "a"}, [("prompt",)]),
        ({"prompt": "@image_1", "image_1": ""}, [("prompt",)]),
        ({"shots": [{"prompt": "a"}, {"prompt": "<<<image_1>>>"}]}, [("shots", 1, "prompt")]),
    ],
)
def test_a_reference_needs_something_that_was_sent(payload: JSON, expected: list[Path]) -> None:
    assert problems("x-references", payload) == expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"images": [1, 2, 3]}, []),
        ({"images": [1, 2], "elements": [1]}, []),
        ({"images": [1, 2], "elements": [1, 2]}, [()]),
        ({"images": [1, 2, 3, 4]}, [()]),
        ({"images": "abcd", "elements": [1]}, []),
    ],
)
def test_lists_share_a_limit(payload: JSON, expected: list[Path]) -> None:
    assert problems("x-total-items", payload) == expected


@pytest.mark.parametrize(
    ("instance", "is_kept"),
    [
        ({"pan": 5}, True),
        ({"pan": 5, "tilt": 0, "zoom": 0.0}, True),
        ({}, True),
        ({"pan": 5, "tilt": -0.5}, False),
        ({"pan": 5, "tilt": "5"}, True),
        ({"pan": 5, "tilt": True}, True),
        ({"pan": 5, "roll": 5}, True),
        ([5, 5], True),
    ],
)
def test_of_several_numbers_one_is_not_0(instance: JSON, is_kept: bool) -> None:
    assert (problems("x-one-nonzero", instance, ["pan", "tilt", "zoom"]) == []) is is_kept


@pytest.mark.parametrize(
    ("durations", "total", "expected"),
    [
        (["2", "3"], "5", []),
        (["2", "3"], None, []),
        ([2, "3"], 5, []),
        (["2", "2"], "5", [()]),
        (["5", "5"], None, [()]),
        ([], "5", []),
        (["2", "many"], "5", []),
        (["2", "3"], "many", []),
        ([True, "4"], "5", []),
        (["0", "5"], "5", []),
    ],
)
def test_parts_add_up_where_all_are_numbers(durations: list[JSON], total: JSON, expected: list[Path]) -> None:
    payload: dict[str, JSON] = {"shots": [{"duration": duration} for duration in durations]}
    if total is not None:
        payload["duration"] = total
    assert problems("x-sum-equals", payload) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((2, 0, 0, 0), []),
        ((2, 0, 0.001, 0), [()]),
        ((0.25, 0.25, 0.5, 0.5), []),
        ((0.1, 0.2, 0.3, 0.1), []),
        ((1, 1, 0, 0), []),
        ((1, 1, 0.01, 0), [()]),
        ((0.5, 0, 1, 0), []),
        ((0.5, 0, 1, 0.0001), [()]),
        ((2.1, 2, 2, 2), []),
        ((-0.1, 2, 2, 2), []),
        (("2", 2, 2, 2), []),
        ((True, 2, 2, 2), []),
        ((None, 2, 2, 2), []),
        ((2, 2), [()]),
        ((2,), []),
    ],
)
def test_a_picture_grows_to_three_times_its_area_at_most(parts: tuple[JSON, ...], expected: list[Path]) -> None:
    assert problems("x-grown-area", dict(zip(("up", "down", "left", "right"), parts, strict=False))) == expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"start": 1, "end": 2}, []),
        ({"start": 1.5, "end": 1.6}, []),
        ({"start": 2, "end": 2}, [()]),
        ({"start": 3, "end": 2}, [()]),
        ({"start": 3}, []),
        ({"end": 3}, []),
        ({"start": "3", "end": 2}, []),
        ({"start": True, "end": 0}, []),
        ([2, 1], []),
    ],
)
def test_numbers_grow(payload: JSON, expected: list[Path]) -> None:
    assert problems("x-ascending", payload) == expected


def test_parts_do_not_add_up_while_one_is_missing() -> None:
    assert problems("x-sum-equals", {"shots": [{"duration": "9"}, {}]}) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x" * 10, []),
        ("\U0001f600" * 5, []),
        ("\U0001f600" * 5 + "x", [()]),
        ("x" + "\U0001f600" * 9, [()]),
        ("x" * 11, []),
        ("\U0001f600" * 11, []),
    ],
)
def test_units_are_counted_where_the_characters_are_not_too_many(text: str, expected: list[Path]) -> None:
    assert problems("x-utf16-length", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (IMAGE, []),
        ("AAAA", []),
        ("data:image/png;base64," + IMAGE, [()]),
        ("AAA", [()]),
        ("no Base64", [()]),
        ("ÄÖÜ!", [()]),
    ],
)
def test_what_is_no_url_is_raw_base64(text: str, expected: list[Path]) -> None:
    assert problems("x-base64", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (IMAGE, []),
        (picture(300, 300, "JPEG"), []),
        (picture(300, 300, "GIF"), [()]),
        (b64encode(b"no picture").decode(), [()]),
        (IMAGE[:80], [()]),
        ("no Base64", []),
    ],
)
def test_a_picture_is_whole_and_of_a_format_that_is_taken(text: str, expected: list[Path]) -> None:
    assert problems("x-image-format", text) == expected


@pytest.mark.parametrize(("size", "expected"), [(5000, []), (5001, [()])])
def test_a_picture_has_only_so_many_bytes(size: int, expected: list[Path]) -> None:
    assert problems("x-image-bytes", picture(300, 300, size=size), 5000) == expected


@pytest.mark.parametrize(
    ("width", "height", "expected"), [(300, 300, []), (299, 300, [()]), (300, 299, [()]), (299, 299, [()])]
)
def test_both_sides_of_a_picture_have_so_many_pixels(width: int, height: int, expected: list[Path]) -> None:
    assert problems("x-image-side", picture(width, height)) == expected


@pytest.mark.parametrize(
    ("width", "height", "expected"), [(750, 300, []), (300, 750, []), (751, 300, [()]), (300, 751, [()])]
)
def test_a_picture_is_not_too_narrow(width: int, height: int, expected: list[Path]) -> None:
    assert problems("x-image-ratio", picture(width, height)) == expected


@pytest.mark.parametrize(
    ("text", "size"), [(IMAGE, (320, 300)), (URL, None), ("no Base64", None), ("AAAA", None), (7, None), ("", None)]
)
def test_the_size_of_a_picture_is_known_if_it_was_sent(text: JSON, size: tuple[int, int] | None) -> None:
    assert picture_size(text) == size


def test_a_picture_of_a_billion_pixels_is_measured_without_being_drawn() -> None:
    """Its header is enough, and Pillow's warning of a decompression bomb stays ours."""
    from zlib import crc32

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4) + kind + content + crc32(kind + content).to_bytes(4)

    header = (12_000).to_bytes(4) + (12_000).to_bytes(4) + bytes([1, 0, 0, 0, 0])
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    assert picture_size(b64encode(png).decode()) == (12_000, 12_000)


@pytest.mark.parametrize("letters", [1 << 20, 16 << 20])
def test_no_text_that_was_decoded_is_kept(letters: int) -> None:
    tracemalloc.start()
    try:
        for letter in "ABC":
            assert list(keywords.base64(True, letter * letters)) == []
        held, _ = tracemalloc.get_traced_memory()
        assert held < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("letters", [400, (16 << 20) + 4])
def test_a_text_is_decoded_once_for_all_keywords_and_every_copy(letters: int, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[int] = []
    decode = pictures._content

    def counting(text: str) -> bytes | None:
        decoded.append(len(text))
        return decode(text)

    monkeypatch.setattr(pictures, "_content", counting)
    pictures._data.cache_clear()
    for letter in "AB":
        for keyword, value in (("x-base64", True), ("x-image-bytes", 7), ("x-image-format", ["PNG"])):
            problems = [*keywords.KEYWORDS[keyword](value, letter * letters)]
            assert len(problems) == (keyword != "x-base64")
            assert all(str(letters * 3 // 4) in each.fact for each in problems)
    assert decoded == [letters] * 2


NAMES = {"in": ["items[type=prompt].text"], "to": {"@*": "items[].id"}}
CAT: JSON = {"type": "image", "id": "cat"}


def said(text: JSON, *items: JSON) -> JSON:
    return {"items": [{"type": "prompt", "text": text}, *items]}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (said("@cat runs", CAT), 0),
        (said("@cats run", CAT), 0),  # nobody says where a name ends
        (said("@dog and @bird", CAT), 2),
        (said("@cat"), 1),
        (said("a@cat.example, a @ b, @"), 0),
        (said(7, CAT), 0),
        ({"items": [{"type": "image", "text": "@dog"}]}, 0),
        ({"items": [CAT, {"type": "prompt", "text": "@dog"}]}, 1),
    ],
)
def test_a_name_in_a_text_is_that_of_something_sent(payload: JSON, expected: int) -> None:
    assert len(problems("x-references", payload, NAMES)) == expected


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([{"id": "a"}, {"id": "b"}], []),
        ([{"id": "a"}, {"id": "b"}, {"id": "a"}], [("items", 2, "id")]),
        ([{"id": ""}, {"id": ""}, {"id": None}, {"id": None}, {"id": 1}, {"id": 1}, 7], []),
    ],
)
def test_a_text_stands_once_at_a_place_of_unique_ones(items: list[JSON], expected: list[Path]) -> None:
    assert problems("x-unique", {"items": items}, "items[].id") == expected


SHOTS = {"in": "items[type=prompt].text", "equals": "settings.seconds", "default": 5, "most": 3, "words": 10}


@pytest.mark.parametrize(
    ("text", "seconds", "facts"),
    [
        ("shot 1, 2, a cat; shot 2, 3, a dog;", None, []),
        ("shot 1, 2, a cat; shot 2, 3, a dog;", 5, []),
        (" shot 1,7,;\n", "7", []),
        ("shot 1, 2, a cat;", 5, ["the shots last 2 s, and settings.seconds is 5"]),
        ("shot 4, 5, a cat;", 5, ["a shot has the number 4, which must be from 1 to 3"]),
        ("shot 1, 0, a cat; shot 2, 5, a dog;", 5, ["shot 1 lasts 0 s, at least 1"]),
        ("shot 1, 5, 12345678901;", 5, ["shot 1 has 11 characters, at most 10"]),
        ("shot 1, 2, a cat; and more", 5, []),
        ("one shot of a cat", 5, []),
        ("shot 1, 2, a cat", 5, []),
        ("shot 1, 2, a cat;", "long", []),
        ("", 5, []),
        (7, 5, []),
    ],
)
def test_the_shots_of_a_text_last_as_long_as_the_film(text: JSON, seconds: JSON, facts: list[str]) -> None:
    payload = {**said(text), **({} if seconds is None else {"settings": {"seconds": seconds}})}
    assert [problem.fact for problem in KEYWORDS["x-shots"](SHOTS, payload)] == facts


def test_a_sum_may_be_of_a_list_inside_an_object_and_equal_a_field_inside_another() -> None:
    value = {"of": "input.shots[].seconds", "equals": "settings.seconds", "default": 5}
    shots = {"shots": [{"seconds": 3}, {"seconds": 2}]}
    assert problems("x-sum-equals", {"input": shots}, value) == []
    assert problems("x-sum-equals", {"input": shots, "settings": {"seconds": 4}}, value) == [()]
    assert problems("x-sum-equals", {"input": {"shots": [{"seconds": 3}, {}]}}, value) == []
