"""The options of the judges: of ``check client``, ``check server`` and ``run``."""

from __future__ import annotations

from pathlib import Path

from click import FloatRange, IntRange, Option
from click import Path as PathType

REPORTING = (
    Option(
        ["--report"],
        metavar="DIR",
        type=PathType(path_type=Path),
        help="Write the report to this folder: HTML, JUnit, SARIF and JSON, and scripts that repeat findings.",
    ),
    Option(
        ["--baseline"],
        metavar="FILE",
        type=PathType(path_type=Path),
        help="Accept the findings in this file, one to a line.",
    ),
)
"""Those of every command that ends with a verdict."""

_CHOICE = (
    Option(["--only"], multiple=True, metavar="CHECK", help="Make this check or family only; repeatable."),
    Option(["--skip"], multiple=True, metavar="CHECK", help="Leave out this check or family; repeatable."),
)

_SEED = Option(["--seed"], type=int, default=0, show_default=True, help="Another seed draws other payloads.")

CLIENT = (
    Option(
        ["--operation", "operations"],
        multiple=True,
        metavar="OPERATION",
        help="Check this operation only; repeatable.",
    ),
    Option(
        ["--seconds"],
        type=FloatRange(0, min_open=True),
        default=300,
        show_default=True,
        help="End after so many seconds, and report what was not played.",
    ),
    Option(
        ["--examples"],
        type=IntRange(min=0),
        default=10,
        show_default=True,
        help="Draw so many valid payloads, and as many invalid ones; 0 for none.",
    ),
    _SEED,
    Option(["--every-reading/--no-every-reading"], help="Also check under each other reading of the open questions."),
    *_CHOICE,
    Option(["--scenario", "scenarios"], multiple=True, metavar="SCENARIO", help="Play this scenario only; repeatable."),
    Option(
        ["--reading", "readings"],
        multiple=True,
        metavar="QUESTION=READING",
        help="Play under this reading only; repeatable. `mockserver readings` lists them.",
    ),
    Option(["--payload"], metavar="JSON", help="Ask for this payload only, in each scenario."),
    *REPORTING,
)
"""Those of ``mockserver check client``."""

ACCESS_KEY = (
    Option(["--ak"], metavar="KEY", help="An access key, for tokens signed with --sk."),
    Option(["--sk"], metavar="SECRET", help="The secret of --ak."),
)

SERVER = (
    Option(["--service"], default="kling", show_default=True, metavar="NAME", help="The contract to check against."),
    Option(["--token"], metavar="TOKEN", help="An API key, sent as a bearer token."),
    *ACCESS_KEY,
    Option(
        ["--other-token"],
        metavar="TOKEN|AK:SK",
        help="The key of another account, to see that neither sees what the other has.",
    ),
    Option(["--webhook-secret"], metavar="whsec_…", help="Verify the signatures of callbacks with this secret."),
    Option(
        ["--operation", "operations"],
        multiple=True,
        metavar="OPERATION",
        help="Try only this operation; repeatable.",
    ),
    Option(
        ["--max-creates"], type=IntRange(min=1), default=50, show_default=True, help="Create at most so many tasks."
    ),
    Option(
        ["--seconds"],
        type=FloatRange(0, min_open=True),
        default=600,
        show_default=True,
        help="Send nothing more after so many seconds.",
    ),
    Option(
        ["--reading", "readings"],
        multiple=True,
        metavar="[SERVICE/]QUESTION=READING",
        help="Settle an open question; `mockserver readings` lists them. Repeatable.",
    ),
    _SEED,
    *_CHOICE,
    *REPORTING,
)
"""Those of ``mockserver check server``."""
