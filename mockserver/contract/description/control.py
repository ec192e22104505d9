"""The control API as an OpenAPI 3.1 document: ``schemas/control.json``, by which it is routed and bodies are checked.

It stands alone because neither the API, the command nor the fake's snapshots may import each other.
"""

from __future__ import annotations

import json
from functools import cache

from mockserver.resources import folder
from mockserver.types import JSON


@cache
def description() -> dict[str, JSON]:
    """Return the description. It is shared: whoever changes it makes a copy."""
    found: dict[str, JSON] = json.loads((folder("schemas") / "control.json").read_text(encoding="utf-8"))
    return found
