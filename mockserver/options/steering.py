"""The options of the commands that steer a fake that runs already."""

from __future__ import annotations

from click import Option

from mockserver.configuration.option import Configurable
from mockserver.secrecy.curl import SERVE_URL

RUNNING = (
    Configurable(["--url"], default=SERVE_URL, show_default=True, metavar="URL", help="Where the fake is."),
    Configurable(["--control-token"], metavar="TOKEN", help="The token that the fake was started with."),
    Option(["--json", "shows_json"], is_flag=True, help="Print the answer of the control API."),
)
"""Those of each of them."""

ASSISTANT = (
    Configurable(["--url"], metavar="URL", help="Steer the fake there, and start none."),
    Configurable(["--control-token"], metavar="TOKEN", help="The token that the fake was started with."),
)
"""Those of ``mockserver mcp``, which also finds or starts a fake itself."""
