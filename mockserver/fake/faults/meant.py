"""Meant refusals: how a test says that it means to be refused. The fake takes note of it and does nothing else.

Three ways, for whatever a test can change: the header ``mockserver-expect: refusal``, the words ``expect-refusal`` in
the name of the token or of the access key, or ``[[mock: expect refusal]]`` in the prompt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from mockserver.contract.credentials import KEY_HEADER
from mockserver.types import JSON, Request

Way = Literal["header", "name", "prompt"]
"""How a request says it: for itself, or by a name for all that come with it."""

_HEADER = "mockserver-expect"
_VALUE = "refusal"
NAME = "expect-refusal"
"""The words in the name of a token or of an access key that mean it for all that come with it."""

_WORDS = ["expect", "refusal"]

# As in prompts: what is not closed, or is very long, must not hold anybody up.
_MARK = re.compile(rb"\[\[\s*+mock:\s*+expect\s++refusal\s*+\]\]", re.IGNORECASE)


def is_word(line: str) -> bool:
    """Whether what stands in ``[[mock: …]]`` is no fault, but says that the request means to be refused."""
    return line.lower().split() == _WORDS


def meant_by(request: Request, claims: Mapping[str, JSON] | None) -> Way | None:
    """Return how a request says that it means to be refused; ``claims`` are those of its JWT, if it has one."""
    if request.headers.get(_HEADER, "").strip().lower() == _VALUE:
        return "header"
    if _MARK.search(request.body) is not None:
        return "prompt"
    keys = (request.headers.get(header, "") for header in ("authorization", KEY_HEADER))
    names = (*keys, str((claims or {}).get("iss", "")))
    return "name" if any(NAME in name.lower() for name in names) else None
