"""The options that say how a fake behaves; each command that starts one has them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from click import Option

from mockserver.errors import BadSetting
from mockserver.settings import MIB, Settings


def _number(text: str) -> int | str:
    """Read a whole number; what is none stays text, and ``Settings`` refuses it as it does everywhere."""
    try:
        return int(text)
    except ValueError:
        return text


READING = Option(
    ["--reading", "readings"],
    multiple=True,
    metavar="[SERVICE/]QUESTION=READING",
    help="Choose a reading where the documents leave a question open; see `mockserver readings`.",
)


FAKE = (
    Option(
        ["--service", "services"],
        multiple=True,
        metavar="NAME",
        help="Serve only this one; repeatable. If two services share a path, the first --service wins.",
    ),
    Option(["--prefix", "prefixes"], multiple=True, metavar="PATH", help="Serve under this path as well; repeatable."),
    Option(
        ["--pace"],
        default="fast",
        show_default=True,
        metavar="PACE",
        help="Speed of tasks: real, fast, instant, or polls:N.",
    ),
    Option(["--strict/--no-strict"], help="Refuse payloads that otherwise only cause warnings."),
    READING,
    Option(
        ["--key", "keys"],
        multiple=True,
        metavar="TOKEN|AK:SK[=ACCOUNT]",
        help="Accept only this key; repeatable. Keys with one account name see the same tasks.",
    ),
    Option(
        ["--slots"],
        type=_number,
        metavar="N",
        help="Limit tasks in flight per account and model; 0 allows none.",
    ),
    Option(["--rate"], metavar="N/SPAN", help="Answer 429 above this rate per account, such as 10/s."),
    Option(
        ["--fault", "faults"],
        multiple=True,
        metavar="FAULT",
        help="Add a fault, such as '1303 x2'; repeatable.",
    ),
    Option(["--seed"], type=_number, metavar="N", help="Produce the same ids and pictures in each run."),
    Option(
        ["--max-body"],
        type=_number,
        default=64 * MIB,
        metavar="BYTES",
        help="Refuse larger request bodies; 64 MiB by default.",
    ),
    Option(
        ["--max-tasks"],
        type=_number,
        default=20_000,
        show_default=True,
        metavar="N",
        help="Keep at most N tasks; of more, the oldest that are over go.",
    ),
    Option(
        ["--public-url"],
        metavar="URL",
        help="Origin of result URLs, if not the one that the client used.",
    ),
    Option(
        ["--trust-proxy/--no-trust-proxy"],
        help="Take that origin from the Forwarded or X-Forwarded-… headers of a proxy in front.",
    ),
    Option(["--webhook-secret"], metavar="whsec_…", help="Sign callbacks with this secret (Standard Webhooks)."),
    Option(
        ["--allow-callbacks-to"],
        multiple=True,
        metavar="HOST",
        help="Send callbacks only there: a name with * in it, a network, or HOST:PORT; repeatable.",
    ),
    Option(
        ["--deny-callbacks-to"],
        multiple=True,
        metavar="HOST",
        help="Send no callbacks there; repeatable.",
    ),
)
"""Those of ``Settings``, in the order of --help; ``settings_from`` makes ``Settings`` of them."""


def settings_from(options: dict[str, Any]) -> Settings:
    """Make ``Settings`` of what ``FAKE`` collected. Raises ``BadSetting``."""
    return Settings(readings=readings_from(options.pop("readings")), **options)


def readings_from(texts: Iterable[str]) -> dict[str, str]:
    """Return what ``READING`` collected, by question. Raises ``BadSetting``."""
    readings = {}
    for text in texts:
        question, equals, reading = text.partition("=")
        if not equals:
            raise BadSetting(
                "--reading", f"{text!r} has no '='. Write QUESTION=READING; `mockserver readings` lists them."
            )
        readings[question] = reading
    return readings
