"""What an account keeps at a service besides its tasks and files: elements, avatars, accounts of another service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

from mockserver.fake.stores.store import Documents, Kind
from mockserver.types import Millis, Payload, value


@value
class Possession:
    """One of them, never changed.

    * ``kind``: what it is, in one word; ``id`` is its own among those of an account
    * ``email``: the account of the other service that has it; empty where there is only one
    * ``data``: what it was made of
    """

    id: str
    service: str
    account: str
    kind: str
    email: str
    created_at: Millis
    data: Payload


FIELDS = tuple(field.name for field in fields(Possession))

_POSSESSIONS: Kind[Possession] = Kind(
    "possessions",
    lambda found: [getattr(found, name) for name in FIELDS],
    lambda found: Possession(**dict(zip(FIELDS, found, strict=True))),
)


class Possessions:
    """What all accounts keep, bounded in number."""

    def __init__(self, documents: Documents, most: int = 10_000) -> None:
        self._documents, self._known = documents, replace(_POSSESSIONS, most=most)

    def __len__(self) -> int:
        return self._documents.count(self._known)

    def __iter__(self) -> Iterator[Possession]:
        """Yield all, the newest first."""
        return (found for _, found in self._documents.newest(self._known))

    def of(self, service: str, account: str, kind: str) -> list[Possession]:
        """Return those of one kind that an account has, the newest first."""
        wanted = service, account, kind
        return [found for found in self if (found.service, found.account, found.kind) == wanted]

    def get(self, service: str, account: str, kind: str, id: str) -> Possession | None:
        """Return one of an account, if it is there."""
        return self._documents.get(self._known, _key(service, account, kind, id))

    def put(self, possession: Possession) -> None:
        """Keep one, in the place of the one with its id; the oldest go when there is no more room."""
        key = _key(possession.service, possession.account, possession.kind, possession.id)
        self._documents.put(self._known, key, possession, possession.account)

    def drop(self, possession: Possession) -> None:
        """Forget one."""
        key = _key(possession.service, possession.account, possession.kind, possession.id)
        self._documents.drop(self._known, key)

    def clear(self, account: str | None = None) -> None:
        """Forget all, or those of one account."""
        self._documents.forget(self._known, account)


def _key(*parts: str) -> str:
    return " ".join(parts)
