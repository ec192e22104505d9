"""``mockserver tasks`` and ``mockserver reset``: what a running fake has, and to begin anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from mockserver.commands.steering.running import Running, running
from mockserver.options.steering import RUNNING


@click.command(
    params=[*RUNNING],
    short_help="List the tasks of a running fake.",
    epilog="\b\nExamples:\n  mockserver tasks\n  mockserver tasks --json --url http://127.0.0.1:9000",
)
@running
def tasks(fake: Running) -> None:
    """List the last 100 tasks, the newest first: id, operation, status, the client's own id, and why one fails."""
    found = fake.get("tasks")
    fake.show(found["items"], lambda: _lines(found))


@click.command(
    params=[*RUNNING],
    short_help="Let a running fake forget what has happened.",
    epilog="\b\nExample:\n  mockserver reset --account my-key",
)
@click.option("--account", metavar="TOKEN", help="Only what belongs to this token or access key.")
@running
def reset(fake: Running, account: str | None) -> None:
    """Forget tasks, callbacks, requests and faults; settings and clock stay."""
    found = fake.post("reset", {} if account is None else {"account": account})
    fake.show(found, lambda: iter(["all is forgotten" if account is None else "what it had is forgotten"]))


def _lines(found: Any) -> Iterator[str]:
    width = max((len(each["operation"]) for each in found["items"]), default=0)
    for each in found["items"]:
        words = [each["id"], f"{each['operation']:<{width}}", f"{each['status']:<10}", each["external_id"] or ""]
        if each["status"] == "failed":
            words.append((each["cause"] or {}).get("sentence") or each["reason"] or "")
        yield "  ".join(words).rstrip()
    if found["next"] is not None:
        yield "there are more: the control API has them page by page, GET /_mock/tasks?offset=100"
    if not found["items"]:
        yield "there is no task yet"
