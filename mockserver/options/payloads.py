"""The options of the commands that show rules, and payloads that keep or break them."""

from __future__ import annotations

from pathlib import Path

from click import Option
from click import Path as PathType

from mockserver.configuration.option import Configurable
from mockserver.options.fake import READING

RULES = (READING,)
"""Those of ``mockserver rules``."""

VALIDATE = (
    Configurable(["--strict/--no-strict"], help="Exit with 1 for warnings, too."),
    READING,
    Option(["--service"], metavar="NAME", help="Of a HAR file: all exchanges are with this service, at any host."),
    Option(
        ["--report"],
        metavar="DIR",
        type=PathType(path_type=Path),
        help="Of a HAR file: write the report to this folder: HTML, JUnit, SARIF and JSON.",
    ),
)
"""Those of ``mockserver validate``. What is about one file is for the command line only."""

EXAMPLE = (
    Configurable(["--seed"], default=0, show_default=True, help="The same seed prints the same payloads."),
    Configurable(["--strict/--no-strict"], help="Also avoid payloads that only cause warnings."),
    READING,
)
"""Those of ``mockserver example`` that say which payloads may be printed."""
