"""Spans of time as a person writes them."""

import pytest

from mockserver.durations import millis
from mockserver.errors import BadSetting


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90s", 90_000), ("1.5m", 90_000), ("500ms", 500), ("0s", 0), ("30d", 30 * 24 * 3600 * 1000), ("2h", 7_200_000)],
)
def test_a_span_is_a_number_and_a_unit(text: str, expected: int) -> None:
    assert millis(text) == expected


@pytest.mark.parametrize("text", ["", "90", "s", "-1s", "1,5s", "1e3s", "1 s", "90S", "٣s", "1" * 10 + "s"])
def test_anything_else_is_refused_and_says_what_is_wanted(text: str) -> None:
    with pytest.raises(BadSetting, match=r"is not a duration\. Write one such as 90s"):
        millis(text)
