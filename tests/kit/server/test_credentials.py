"""Credentials: tokens as the official sample makes them, and those that a server must refuse."""

import jwt
import pytest

from mockserver.kit.server.credentials import UNKNOWN_ACCESS_KEY, Credentials

NOON = 1_790_000_000_000
SIGNER = Credentials(None, "ak", "short")


def claims(token: str, secret: str = "short") -> dict[str, object]:
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        found: dict[str, object] = jwt.decode(
            token, secret, algorithms=["HS256"], options={"verify_exp": False, "verify_nbf": False}
        )
    return found


def test_an_api_key_is_sent_as_it_is() -> None:
    assert Credentials("key").header(NOON) == "Bearer key"
    assert not Credentials.made_up().is_given


def test_a_token_lives_for_half_an_hour_from_five_seconds_ago() -> None:
    header = SIGNER.header(NOON)
    assert header.startswith("Bearer ey")
    assert claims(header.removeprefix("Bearer ")) == {"iss": "ak", "exp": NOON // 1000 + 1800, "nbf": NOON // 1000 - 5}


def test_expired_early_and_forged_tokens_are_what_they_say() -> None:
    now = NOON // 1000
    assert claims(SIGNER.expired(NOON))["exp"] == now - 3600
    assert claims(SIGNER.early(NOON))["nbf"] == now + 3600
    with pytest.warns(jwt.InsecureKeyLengthWarning), pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(SIGNER.forged(NOON), "short", algorithms=["HS256"])


def test_a_claim_can_be_left_out() -> None:
    assert "nbf" not in claims(SIGNER.signed(NOON, nbf=None))


def test_a_secret_is_not_shown() -> None:
    assert "short" not in repr(SIGNER)
    assert str(UNKNOWN_ACCESS_KEY.secret) not in repr(UNKNOWN_ACCESS_KEY)
