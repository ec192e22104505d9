"""Forgeries: each is refused by a library that has nothing to do with us, and by the fake that knows the secret."""

import json
from typing import Any

import jwt
import pytest

from mockserver.contract.catalog import load
from mockserver.fake.clock import Clock
from mockserver.fake.core import Fake
from mockserver.kit.server.credentials import Credentials
from mockserver.kit.server.evidence import Purpose
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.server.scenarios.authentication import AUTHENTICATION
from mockserver.kit.server.scenarios.forgeries import FORGERIES, Forgery, Signer, forgeries
from mockserver.settings import Key, Settings
from mockserver.types import Request
from tests.mutants.servers.harness import OTHER_SIGNER, SIGNER, prepare

NOON = 1_790_000_000_000
BOTH = Signer(SIGNER, OTHER_SIGNER, NOON)
IDS = [forgery.name for forgery in FORGERIES]
ALWAYS = [forgery for forgery in FORGERIES if forgery.reading is None]


def claims_of(token: str) -> dict[str, object]:
    """Read a token as PyJWT does, for the account of the signer; times are for another test."""
    options: Any = {"verify_exp": False, "verify_nbf": False, "require": ["iss", "exp"]}
    found: dict[str, object] = jwt.decode(
        token, str(SIGNER.secret), algorithms=["HS256"], issuer=SIGNER.access_key, options=options
    )
    assert isinstance(found["exp"], int)
    return found


def test_a_good_token_is_good_by_another_library() -> None:
    assert claims_of(SIGNER.signed(NOON)) == BOTH.claims


@pytest.mark.parametrize("forgery", ALWAYS, ids=[forgery.name for forgery in ALWAYS])
def test_another_library_refuses_each(forgery: Forgery) -> None:
    with pytest.raises((jwt.InvalidTokenError, AssertionError)):
        claims_of(forgery.make(BOTH))


@pytest.mark.parametrize("stranger", [OTHER_SIGNER, Credentials(None, "ak", "sk")])
@pytest.mark.parametrize("forgery", FORGERIES, ids=IDS)
def test_the_fake_refuses_each_with_401(forgery: Forgery, stranger: Credentials) -> None:
    keys = tuple(Key(str(each.access_key), each.secret) for each in (SIGNER, stranger))
    readings = dict([forgery.reading]) if forgery.reading else {}
    fake = Fake(Settings(services=("kling",), keys=keys, readings=readings), clock=Clock(lambda: NOON))
    header = {"host": "a", "authorization": f"Bearer {forgery.make(Signer(SIGNER, stranger, NOON))}"}
    answer = fake.respond(Request("GET", "/v1/images/omni-image", headers=header))
    assert answer.status == 401
    assert json.loads(answer.body)["code"] in (1000, 1002)


def test_each_is_another_token_with_another_name() -> None:
    assert len({*IDS}) == len(FORGERIES)
    assert len({forgery.make(BOTH) for forgery in FORGERIES}) == len(FORGERIES)


def test_what_a_reading_allows_is_a_forgery_only_where_that_is_settled() -> None:
    catalog = load()
    of = {
        reading: {each.name for each in forgeries(Expectations(catalog, catalog.service("kling"), chosen))}
        for reading, chosen in {
            "open": {},
            "1800": {"jwt-lifetime": "1800"},
            "unlimited": {"jwt-lifetime": "unlimited"},
        }.items()
    }
    assert of["1800"] - of["open"] == {"a token that lives for a year"}
    assert of["open"] == of["unlimited"] == {forgery.name for forgery in ALWAYS}


def sent_to_forge(**credentials: Any) -> int:
    probe = prepare("kling", is_signing=True, **{"ak": None, "sk": None, "other_token": None, **credentials}).probe()
    AUTHENTICATION.play(probe)
    return sum(attempt.purpose in (Purpose.FORGE, Purpose.FORGE_SOUND) for attempt in probe.recorder.attempts)


def test_an_access_key_is_needed_to_forge_and_that_of_the_other_account_will_do() -> None:
    other = f"{OTHER_SIGNER.access_key}:{OTHER_SIGNER.secret}"
    assert sent_to_forge(token="a key") == 0
    assert sent_to_forge(token="a key", other_token=other) == len(ALWAYS)
    assert sent_to_forge(ak=SIGNER.access_key, sk=SIGNER.secret) == len(ALWAYS)
