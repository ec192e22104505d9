"""A refusal: the service says no. It stands alone because almost every module of ``fake/`` raises it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mockserver.contract.service import Service
from mockserver.contract.validation import Violation
from mockserver.types import Reason

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Refused(Exception):
    """The service answers with a row of its error table.

    ``row`` is the row's id in ``service.json``; ``fields`` fill the texts of its body; ``violations`` are the
    broken rules that caused it; ``reading`` is the question whose reading decided. ``kind`` and ``reason`` are for
    what the row alone does not say.
    """

    def __init__(
        self,
        row: str,
        violations: tuple[Violation, ...] = (),
        headers: Mapping[str, str] = _NO_HEADERS,
        *,
        reading: str | None = None,
        kind: str | None = None,
        reason: Reason | None = None,
        **fields: object,
    ) -> None:
        super().__init__(row)
        self.row, self.violations, self.headers, self.fields = row, violations, headers, fields
        self.reading, self.kind, self.reason = reading, kind, reason

    def as_a_value(self) -> Refused:
        """Return it without where it was raised, and after what.

        Tracebacks hold frames, and the frame that keeps a refusal is among them: such a circle, and in it the body of
        the request, would be freed only by a search for garbage.
        """
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)


def said(refused: Refused, service: Service) -> str:
    """Return the text of a refusal without the service's envelope."""
    texts = [text for text in service.errors[refused.row].body.values() if isinstance(text, str)]
    return texts[0].format_map(refused.fields)
