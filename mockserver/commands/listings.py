"""``mockserver list`` and ``rules``: what has a name, one line or two for each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from mockserver.options.payloads import RULES
from mockserver.types import JSON

if TYPE_CHECKING:
    from mockserver.contract.rules import Rule


def _services() -> Iterator[tuple[str, str]]:
    from mockserver.contract.catalog import load

    yield from ((service.id, service.title) for service in load().services.values())


def _operations() -> Iterator[tuple[str, str]]:
    from mockserver.contract.catalog import load

    for service in load().services.values():
        for operation in service.operations.values():
            yield operation.id, f"{operation.method} {operation.path}"


def _faults() -> Iterator[tuple[str, str]]:
    from mockserver.contract.catalog import load
    from mockserver.fake.faults.line import kinds

    for kind in kinds(load().services.values()):
        yield f"{kind.name} {kind.usage}".strip(), f"{kind.stage}: {kind.means}"


def _profiles() -> Iterator[tuple[str, str]]:
    from mockserver.configuration.resolution import configured
    from mockserver.fake.faults.profiles import known

    with configured(("serve",), ["profiles"], {}) as serve:
        profiles = known(serve.get("profiles", {}))
    for profile in profiles.values():
        yield profile.name, f"{profile.imitates or 'from the configuration'} ({'; '.join(profile.lines)})"


def _checks() -> Iterator[tuple[str, str]]:
    from mockserver.kit.client.checks.registry import CHECKS as OF_CLIENTS
    from mockserver.kit.server.checks.registry import CHECKS as OF_SERVERS

    yield from ((check.id, f"client, {check.family}: {check.documented}") for check in OF_CLIENTS.values())
    yield from ((check.id, f"server, {check.family}: {check.documented}") for check in OF_SERVERS.values())


def _scenarios() -> Iterator[tuple[str, str]]:
    from mockserver.kit.client.scenarios import SCENARIOS

    yield from ((scenario.id, scenario.description) for scenario in SCENARIOS.values())


_LISTS: dict[str, Callable[[], Iterator[tuple[str, str]]]] = {
    "services": _services,
    "operations": _operations,
    "faults": _faults,
    "profiles": _profiles,
    "checks": _checks,
    "scenarios": _scenarios,
}


@click.command(
    "list",
    short_help="List all services, operations, faults, profiles or checks.",
    epilog="\b\nExample:\n  mockserver list operations",
)
@click.argument("kind", metavar="KIND", type=click.Choice(list(_LISTS)))
def list_(kind: str) -> None:
    """List all names of one KIND: services, operations, faults, profiles, checks or scenarios (of `check client`).

    The line of a check names its family, which --only and --skip take as well. `mockserver rules` lists the rules of
    payloads, and `mockserver readings` the open questions.
    """
    for name, text in _LISTS[kind]():
        click.echo(f"{name}  {text}")


@click.command(
    short_help="List the rules of payloads.",
    epilog="\b\nExample:\n  mockserver rules kling/omni-image",
    params=[*RULES],
)
@click.argument("scope", default="")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def rules(scope: str, as_json: bool, readings: dict[str, str]) -> None:
    """List the rules of payloads: all, or those of one service or operation in SCOPE.

    The level of each is that under the readings chosen. One that a reading has turned off says so.
    """
    from mockserver.contract.catalog import load
    from mockserver.contract.readings import levels, settled, why_off

    catalog = load()
    chosen = settled(catalog.questions(), readings)
    if "/" in scope:
        operations = [catalog.operation(scope)]
    else:
        services = [catalog.service(scope)] if scope else list(catalog.services.values())
        operations = [operation for service in services for operation in service.operations.values()]
    found = []
    for operation in operations:
        questions = catalog.services[operation.service].questions
        given = levels(questions, chosen[operation.service])
        for rule in operation.every_rule:
            level = given.get(rule.id, rule.level)
            why = why_off(rule.id, questions, chosen[operation.service]) if level == "off" else ""
            off = f"  [{why}]" if why else ""
            found.append((replace(rule, level=level), off))
    if as_json:
        click.echo(_json([_rule(rule) for rule, _ in found]))
    else:
        for rule, off in found:
            click.echo(f"{rule.operation}  {rule.id}  {rule.level}  {rule.source}\n    {rule.description}{off}")


def _rule(rule: Rule) -> dict[str, JSON]:
    names = ("id", "operation", "pointer", "level", "confidence", "source", "description")
    return {name: getattr(rule, name) for name in names}


def _json(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
