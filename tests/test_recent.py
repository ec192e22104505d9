"""What is remembered by texts that clients choose."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mockserver.recent import Recent

KEYS = st.tuples(st.text(max_size=300), st.sampled_from("abc"))


@given(st.lists(KEYS), st.integers(1, 2000))
def test_the_latest_keys_are_remembered_as_far_as_their_letters_have_room(
    keys: list[tuple[str, str]], room: int
) -> None:
    recent = Recent[int](room)
    for number, key in enumerate(keys):
        recent.set(key, number)
    latest = list(dict.fromkeys(reversed(keys)))
    kept = [key for key in latest if recent.get(key) is not None]
    assert kept == latest[: len(recent)]
    assert sum(len(text) for key in kept for text in key) <= room
    assert all(recent.get(key) == len(keys) - 1 - keys[::-1].index(key) for key in kept)


@given(st.lists(KEYS))
def test_what_is_forgotten_makes_room(keys: list[tuple[str, str]]) -> None:
    recent = Recent[bool](2000)
    for key in keys:
        recent.set(key, True)
    recent.forget(lambda key: key[1] == "a")
    assert not any(recent.get(key) for key in keys if key[1] == "a")
    recent.forget(lambda _: True)
    assert (len(recent), recent._letters) == (0, 0)


def test_of_a_thousand_long_names_few_are_remembered() -> None:
    recent = Recent[int]()
    for number in range(1000):
        recent.set((f"{number}" * 20_000,), number)
    assert 10 < len(recent) < 250
    assert recent.get(("999" * 20_000,)) == 999
