"""The reference, generated when the site is built: what has a name in the contract, the fake and the kit.

A page of ``docs/reference/`` says what it lists, and which command lists the same; the list itself is added here. The
page of a service is written anew in each build.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docs.building import services
from docs.building.markdown import code, plain, section, table
from mockserver.contract.catalog import load
from mockserver.kit.checks import AnyCheck
from mockserver.resources import folder

if TYPE_CHECKING:
    import click
    from sphinx.application import Sphinx

FOLDER = "docs/reference"
_METHODS = ("get", "post", "put", "patch", "delete")


def setup(app: Sphinx) -> None:
    """Write the pages of services, and add to the other ones what they list."""
    app.connect("builder-inited", _write_services)
    app.connect("source-read", _add_list)
    # Their files stay as they are when what they list has changed.
    app.connect("env-get-outdated", lambda *_: [f"{FOLDER}/{page}" for page in LISTS])


def _write_services(app: Sphinx) -> None:
    place = Path(app.srcdir) / FOLDER / "services"
    place.mkdir(exist_ok=True)
    for service in load().services.values():
        file, text = place / f"{service.id}.md", "\n".join(services.page(service))
        if not file.exists() or file.read_text(encoding="utf-8") != text:  # what is as it was is not read again
            file.write_text(text, encoding="utf-8")


def _add_list(app: Sphinx, name: str, source: list[str]) -> None:
    place, _, page = name.rpartition("/")
    if place == FOLDER:
        source[0] += "\n" + "\n".join(LISTS[page]())


def _services() -> Iterator[str]:
    found = load().services.values()
    yield from table(
        ("service", "what it is"), ((f"[{code(each.id)}](services/{each.id}.md)", plain(each.title)) for each in found)
    )
    yield from ("```{toctree}", ":hidden:", "", *(f"services/{each.id}" for each in found), "```", "")


def _readings() -> Iterator[str]:
    """Yield each question with the readings and the defaults of all services that ask it."""
    found: dict[str, dict[str, Any]] = {}
    for service in load().services.values():
        for question in service.questions.values():
            entry = found.setdefault(question.id, {"question": question, "means": {}, "defaults": {}})
            entry["means"] = {each.id: each.means for each in question.readings.values()} | entry["means"]
            entry["defaults"].setdefault(question.default, []).append(service.id)
    for id, entry in found.items():
        question = entry["question"]
        yield from section(id, plain(question.question), f"Source: {plain(question.source)} ({question.confidence}).")
        yield from table(
            ("reading", "what it means", "default of"),
            (
                (code(reading), plain(means), ", ".join(map(code, entry["defaults"].get(reading, ()))))
                for reading, means in entry["means"].items()
            ),
        )


def _faults() -> Iterator[str]:
    from mockserver.fake.faults import profiles
    from mockserver.fake.faults.line import KINDS

    yield from table(
        ("fault", "stage", "what happens"),
        ((code(f"{each.name} {each.usage}".strip()), each.stage, plain(each.means)) for each in KINDS.values()),
    )
    yield from section("Profiles", "Named lists of faults; `mockserver list profiles` prints them.")
    yield from table(
        ("profile", "what it imitates", "its faults"),
        (
            (code(each.name), plain(each.imitates), ", ".join(map(code, each.lines)))
            for each in profiles.known({}).values()
        ),
    )


def _checks() -> Iterator[str]:
    from mockserver.kit.client import traffic
    from mockserver.kit.client.checks.registry import CHECKS as OF_CLIENTS
    from mockserver.kit.client.scenarios import SCENARIOS
    from mockserver.kit.server.checks.registry import CHECKS as OF_SERVERS

    ids = (*traffic.OF_ALL, *traffic.OF_A_JOB, *traffic.OF_RESULTS, *traffic.IN_TIME)
    of_run = "`mockserver run` makes those that traffic alone can decide: "
    for heading, checks, text in (
        ("Checks of a client", OF_CLIENTS.values(), ""),
        ("Checks of traffic", (traffic.REFUSED, traffic.AGAIN), f"{of_run}{', '.join(map(code, ids))}. It adds:"),
        ("Checks of a server", OF_SERVERS.values(), ""),
    ):
        yield from section(heading, text)
        yield from _checks_of(checks)
    yield from section("Scenarios for clients", "Each finding about a client names the scenario in which it was made.")
    yield from table(
        ("scenario", "what happens"), ((code(each.id), plain(each.description)) for each in SCENARIOS.values())
    )


def _checks_of(checks: Iterable[AnyCheck]) -> Iterator[str]:
    yield from table(
        ("check", "family and level", "promise", "why"),
        (
            (
                code(each.id),
                f"{each.family} {each.severity}",
                plain(each.documented),
                plain(f"{each.why} ({each.source})"),
            )
            for each in checks
        ),
    )


def _commands() -> Iterator[str]:
    import click

    from mockserver.cli import main

    yield from _command(main, click.Context(main, info_name="mockserver", **main.context_settings))


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    import click

    yield from section(context.command_path, f"```text\n{command.get_help(context)}\n```")
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.commands[name]
            yield from _command(found, click.Context(found, info_name=name, parent=context))


def _control() -> Iterator[str]:
    description = json.loads((folder("schemas") / "control.json").read_text(encoding="utf-8"))
    for path, methods in description["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield from _control_operation(f"{method.upper()} /_mock{path}", methods[method])
    yield from section("Bodies")
    for name, schema in description["components"]["schemas"].items():
        yield from section(name, plain(schema.get("description", "")), depth=3)
        yield from _properties(schema)


def _control_operation(line: str, operation: dict[str, Any]) -> Iterator[str]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    named = body.get("$ref", "").rpartition("/")[2]
    yield from section(
        line,
        plain(_sentence(operation["summary"])),
        plain(_sentence(operation.get("description", ""))),
        f"Body: [{named}](#{named.lower()})." if named else "",
    )


def _sentence(text: str) -> str:
    return text if not text or text[-1] in ".?!" else f"{text}."


def _properties(schema: dict[str, Any]) -> Iterator[str]:
    yield from table(
        ("field", "required", "what it is"),
        (
            (code(name), "yes" if name in schema.get("required", ()) else "no", plain(part.get("description", "")))
            for name, part in schema.get("properties", {}).items()
        ),
    )


def _tools() -> Iterator[str]:
    from mockserver.adapters.mcp.tools.registry import EVERYWHERE, PROGRAMS

    for heading, tools, text in (
        ("Over stdio and HTTP", EVERYWHERE, ""),
        ("Over stdio only", PROGRAMS, "They start a program, or send requests to another server."),
    ):
        yield from section(heading, text)
        yield from table(
            ("tool", "takes", "what it does"),
            (
                (code(each.name), ", ".join(map(code, each.arguments["properties"])), plain(each.about))
                for each in tools.values()
            ),
        )


LISTS: dict[str, Callable[[], Iterator[str]]] = {
    "services": _services,
    "readings": _readings,
    "faults": _faults,
    "checks": _checks,
    "commands": _commands,
    "control": _control,
    "tools": _tools,
}
"""What each page of the reference lists."""
