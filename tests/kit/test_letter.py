"""Letters: what one process tells another arrives, and nobody else reads it."""

from __future__ import annotations

from pathlib import Path

from mockserver.kit.client.settings import Booking
from mockserver.kit.server.settings import Commission


def test_a_letter_arrives_as_it_was_written(tmp_path: Path) -> None:
    booking = Booking(testee=("node", "testee.js"), operations=("kling/omni-image",), seconds=1.5, skip=("wire",))
    booking.write(tmp_path / "a")
    assert Booking.read(tmp_path / "a") == booking
    commission = Commission(url="http://a", service="kling", readings=(("missing-task", "404-1203"),))
    commission.write(tmp_path / "b")
    assert Commission.read(tmp_path / "b") == commission


def test_a_letter_is_for_nobody_else(tmp_path: Path) -> None:
    Commission(url="http://a", service="kling", token="secret").write(tmp_path / "a")
    assert (tmp_path / "a").stat().st_mode & 0o077 == 0


def test_a_booking_says_what_a_command_line_has_to_say() -> None:
    assert Booking(testee=("node", "my testee.js")).words == "-- node 'my testee.js'"
    words = Booking(testee=("a:B",), examples=5, seed=3, every_reading=True).words
    assert words == "--examples 5 --seed 3 --every-reading -- a:B"
