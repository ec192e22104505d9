"""The options of the commands that show rules, and payloads that keep or break them."""

from __future__ import annotations

from mockserver.configuration.option import Configurable
from mockserver.options.fake import READING

RULES = (READING,)
"""Those of ``mockserver rules``."""

VALIDATE = (Configurable(["--strict/--no-strict"], help="Exit with 1 for warnings, too."), READING)
"""Those of ``mockserver validate``."""

EXAMPLE = (
    Configurable(["--seed"], default=0, show_default=True, help="The same seed prints the same payloads."),
    Configurable(["--strict/--no-strict"], help="Also avoid payloads that only cause warnings."),
    READING,
)
"""Those of ``mockserver example`` that say which payloads may be printed."""
