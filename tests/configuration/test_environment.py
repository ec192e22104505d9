"""The environment: which variables are ours, and which are not."""

from __future__ import annotations

import os

import pytest

from mockserver.configuration import environment
from mockserver.configuration.environment import check_variables, is_link, isolated, items, links, variable, variables
from mockserver.errors import BadSetting
from mockserver.options.commands import COMMANDS

LINKS = {
    "MOCKSERVER_SERVICE_HOST": "10.0.0.11",
    "MOCKSERVER_SERVICE_PORT": "8080",
    "MOCKSERVER_SERVICE_PORT_HTTP": "8080",
    "MOCKSERVER_PORT": "tcp://10.0.0.11:8080",
    "MOCKSERVER_PORT_8080_TCP": "tcp://10.0.0.11:8080",
    "MOCKSERVER_PORT_8080_TCP_PROTO": "tcp",
    "MOCKSERVER_PORT_8080_TCP_PORT": "8080",
    "MOCKSERVER_PORT_8080_TCP_ADDR": "10.0.0.11",
    "MOCKSERVER_REDIS_SERVICE_HOST": "10.0.0.12",
    "MOCKSERVER_REDIS_SERVICE_PORT": "6379",
    "MOCKSERVER_REDIS_PORT": "tcp://10.0.0.12:6379",
    "MOCKSERVER_REDIS_PORT_6379_TCP": "tcp://10.0.0.12:6379",
    "MOCKSERVER_REDIS_PORT_6379_TCP_ADDR": "10.0.0.12",
    "MOCKSERVER_NAME": "/client/mockserver",
    "MOCKSERVER_ENV_LANG": "C.UTF-8",
}
"""What Kubernetes and Docker set for services of these names."""

KEYS = {option.key for options in COMMANDS.values() for option in options}


def test_what_a_cluster_sets_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in LINKS.items():
        monkeypatch.setenv(name, text)
    assert (links(), variables()) == (LINKS, {})
    check_variables(KEYS)


def test_no_variable_of_ours_looks_like_one_of_a_cluster() -> None:
    assert [key for key in KEYS if is_link(variable(key), "8080")] == []


@pytest.mark.parametrize("key", sorted(key for key in KEYS if len(key) > 2))
def test_a_misspelt_variable_is_refused_with_what_is_near(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = variable(key)
    wrong = right[:-2] + right[-1] + right[-2] if right[-1] != right[-2] else right + "X"
    monkeypatch.setenv(wrong, "1")
    with pytest.raises(BadSetting, match=rf"{wrong}: no option has this variable; did you mean .*'{right}'") as caught:
        check_variables(KEYS)
    assert "\n" not in str(caught.value)


def test_what_run_tells_its_command_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKSERVER_URL", "http://127.0.0.1:1")
    check_variables(KEYS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1303 x2", ["1303 x2"]),
        ("1303 x2, hang", ["1303 x2", "hang"]),
        ("fail no, not this\n", ["fail no, not this"]),
        ("a\r\n\n  b,c \n", ["a", "b,c"]),
        (",", []),
    ],
)
def test_a_list_has_commas_or_line_ends(text: str, expected: list[str]) -> None:
    assert items(text, ",") == expected


def test_isolation_takes_all_away_and_gives_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKSERVER_PACE", "real")
    before = {**os.environ}
    with isolated():
        assert (variables(), environment.is_isolated()) == ({}, True)
        with isolated():
            pass
        assert environment.is_isolated()
    assert {**os.environ} == before
