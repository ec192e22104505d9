"""The commands whose options can be configured, and those options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from mockserver.configuration.option import Command, Configurable
from mockserver.options import interception
from mockserver.options.fake import FAKE
from mockserver.options.kit import ACCESS_KEY, CLIENT, JOURNAL, REPORTING, SERVER
from mockserver.options.payloads import EXAMPLE, RULES, VALIDATE
from mockserver.options.server import PROXY, SERVE
from mockserver.options.services import OWN_SERVICES
from mockserver.options.steering import ASSISTANT, RUNNING

STEERING: tuple[Command, ...] = (
    *(("clock", word) for word in ("show", "freeze", "resume", "advance", "set")),
    *(("fault", word) for word in ("add", "remove", "clear")),
    *((word,) for word in ("faults", "tasks", "tail", "verify", "reset")),
)
"""The commands for a fake that runs already."""

PYTHON = ("python",)
"""What stands for ``live()``, ``patch()`` and the fixtures of pytest, as if they were a command."""

_OPTIONS = {
    ("serve",): (*SERVE, *FAKE),
    ("run",): (*REPORTING, JOURNAL, *interception.CLIENT, *FAKE),
    ("proxy",): PROXY,
    ("check", "client"): CLIENT,
    ("check", "server"): SERVER,
    ("validate",): VALIDATE,
    ("example",): EXAMPLE,
    ("rules",): RULES,
    ("token",): ACCESS_KEY,
    ("mcp",): ASSISTANT,
    PYTHON: FAKE,
    **dict.fromkeys(STEERING, RUNNING),
}

COMMANDS: Mapping[Command, Sequence[Configurable]] = MappingProxyType(
    {
        command: (*(each for each in options if isinstance(each, Configurable)), OWN_SERVICES)
        for command, options in _OPTIONS.items()
    }
)
"""The options of each that variables and the file set; all other commands have only ``--schemas`` of these."""
