"""Checks: one decorator makes them, and users select them by name and by family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from mockserver.errors import NoSuchCheck
from mockserver.kit.checks import Check, Family, select
from mockserver.kit.client.checks import registry as of_clients
from mockserver.kit.server.checks import registry as of_servers

REGISTRIES: Mapping[str, Mapping[str, Check[Any, Any]]] = {"client": of_clients.CHECKS, "server": of_servers.CHECKS}


def test_a_function_becomes_a_check_by_its_name_and_its_docstring() -> None:
    family = Family[int, str]("sums", "adding")

    @family.check(why="Bills are wrong.", source="arithmetic")
    def one_is_one(seen: int) -> Iterator[str]:
        """One is
        one.
        """
        if seen != 1:
            yield f"{seen}"

    check = family.checks["one-is-one"]
    assert (check.documented, check.family, check.severity, check.scenarios) == (
        "One is one.",
        "sums",
        "error",
        ("adding",),
    )
    assert list(check.find(2)) == ["2"]
    assert one_is_one is check.find


def test_a_check_may_name_its_own_scenarios() -> None:
    family = Family[int, str]("sums", "adding")

    @family.check("subtracting", why="Bills are wrong.", source="arithmetic", severity="warning")
    def nothing_is_left(_: int) -> Iterator[str]:
        """Nothing is left."""
        yield from ()

    assert family.checks["nothing-is-left"].scenarios == ("subtracting",)


@pytest.mark.parametrize("checks", REGISTRIES.values(), ids=list(REGISTRIES))
def test_every_id_is_there_once_and_no_family_is_called_like_a_check(checks: Mapping[str, Check[Any, Any]]) -> None:
    assert [check.id for check in checks.values()] == list(checks)
    assert not {check.family for check in checks.values()} & checks.keys()


@pytest.mark.parametrize("checks", REGISTRIES.values(), ids=list(REGISTRIES))
def test_checks_are_selected_by_name_and_by_family(checks: Mapping[str, Check[Any, Any]]) -> None:
    first, *_, last = checks.values()
    assert select(checks) == (tuple(checks.values()), ())
    kept, left_out = select(checks, only=[first.family, last.id], skip=[first.id])
    assert {check.family for check in kept} == {first.family, last.family}
    assert first not in kept
    assert {each.check for each in left_out} | {check.id for check in kept} == checks.keys()
    assert {each.check: each.reason for each in left_out}[first.id] == "left out by --skip"
    assert {each.reason for each in left_out} == {"left out by --skip", "not among --only"}


@pytest.mark.parametrize(("only", "skip"), [(["task-end"], []), ([], ["task-end"])])
def test_a_check_that_does_not_exist_is_named_with_the_nearest(only: list[str], skip: list[str]) -> None:
    with pytest.raises(NoSuchCheck, match=r"'task-end'.*'task-ends'"):
        select(of_servers.CHECKS, only, skip)
