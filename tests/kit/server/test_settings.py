"""Settings: what the options say is checked at once, and the library takes the same."""

from dataclasses import fields
from typing import Any

import pytest

from mockserver.errors import BadSetting, MockserverError
from mockserver.kit.server.credentials import Credentials
from mockserver.kit.server.probe import connect
from mockserver.kit.server.settings import Options, Settings, is_near


def settings(**changed: Any) -> Settings:
    return Settings(**{"url": "http://127.0.0.1:1", "service": "kling", **changed})


def test_the_options_of_the_library_are_the_settings() -> None:
    named = {field.name: field.type for field in fields(Settings) if field.name != "url"}
    assert {name: hint.__forward_arg__ for name, hint in Options.__annotations__.items()} == named


def test_secrets_are_not_shown() -> None:
    assert "secret" not in repr(settings(token="secret", other_token="secret", webhook_secret="whsec_secret"))


def test_without_credentials_some_are_made_up() -> None:
    assert settings().credentials() == Credentials.made_up()
    assert settings(token="mine").credentials() == Credentials("mine")
    assert settings(ak="a", sk="s").credentials() == Credentials(None, "a", "s")


@pytest.mark.parametrize(
    ("service", "text", "expected"),
    [
        ("kling", "key", Credentials("key")),
        ("kling", "ak:sk", Credentials(None, "ak", "sk")),
        ("kling", "ak:s:k", Credentials(None, "ak", "s:k")),
        ("useapi", "user:123-abc", Credentials("user:123-abc")),
        ("chainhub", "a:b", Credentials("a:b")),
        ("kling", None, None),
    ],
)
def test_another_account_has_a_key_or_an_access_key_where_the_service_takes_signed_tokens(
    service: str, text: str | None, expected: Credentials | None
) -> None:
    assert settings(service=service, token="mine", other_token=text).target().other == expected


def test_all_that_opens_an_account_is_secret() -> None:
    said = settings(ak="access-key-1", sk="secret-key-1", other_token="access-key-2:secret-key-2")
    assert {"access-key-1", "secret-key-1", "access-key-2", "secret-key-2", "access-key-2:secret-key-2"} <= {
        *said.secrets
    }
    assert "secret-key" not in repr(said)
    assert "secret-key" not in repr(said.target())
    assert "hush" not in repr(settings(token="hush", other_token="hush-2").target())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"url": "127.0.0.1:8080"}, "URL"),
        ({"url": "ftp://127.0.0.1"}, "URL"),
        ({"url": "http://[::1"}, "URL"),
        ({"url": "http://a:99999"}, "URL"),
        ({"url": "http://a b"}, "URL"),
        ({"service": "klin"}, "did you mean 'kling'"),
        (
            {"operations": ("kling/omni-image.get",)},
            "Choose from kling/omni-image.create",
        ),
        ({"operations": ("kling/omni",)}, "no operation"),
        ({"readings": {"missing-task": "418"}}, "no reading"),
        ({"ak": "a"}, "Give both, or neither"),
        ({"ak": "a", "sk": "s", "token": "t"}, "--token"),
        ({"token": "t", "other_token": ""}, "--other-token: a part of it is empty"),
        ({"token": "t", "other_token": "ak:"}, "--other-token: a part of it is empty"),
        ({"token": "t", "other_token": ":sk"}, "--other-token: a part of it is empty"),
        ({"token": "t", "other_token": "t"}, "--other-token: it is of the same account"),
        ({"ak": "a", "sk": "s", "other_token": "a:s"}, "--other-token: it is of the same account"),
        ({"ak": "a", "sk": "s", "other_token": "a:another"}, "--other-token: it is of the same account"),
        ({"token": "user:1-a", "other_token": "user:1-a", "service": "useapi"}, "it is of the same account"),
        ({"webhook_secret": "whsec_!"}, "--webhook-secret"),
        ({"webhook_secret": "whsec_"}, "--webhook-secret"),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_line(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(MockserverError, match=r".") as raised:
        settings(**wrong).target()
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost/kling", "http://[::1]:8080", "http://127.9.9.9"]
)
def test_a_server_on_this_machine_is_near(url: str) -> None:
    assert is_near(url)


@pytest.mark.parametrize(
    "url", ["https://api.klingai.com", "http://192.168.0.1", "http://[::", "http://localhost.example"]
)
def test_any_other_is_not(url: str) -> None:
    assert not is_near(url)


def test_a_server_far_away_is_asked_for_no_callbacks() -> None:
    with connect(settings(url="https://api.klingai.com")) as probe:
        assert probe.receiver is None
        assert probe.evidence().unreachable == "the server is on another machine and cannot call back to this one"
    with connect(settings()) as probe:
        assert probe.receiver is not None


def test_bad_settings_name_the_option() -> None:
    with pytest.raises(BadSetting, match=r"^--webhook-secret"):
        settings(webhook_secret="").target()
