"""The options of the judges: of ``check client``, ``check server`` and ``run``."""

from __future__ import annotations

from pathlib import Path

from click import FloatRange, IntRange, Option
from click import Path as PathType

from mockserver.configuration.option import Configurable
from mockserver.options import interception
from mockserver.options.fake import READING

REPORTING = (
    Configurable(
        ["--report"],
        metavar="DIR",
        type=PathType(path_type=Path),
        help="Write the report to this folder: HTML, JUnit, SARIF and JSON, and scripts that repeat findings.",
    ),
    Configurable(
        ["--baseline"],
        metavar="FILE",
        type=PathType(path_type=Path),
        help="Accept the findings in this file, one to a line.",
    ),
)
"""Those of every command that ends with a verdict."""

JOURNAL = Configurable(
    ["--journal"],
    metavar="FILE",
    type=PathType(path_type=Path),
    help="Write all exchanges and callbacks to this file, as HAR.",
)
"""That of ``mockserver run`` besides ``REPORTING`` and ``FAKE``."""

_CHOICE = (
    Configurable(["--only"], multiple=True, metavar="CHECK", help="Make this check or family only; repeatable."),
    Configurable(["--skip"], multiple=True, metavar="CHECK", help="Leave out this check or family; repeatable."),
)

_SEED = Configurable(["--seed"], type=int, default=0, show_default=True, help="Another seed draws other payloads.")

CLIENT = (
    Configurable(
        ["--operation", "operations"],
        multiple=True,
        metavar="OPERATION",
        help="Check this operation only; repeatable.",
    ),
    Configurable(
        ["--seconds"],
        type=FloatRange(0, min_open=True),
        default=300,
        show_default=True,
        help="End after so many seconds, and report what was not played.",
    ),
    Configurable(
        ["--examples"],
        type=IntRange(min=0),
        default=10,
        show_default=True,
        help="Draw so many valid payloads, and as many invalid ones; 0 for none.",
    ),
    _SEED,
    Configurable(
        ["--every-reading/--no-every-reading"], help="Also check under each other reading of the open questions."
    ),
    *interception.CLIENT,
    *_CHOICE,
    Configurable(
        ["--scenario", "scenarios"], multiple=True, metavar="SCENARIO", help="Play this scenario only; repeatable."
    ),
    Option(
        ["--reading", "readings"],
        multiple=True,
        metavar="QUESTION=READING",
        help="Play under this reading only; repeatable. `mockserver readings` lists them.",
    ),
    Option(["--payload"], metavar="JSON", help="Ask for this payload only, in each scenario."),
    *REPORTING,
)
"""Those of ``mockserver check client``. What repeats one play is for the command line only."""

ACCESS_KEY = (
    Configurable(["--ak"], excludes=["token"], metavar="KEY", help="An access key, for tokens signed with --sk."),
    Configurable(["--sk"], excludes=["token"], metavar="SECRET", help="The secret of --ak."),
)

SERVER = (
    Configurable(
        ["--service"], default="kling", show_default=True, metavar="NAME", help="The contract to check against."
    ),
    Configurable(["--token"], excludes=["ak", "sk"], metavar="TOKEN", help="An API key, sent as a bearer token."),
    *ACCESS_KEY,
    Configurable(
        ["--other-token"],
        metavar="TOKEN|AK:SK",
        help="The key of another account, to see that neither sees what the other has.",
    ),
    Configurable(["--webhook-secret"], metavar="whsec_…", help="Verify the signatures of callbacks with this secret."),
    Configurable(
        ["--operation", "operations"],
        multiple=True,
        metavar="OPERATION",
        help="Try only this operation; repeatable.",
    ),
    Configurable(
        ["--max-creates"], type=IntRange(min=1), default=50, show_default=True, help="Create at most so many tasks."
    ),
    Configurable(
        ["--max-units"],
        metavar="UNITS",
        type=FloatRange(min=0),
        help="Create no tasks that would cost more units in all, by the contract's prices.",
    ),
    Configurable(
        ["--seconds"],
        type=FloatRange(0, min_open=True),
        default=600,
        show_default=True,
        help="Send nothing more after so many seconds.",
    ),
    READING,
    _SEED,
    *_CHOICE,
    Option(["--plan", "only_plans"], is_flag=True, help="Say what would be sent and what it costs, and send nothing."),
    Option(["--yes", "agrees"], is_flag=True, help="Do not ask before tasks are created that cost something."),
    *REPORTING,
)
"""Those of ``mockserver check server``. What is decided anew each time is for the command line only."""
