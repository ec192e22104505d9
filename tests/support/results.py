"""What is behind a result URL, as a test asks for it."""

from __future__ import annotations

from mockserver.fake.media.results import Gone, Result


def status(found: Result | Gone) -> int:
    """Return the HTTP status of an answer with what was found."""
    return found.status if isinstance(found, Gone) else 200
