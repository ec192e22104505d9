"""A transcript: what went over the wire between a client and a server, in order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mockserver.types import JSON, Millis, Request, Response


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer.

    * ``number``: its place in the transcript, from 1
    * ``at`` and ``took``: when it began and how long it took, in milliseconds
    * ``operation``: the operation by the contract's routes, ``kling/omni-image.get``; ``None`` for an unknown path
    * ``response``: the answer; ``None`` if there was none, and ``fault`` says why
    * ``scheme`` and ``claims``: the form of its credentials and the claims of a JWT, as far as they are known
    * ``account``: the account that sent it, and ``violations``: the rules that it breaks, as far as the server tells
    * ``is_whole``: both bodies are complete; a journal cuts long ones
    * ``lost``: the answer that was on its way when the client lost it
    * ``digest``: what tells its account from others whose masks look the same
    * ``refusal_meant_by``: how the request says that a test means it to be refused: by a ``header``, the ``prompt`` or
      a ``name``; ``None`` if it does not
    """

    number: int
    at: Millis
    took: Millis
    operation: str | None
    request: Request
    response: Response | None
    fault: str | None = None
    scheme: str | None = None
    claims: Mapping[str, JSON] | None = None
    account: str | None = None
    violations: tuple[Mapping[str, JSON], ...] = ()
    is_whole: bool = True
    lost: Response | None = None
    digest: str | None = None
    refusal_meant_by: str | None = None

    @property
    def sent(self) -> JSON:
        """The request's body; ``None`` if that is not JSON."""
        return _parsed(self.request.body)

    @property
    def received(self) -> JSON:
        """The answer's body; ``None`` if that is not JSON, or there was no answer."""
        return _parsed(self.response.body) if self.response is not None else None

    @property
    def whose(self) -> str | None:
        """Its account, by what is best known of it."""
        return self.digest or self.account

    @property
    def answered(self) -> JSON:
        """The answer's body, also of one that the client lost; ``None`` if it is not JSON, or there is none."""
        answer = self.response or self.lost
        return _parsed(answer.body) if answer is not None else None

    @property
    def status(self) -> int | None:
        """The answer's HTTP status."""
        return self.response.status if self.response is not None else None


@dataclass(frozen=True, slots=True)
class Transcript:
    """Exchanges in the order in which they began."""

    exchanges: tuple[Exchange, ...] = ()

    def __len__(self) -> int:
        return len(self.exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.exchanges)

    def of(self, *does: str) -> Transcript:
        """Return the exchanges of operations whose last part is one of these: ``create``, ``get``, ``list``."""
        return Transcript(
            tuple(each for each in self.exchanges if each.operation and each.operation.rpartition(".")[2] in does)
        )


def _parsed(body: bytes) -> JSON:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
