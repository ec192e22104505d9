"""``mockserver tail`` and ``mockserver verify``: what a client has sent to a running fake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click
from click.exceptions import Exit

from mockserver.adapters.console.lines import Line
from mockserver.commands.steering.running import Running, running
from mockserver.errors import BadSetting
from mockserver.options.steering import RUNNING
from mockserver.types import JSON

_PAGE = 1000
"""Requests that are asked for together."""


@click.command(
    params=[*RUNNING],
    short_help="Print the requests to a running fake as they come.",
    epilog="\b\nExamples:\n  mockserver tail\n  mockserver tail --last 0 --json | jq .reason",
)
@click.option(
    "--last", default=10, show_default=True, type=click.IntRange(0), metavar="N", help="Begin with the last N."
)
@click.option("--follow/--no-follow", default=True, show_default=True, help="Go on until Ctrl-C or the fake's end.")
@running
def tail(fake: Running, last: int, follow: bool) -> None:
    """Print a line for each request: time, method, path, status, task, and why an answer is not the usual one."""
    seen = _print_since(fake, None, last)
    if not follow:
        return
    version = None
    for state in fake.events():
        if "requests" in state and state["requests"]["version"] != version:
            version = state["requests"]["version"]
            seen = _print_since(fake, seen, _PAGE)


@click.command(
    params=[*RUNNING],
    short_help="Ask a running fake whether a client has sent something.",
    epilog='\b\nExample:\n  mockserver verify kling/omni-image.create --where \'{"prompt": "*cat*"}\' --times 2',
)
@click.argument("operation")
@click.option("--where", metavar="JSON", help="A pattern of the body: the fields that count, texts with *.")
@click.option("--times", type=click.IntRange(0), metavar="N", help="So many requests; without it at least one.")
@click.option("--status", type=int, metavar="N", help="Only requests that were answered with this HTTP status.")
@click.option("--account", metavar="TOKEN", help="Only requests with this token or access key.")
@running
def verify(fake: Running, operation: str, where: str | None, **more: Any) -> None:
    """Exit with 0 if requests to OPERATION were sent as expected, and else with 1, telling what came nearest."""
    expected = {name: value for name, value in more.items() if value is not None}
    if where is not None:
        expected["where"] = _pattern(where)
    found = fake.post("requests/verify", {"operation": operation, **expected})
    fake.show(found, lambda: _verdict(found))
    if not found["is_met"]:
        raise Exit(1)


def _print_since(fake: Running, seen: int | None, most: int) -> int:
    """Print what came after a request, at most so much; return the number of the last one."""
    items = _since(fake, seen, most)
    for item in reversed(items[:most]):
        click.echo(json.dumps(item, ensure_ascii=False) if fake.shows_json else Line.shown(item).text())
    return items[0]["number"] if items else seen or 0


def _since(fake: Running, seen: int | None, most: int) -> list[Any]:
    """Return what came after a request, the newest first, and at least that one: its number tells where to go on."""
    items: list[Any] = []
    offset: int | None = 0
    while offset is not None and len(items) < max(most, 1):
        page = fake.get("requests", limit=str(min(max(most, 1), _PAGE)), offset=str(offset))
        new = [item for item in page["items"] if seen is None or item["number"] > seen]
        items += new
        offset = page["next"] if len(new) == len(page["items"]) else None
    return items


def _pattern(text: str) -> JSON:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise BadSetting("--where", f'{text!r} is not JSON: {error}. Write an object, such as {{"n": 2}}.') from error
    return found


def _verdict(found: Any) -> Iterator[str]:
    numbers = ", ".join(map(str, found["found"])) or "none"
    yield f"{'as expected' if found['is_met'] else 'not as expected'}: requests {numbers}"
    for miss in found["nearest"]:
        yield f"nearest is request {miss['number']}: {'; '.join(miss['reasons'])}"
