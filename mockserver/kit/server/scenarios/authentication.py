"""Credentials: requests that must not be let in, beside one that must."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.contract.catalog import Operation
from mockserver.kit.server.credentials import NEWCOMER, STRANGER
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.scenarios.accounts import fields
from mockserver.kit.server.watched_tasks import base_payload
from mockserver.types import JSON


def credentials(probe: Probe) -> None:
    """Ask for a list, or where there is none for a task, with all kinds of credentials. Raises ``Spent``."""
    operation, payload = _asked(probe)
    for case, header in _headers(probe):
        headers = {"authorization": header}
        if operation.does != "create":
            probe.ask(operation, payload, "credentials", headers=headers, case=case)
            continue
        probe.budget.take()
        if not probe.ask(operation, payload, "credentials", headers=headers, case=case).is_accepted:
            probe.budget.give_back()


def _asked(probe: Probe) -> tuple[Operation, JSON]:
    """Choose what costs nothing, if there is any such."""
    maker = probe.target.operations[0]
    shows = probe.terms.beside(maker, "list")
    if shows is not None and not probe.terms.may_be_absent(shows):
        return shows, fields(probe, shows)
    return maker, {**base_payload(probe.terms, maker), **fields(probe, maker)}


def _headers(probe: Probe) -> Iterator[tuple[str, str | None]]:
    own, now = probe.target.credentials, probe.clock.now()
    yield "good", own.header(now)
    yield "none", None
    yield "empty", ""
    yield "another scheme", "Basic bW9ja3NlcnZlcjpjaGVjaw=="
    yield "no scheme", own.header(now).removeprefix("Bearer ")
    yield "no key", "Bearer"
    if own.is_given:
        yield "unknown key", STRANGER.header(now)
    if "jwt" in probe.terms.service.credentials:
        signer = own if own.signs else NEWCOMER
        yield "fresh token", f"Bearer {signer.signed(now)}"
        yield "expired token", f"Bearer {signer.expired(now)}"
        yield "early token", f"Bearer {signer.early(now)}"
        yield "token of 1970", f"Bearer {signer.signed(now, iat=0, jti='once')}"
        if own.signs:
            yield "forged token", f"Bearer {signer.forged(now)}"
            yield "token of an unknown access key", f"Bearer {NEWCOMER.signed(now)}"
