"""A transcript: what went over the wire between a client and a server, in order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mockserver.secrecy.mask import Mask, is_secret, masked
from mockserver.types import JSON, Millis, Request, Response

_MOST_SHOWN = 40
"""Exchanges that a report shows of one finding: the first half and the last half of a long wait say all."""

_LONGEST_BODY = 3000
"""Characters of a body that a report shows."""

_LONGEST_NOTE = 30
"""Characters of the note about a cut. What is longer by less is not worth one."""

_LONGEST_READ = 1 << 20
"""Bytes of a body that are looked at for secrets before it is cut; none begins that far behind what is shown."""


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

    def shown(self, mask: Mask) -> Exchange:
        """Return it as a report shows it: without secrets, and with long bodies cut, their lengths told."""
        request, response = self.request, self.response
        own = Mask.of(*(message for message in (request, response) if message is not None))

        def text(whole: str) -> str:
            return mask.text(own.text(whole))

        def headers(whole: Mapping[str, str]) -> dict[str, str]:
            return {name: masked(value) if is_secret(name) else text(value) for name, value in whole.items()}

        def body(whole: bytes, media_type: str) -> bytes:
            try:
                readable = whole.decode()
            except UnicodeDecodeError:
                return f"{len(whole)} bytes of {media_type or 'no type'}".encode()
            told = text(readable[:_LONGEST_READ])
            is_long = len(readable) > _LONGEST_BODY + _LONGEST_NOTE
            return (_cut(told, len(readable)) if is_long else told).encode(errors="replace")

        return replace(
            self,
            request=replace(
                request,
                path=text(request.path),
                query=own.query(mask.text(request.query)),
                headers=headers(request.headers),
                body=body(request.body, request.headers.get("content-type", "")),
            ),
            response=None
            if response is None
            else replace(
                response,
                headers=headers(response.headers),
                body=body(response.body, response.headers.get("content-type", "")),
            ),
            fault=self.fault and mask.text(self.fault),
            claims=None,
            violations=(),
            is_whole=False,
        )


@dataclass(frozen=True, slots=True)
class Transcript:
    """Exchanges in the order in which they began; ``left_out``: how many are not there, from their middle."""

    exchanges: tuple[Exchange, ...] = ()
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.exchanges)

    def of(self, *does: str) -> Transcript:
        """Return the exchanges of operations whose last part is one of these: ``create``, ``get``, ``list``."""
        return Transcript(
            tuple(each for each in self.exchanges if each.operation and each.operation.rpartition(".")[2] in does)
        )

    def shown(self, mask: Mask, known: dict[int, Exchange]) -> Transcript:
        """Return it as a report shows it: a long one without its middle, each exchange as ``Exchange.shown`` has it.

        ``known`` keeps what was shown before, by ``id()``, because many findings share their exchanges.
        """
        half = _MOST_SHOWN // 2
        is_long = len(self) > _MOST_SHOWN
        kept = (*self.exchanges[:half], *self.exchanges[-half:]) if is_long else self.exchanges
        for each in kept:
            if id(each) not in known:
                known[id(each)] = each.shown(mask)
        return Transcript(tuple(known[id(each)] for each in kept), self.left_out + len(self) - len(kept))


def _cut(text: str, length: int) -> str:
    return f"{text[:_LONGEST_BODY]}… ({length} characters)"


def _parsed(body: bytes) -> JSON:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
