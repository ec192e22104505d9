"""``mockserver token``: a good token by default, and the wrong ones of ``check server``."""

from __future__ import annotations

import time

import jwt
import pytest
from click.testing import CliRunner, Result

from mockserver.cli import main
from mockserver.kit.server.credentials import UNKNOWN_ACCESS_KEY, Credentials
from mockserver.kit.server.scenarios.authentication import headers_of_cases
from mockserver.secrecy.mask import JWT

AK, SK = "ak-of-mine", "sk-of-mine-of-at-least-32-bytes!!"
OWN = {"MOCKSERVER_AK": AK, "MOCKSERVER_SK": SK}


def token(*words: str, **variables: str) -> Result:
    none: dict[str, str | None] = {"MOCKSERVER_AK": None, "MOCKSERVER_SK": None}
    return CliRunner().invoke(main, ["token", *words], env={**none, **variables})


def claims(text: str) -> dict[str, object]:
    found: dict[str, object] = jwt.decode(text, options={"verify_signature": False})
    return found


@pytest.mark.parametrize("words", [("--ak", AK, "--sk", SK), ()])
def test_a_token_is_good_for_half_an_hour(words: tuple[str, ...]) -> None:
    told = token(*words, **({} if words else OWN)).stdout.strip()
    found = jwt.decode(told, SK, algorithms=["HS256"])
    assert found["iss"] == AK
    assert 1700 < found["exp"] - time.time() <= 1801


def test_each_case_of_the_check_that_is_a_token_can_be_had() -> None:
    cases = {case for case, header in headers_of_cases(Credentials(None, AK, SK), 0) if JWT.search(header or "")}
    assert "expired token" in cases
    for case in cases:
        result = token("--case", case, **OWN)
        assert (result.exit_code, len(result.stdout.split())) == (0, 1), case


def test_a_case_without_a_key_is_of_an_unknown_one() -> None:
    told = claims(token("--case", "expired token").stdout.strip())
    assert told["iss"] == UNKNOWN_ACCESS_KEY.access_key
    assert float(str(told["exp"])) < time.time()


@pytest.mark.parametrize(
    ("words", "said"),
    [((), "--ak and --sk: both are needed"), (("--ak", AK), "both"), (("--case", "x"), "--case: there is no 'x'")],
)
def test_a_mistake_is_one_line(words: tuple[str, ...], said: str) -> None:
    result = token(*words)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert said in result.stderr
