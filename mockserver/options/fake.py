"""The options that say how a fake behaves; each command that starts one has them."""

from __future__ import annotations

from collections.abc import Iterable

from mockserver.configuration.option import Configurable
from mockserver.errors import BadSetting
from mockserver.settings import MIB


def _number(text: str) -> int | str:
    """Read a whole number; what is none stays text, and ``Settings`` refuses it as it does everywhere."""
    try:
        return int(text)
    except ValueError:
        return text


def _readings(_: object, __: object, texts: Iterable[str]) -> dict[str, str]:
    """Return readings by question. Raises ``BadSetting``."""
    return dict(_pair("--reading", text, "QUESTION=READING; `mockserver readings` lists them") for text in texts)


def _profiles(_: object, __: object, texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the faults of profiles by name. Raises ``BadSetting``."""
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, line = _pair("--own-profile", text, "NAME=FAULT, such as 'bad-day=1303 x2'")
        found[name] = (*found.get(name, ()), line)
    return found


def _pair(option: str, text: str, form: str) -> tuple[str, str]:
    name, equals, rest = text.partition("=")
    if not equals:
        raise BadSetting(option, f"{text!r} has no '='. Write {form}.")
    return name, rest


READING = Configurable(
    ["--reading", "readings"],
    table="readings",
    multiple=True,
    callback=_readings,
    metavar="[SERVICE/]QUESTION=READING",
    help="Choose a reading where the documents leave a question open; see `mockserver readings`.",
)


FAKE = (
    Configurable(
        ["--service", "services"],
        multiple=True,
        metavar="NAME",
        help="Serve only this one; repeatable. If two services share a path, the first --service wins.",
    ),
    Configurable(
        ["--prefix", "prefixes"], multiple=True, metavar="PATH", help="Serve under this path as well; repeatable."
    ),
    Configurable(
        ["--pace"],
        default="fast",
        show_default=True,
        metavar="PACE",
        help="Speed of tasks: real, fast, instant, or polls:N.",
    ),
    Configurable(["--strict/--no-strict"], help="Refuse payloads that otherwise only cause warnings."),
    READING,
    Configurable(
        ["--key", "keys"],
        multiple=True,
        metavar="TOKEN|AK:SK[=ACCOUNT]",
        help="Accept only this key; repeatable. Keys with one account name see the same tasks.",
    ),
    Configurable(
        ["--slots"],
        type=_number,
        metavar="N",
        help="Limit tasks in flight per account and model; 0 allows none.",
    ),
    Configurable(["--rate"], metavar="N/SPAN", help="Answer 429 above this rate per account, such as 10/s."),
    Configurable(
        ["--fault", "faults"],
        multiple=True,
        metavar="FAULT",
        help="Add a fault, such as '1303 x2'; repeatable.",
    ),
    Configurable(
        ["--profile"],
        multiple=True,
        metavar="NAME",
        help="Add the faults of a profile, such as flaky; repeatable. `mockserver list profiles` lists them.",
    ),
    Configurable(
        ["--own-profile", "profiles"],
        table="profiles",
        multiple=True,
        callback=_profiles,
        metavar="NAME=FAULT",
        help="Give a profile of your own a fault; repeatable.",
    ),
    Configurable(["--seed"], type=_number, metavar="N", help="Produce the same ids and pictures in each run."),
    Configurable(
        ["--max-body"],
        type=_number,
        default=64 * MIB,
        metavar="BYTES",
        help="Refuse larger request bodies; 64 MiB by default.",
    ),
    Configurable(
        ["--max-tasks"],
        type=_number,
        default=20_000,
        show_default=True,
        metavar="N",
        help="Keep at most N tasks; of more, the oldest that are over go.",
    ),
    Configurable(
        ["--public-url"],
        metavar="URL",
        help="Origin of result URLs, if not the one that the client used.",
    ),
    Configurable(
        ["--trust-proxy/--no-trust-proxy"],
        help="Take that origin from the Forwarded or X-Forwarded-… headers of a proxy in front.",
    ),
    Configurable(["--webhook-secret"], metavar="whsec_…", help="Sign callbacks with this secret (Standard Webhooks)."),
    Configurable(
        ["--allow-callbacks-to"],
        multiple=True,
        metavar="HOST",
        help="Send callbacks only there: a name with * in it, a network, or HOST:PORT; repeatable.",
    ),
    Configurable(
        ["--deny-callbacks-to"],
        multiple=True,
        metavar="HOST",
        help="Send no callbacks there; repeatable.",
    ),
)
"""Those of ``Settings``, in the order of --help."""
