"""Authentication: one request with good credentials, and the same with all kinds of bad ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mockserver.contract.credentials import KEY_HEADER
from mockserver.contract.service import Operation
from mockserver.kit.server.credentials import UNKNOWN_ACCESS_KEY, UNKNOWN_KEY, Credentials
from mockserver.kit.server.evidence import Purpose
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.scenarios.forgeries import NEAR_KEYS, Forgery, Signer, forgeries
from mockserver.kit.server.scenarios.scenario import Scenario
from mockserver.types import JSON, Millis

UNKNOWN = "unknown key"
"""The case of a key that no account has; a server that takes it takes any, and is shown no more of them."""


def authenticate(probe: Probe) -> None:
    """Ask for a list, or create a task where there is none, with all kinds of credentials. Raises ``Spent``."""
    operation, payload = _cheapest_request(probe)
    send = probe.create if operation.does == "create" else probe.ask
    accepted: dict[str, bool] = {}
    kinds = probe.expectations.service.credentials
    for case, header in headers_of_cases(probe.target.credentials, probe.clock.now(), kinds):
        attempt = send(operation, payload, Purpose.AUTHENTICATE, case=case, headers={"authorization": header})
        accepted[case] = attempt.is_accepted
    if not accepted.get(UNKNOWN, True):
        for case, key in _near_keys(probe.target.credentials.token or ""):
            send(operation, payload, Purpose.AUTHENTICATE, case=case, headers={"authorization": f"Bearer {key}"})
    for forgery, token in _forged(probe):
        purpose = Purpose.FORGE_SOUND if forgery.is_sound else Purpose.FORGE
        send(operation, payload, purpose, case=forgery.name, headers={"authorization": f"Bearer {token}"})


def _near_keys(own: str) -> Iterator[tuple[str, str]]:
    """Yield what is nearly a key, and no key at all, with what it is called."""
    for case, near in NEAR_KEYS.items():
        if own and (key := near(own)) not in ("", own):
            yield case, key


def _cheapest_request(probe: Probe) -> tuple[Operation, JSON]:
    """Choose a request that costs nothing, if there is one."""
    create = probe.target.create_operations[0]
    listing = probe.expectations.list_operation(create)
    if listing is not None and not probe.expectations.may_be_absent(listing):
        return listing, probe.account_fields(listing)
    return create, probe.simplest(create)


def headers_of_cases(
    own: Credentials, now: Millis, kinds: Collection[str] = ("jwt",)
) -> Iterator[tuple[str, str | None]]:
    """Yield what each case is called, and its ``Authorization``; ``None`` is no header.

    ``kinds`` are the credentials that the service takes beside keys.
    """
    yield "good", own.header(now)
    yield "none", None
    yield "empty", ""
    if KEY_HEADER not in kinds:
        yield "another scheme", "Basic bW9ja3NlcnZlcjpjaGVjaw=="
        yield "no scheme", own.header(now).removeprefix("Bearer ")
        yield "no key", "Bearer"
    if own.is_given:
        yield UNKNOWN, UNKNOWN_KEY.header(now)
    if "jwt" in kinds:
        signer = own if own.signs else UNKNOWN_ACCESS_KEY
        yield "fresh token", f"Bearer {signer.signed(now)}"
        yield "expired token", f"Bearer {signer.expired(now)}"
        yield "early token", f"Bearer {signer.early(now)}"
        yield "token of 1970", f"Bearer {signer.signed(now, iat=0, jti='once')}"
        if own.signs:
            yield "forged token", f"Bearer {signer.forged(now)}"
            yield "token of an unknown access key", f"Bearer {UNKNOWN_ACCESS_KEY.signed(now)}"


def _forged(probe: Probe) -> Iterator[tuple[Forgery, str]]:
    """Yield the tokens that nobody signed, or not as documented, where the user gave an access key to forge."""
    given = [each for each in (probe.target.credentials, probe.target.other) if each is not None and each.signs]
    if "jwt" in probe.expectations.service.credentials and given:
        signer = Signer(given[0], given[1] if len(given) > 1 else UNKNOWN_ACCESS_KEY, probe.clock.now())
        for forgery in forgeries(probe.expectations):
            yield forgery, forgery.make(signer)


AUTHENTICATION = Scenario(
    "authentication", authenticate, frozenset({Purpose.AUTHENTICATE, Purpose.FORGE, Purpose.FORGE_SOUND})
)
