"""The options of interception: of ``serve``, which is the proxy, and of the commands that start a client beside one."""

from __future__ import annotations

import click
from click.core import ParameterSource

from mockserver.configuration.option import Configurable
from mockserver.errors import BadSetting

_PASS = Configurable(
    ["--pass", "passed"],
    multiple=True,
    metavar="HOST",
    help="With --intercept, let requests out to this host as well, such as *.example.com; repeatable.",
)

PROXY = (
    Configurable(
        ["--intercept/--no-intercept", "intercept"],
        help="Be the proxy of clients, too: take what they send to the hosts of the services, and refuse the rest.",
    ),
    _PASS,
)
"""Those of what is the proxy."""

CLIENT = (
    Configurable(
        ["--intercept/--no-intercept", "intercept"],
        help="Take what it sends to the hosts of the services, without a change of its URLs, and refuse the rest.",
    ),
    _PASS,
)
"""Those of what starts a client."""


def check_passed() -> None:
    """Raise ``BadSetting`` for hosts that the command line lets out of a proxy that there is not.

    A file may name them once, for the runs that have a proxy.
    """
    context = click.get_current_context()
    is_written = context.get_parameter_source("passed") is ParameterSource.COMMANDLINE
    if is_written and not context.params["intercept"]:
        raise BadSetting("--pass", "it goes with --intercept: without a proxy nothing is refused. Add --intercept.")
