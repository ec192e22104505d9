"""All tools. They stand apart from the door, because who lists them need not have the SDK."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.adapters.mcp.tool import Tool
from mockserver.adapters.mcp.tools.checking import CHECKING
from mockserver.adapters.mcp.tools.contract import CONTRACT
from mockserver.adapters.mcp.tools.steering import STEERING
from mockserver.adapters.mcp.tools.traffic import TRAFFIC

EVERYWHERE: Mapping[str, Tool] = {**CONTRACT.all, **TRAFFIC.all, **STEERING.all}
"""The tools that speak to the fake alone."""

PROGRAMS: Mapping[str, Tool] = CHECKING.all
"""The tools that start programs, or send requests to other servers."""
