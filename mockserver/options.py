"""The options that say how a fake behaves; each command that starts one has them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from mockserver.errors import BadSetting
from mockserver.resources import SCHEMAS, load_schemas
from mockserver.settings import MIB, Settings

F = TypeVar("F", bound=Callable[..., Any])


def _number(text: str) -> int | str:
    """Read a whole number; what is none stays text, and ``Settings`` refuses it as it does everywhere."""
    try:
        return int(text)
    except ValueError:
        return text


reading_option = click.option(
    "--reading",
    "readings",
    multiple=True,
    metavar="[SERVICE/]QUESTION=READING",
    help="Choose a reading where the documents leave a question open; see `mockserver readings`.",
)


_OPTIONS = (
    click.option(
        "--service",
        "services",
        multiple=True,
        metavar="NAME",
        help="Serve only this one; repeatable. If two services share a path, the first --service wins.",
    ),
    click.option(
        "--prefix", "prefixes", multiple=True, metavar="PATH", help="Serve under this path as well; repeatable."
    ),
    click.option(
        "--pace",
        default="fast",
        show_default=True,
        metavar="PACE",
        help="Speed of tasks: real, fast, instant, or polls:N.",
    ),
    click.option("--strict", is_flag=True, help="Refuse payloads that otherwise only cause warnings."),
    reading_option,
    click.option(
        "--key",
        "keys",
        multiple=True,
        metavar="TOKEN|AK:SK[=ACCOUNT]",
        help="Accept only this key; repeatable. Keys with one account name see the same tasks.",
    ),
    click.option(
        "--slots",
        type=_number,
        metavar="N",
        help="Limit tasks in flight per account and model; 0 allows none.",
    ),
    click.option("--rate", metavar="N/SPAN", help="Answer 429 above this rate per account, such as 10/s."),
    click.option(
        "--fault",
        "faults",
        multiple=True,
        metavar="FAULT",
        help="Add a fault, such as '1303 x2'; repeatable.",
    ),
    click.option("--seed", type=_number, metavar="N", help="Produce the same ids and pictures in each run."),
    click.option(
        "--max-body",
        type=_number,
        default=64 * MIB,
        metavar="BYTES",
        help="Refuse larger request bodies; 64 MiB by default.",
    ),
    click.option(
        "--max-tasks",
        type=_number,
        default=20_000,
        show_default=True,
        metavar="N",
        help="Keep at most N tasks; of more, the oldest that are over go.",
    ),
    click.option(
        "--public-url",
        metavar="URL",
        help="Origin of result URLs, if not the one that the client used.",
    ),
    click.option(
        "--trust-proxy",
        is_flag=True,
        help="Take that origin from the Forwarded or X-Forwarded-… headers of a proxy in front.",
    ),
    click.option("--webhook-secret", metavar="whsec_…", help="Sign callbacks with this secret (Standard Webhooks)."),
    click.option(
        "--allow-callbacks-to",
        multiple=True,
        metavar="HOST",
        help="Send callbacks only there: a name with * in it, a network, or HOST:PORT; repeatable.",
    ),
    click.option(
        "--deny-callbacks-to",
        multiple=True,
        metavar="HOST",
        help="Send no callbacks there; repeatable.",
    ),
)
"""In the order of --help."""


def schemas_option() -> click.Option:
    """Return the option of every command that loads services of one's own, in this process and those that it starts."""
    return click.Option(
        ["--schemas"],
        multiple=True,
        metavar="DIR",
        is_eager=True,
        expose_value=False,
        callback=_load_schemas,
        help=f"Also load the service in DIR, or those in its folders; repeatable. {SCHEMAS} names more.",
    )


def _load_schemas(context: click.Context, _: click.Parameter, folders: tuple[str, ...]) -> None:
    before = os.environ.get(SCHEMAS, "")
    if folders:
        load_schemas(folders)
        context.call_on_close(lambda: os.environ.__setitem__(SCHEMAS, before))


def settings_options(command: F) -> F:
    """Add the options that say how the fake behaves; ``settings_from`` makes ``Settings`` of them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def settings_from(options: dict[str, Any]) -> Settings:
    """Make ``Settings`` of what ``settings_options`` collected. Raises ``BadSetting``."""
    return Settings(readings=readings_from(options.pop("readings")), **options)


def readings_from(texts: Iterable[str]) -> dict[str, str]:
    """Return what ``reading_option`` collected, by question. Raises ``BadSetting``."""
    readings = {}
    for text in texts:
        question, equals, reading = text.partition("=")
        if not equals:
            raise BadSetting(
                "--reading", f"{text!r} has no '='. Write QUESTION=READING; `mockserver readings` lists them."
            )
        readings[question] = reading
    return readings
