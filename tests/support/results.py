"""What is behind a result URL, as a test asks for it."""

from __future__ import annotations

from mockserver.fake.core import Fake
from mockserver.fake.media.results import Gone, Result, fetched


def result_at(fake: Fake, path: str) -> Result | Gone:
    """Return what is behind the path of a result URL, and leave the journal as it is."""
    return fake.turn(lambda: fetched(fake.world, path, fake.clock.now()))


def status(found: Result | Gone) -> int:
    """Return the HTTP status of an answer with what was found."""
    return found.status if isinstance(found, Gone) else 200
