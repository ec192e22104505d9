"""The options of interception: of ``serve``, which is the proxy, and of the commands that start a client beside one."""

from __future__ import annotations

from mockserver.configuration.option import Configurable

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
