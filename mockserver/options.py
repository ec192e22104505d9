"""The options that say how a fake behaves; every command that starts one has them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click

from mockserver.errors import BadSetting
from mockserver.settings import MIB, Key, Settings

F = TypeVar("F", bound=Callable[..., Any])


def settings_options(command: F) -> F:
    """Add the options that say how the fake behaves; the command gets them as ``Settings``."""
    options = [
        click.option(
            "--service",
            "services",
            multiple=True,
            metavar="NAME",
            help="Serve this one only; repeatable, the first wins on a shared path.",
        ),
        click.option(
            "--prefix", "prefixes", multiple=True, metavar="PATH", help="Serve under this path, too; repeatable."
        ),
        click.option(
            "--pace", default="fast", show_default=True, metavar="PACE", help="real, fast, instant, or polls:N."
        ),
        click.option("--strict", is_flag=True, help="Refuse what is otherwise only a warning."),
        click.option(
            "--reading",
            "readings",
            multiple=True,
            metavar="[SERVICE/]QUESTION=READING",
            help="Answer an open question; see `mockserver readings`.",
        ),
        click.option("--key", "keys", multiple=True, metavar="TOKEN|AK:SK", help="Let only this key in; repeatable."),
        click.option("--slots", type=click.IntRange(min=0), metavar="N", help="Tasks in flight per account and model."),
        click.option("--rate", metavar="N/SPAN", help="Requests per time and account, such as 10/s; over it 429."),
        click.option(
            "--fault", "faults", multiple=True, metavar="FAULT", help="What shall go wrong: '1303 x2'; repeatable."
        ),
        click.option("--seed", type=int, metavar="N", help="The same ids and pictures each time."),
        click.option(
            "--max-body",
            type=click.IntRange(min=1),
            default=64 * MIB,
            metavar="BYTES",
            help="Largest request body; 64 MiB.",
        ),
        click.option("--public-url", metavar="URL", help="Origin of result URLs; otherwise the one the client used."),
        click.option("--webhook-secret", metavar="whsec_…", help="Sign callbacks (Standard Webhooks)."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def settings_from(options: dict[str, Any]) -> Settings:
    """Make ``Settings`` of what ``settings_options`` collected. Raises ``BadSetting``."""
    readings = {}
    for text in options.pop("readings"):
        question, equals, reading = text.partition("=")
        if not equals:
            raise BadSetting("--reading", text, "of the form question=reading")
        readings[question] = reading
    keys = tuple(Key.parse(text) for text in options.pop("keys"))
    if any(not key.name or key.secret == "" for key in keys):
        raise BadSetting("--key", "", "TOKEN or AK:SK")
    url = options.pop("public_url")
    secret = options["webhook_secret"]
    if secret is not None and not _key(secret):
        raise BadSetting("--webhook-secret", "whsec_…", "whsec_ and the Base64 of a key")
    return Settings(readings=readings, keys=keys, public_url=None if url is None else _origin(url), **options)


def _key(secret: str) -> bytes:
    text = secret.removeprefix("whsec_")
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return b""


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname:
            return url.rstrip("/")
    except ValueError:
        pass  # it is for brackets that do not close
    raise BadSetting("--public-url", url, "an http or https URL")
