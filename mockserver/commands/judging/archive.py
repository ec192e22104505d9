"""An archive of exchanges, each checked against the contract: what is printed of it, and the verdict for reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

from mockserver.adapters.proxy.archives import Inspected, Session
from mockserver.contract.differences import Difference
from mockserver.contract.validation import Violation
from mockserver.har.archive import Archive
from mockserver.kit.checks import AnyCheck, Check
from mockserver.kit.transcript import Exchange, Transcript
from mockserver.kit.verdict import Finding, Verdict
from mockserver.secrecy.mask import Mask, json_of
from mockserver.settings import Settings

_RULES: AnyCheck = Check(
    id="requests-keep-the-rules",
    family="exchanges",
    source="schemas/",
    severity="error",
    documented="No request breaks a rule of the contract.",
    why="The service refuses it.",
)
_LIKELY: AnyCheck = Check(
    id="requests-keep-the-likely-rules",
    family="exchanges",
    source="schemas/",
    severity="warning",
    documented="No request breaks a rule that only some documents have.",
    why="The service may refuse it.",
)
_ANSWERS: AnyCheck = Check(
    id="answers-keep-the-contract",
    family="exchanges",
    source="schemas/",
    severity="error",
    documented="Each answer has a status and a body that the contract describes.",
    why="The contract is wrong then, or the service has changed, or it is a gateway of another kind.",
)


class Judged:
    """The exchanges of an archive and what is wrong with them."""

    def __init__(self, name: str, archive: Archive, settings: Settings) -> None:
        """``name`` is what the archive is called. Raises ``MockserverError``."""
        self._name, self._archive = name, archive
        self._session = Session(archive, settings)
        self._is_strict = settings.strict
        self._found = tuple(self._session.inspected())

    @property
    def is_broken(self) -> bool:
        """Whether the contract was broken; if it is taken strictly, a warning counts."""
        return any(True for found in self._found for _ in self._wrong(found))

    def lines(self) -> Iterator[str]:
        """Yield what is wrong, each exchange with its place, and a summary."""
        for found in self._found:
            entry, inspection = found.entry, found.inspection
            if not inspection.violations and not inspection.differences:
                continue
            mask = Mask.of(entry.request)
            status = entry.response.status if entry.response else ""
            what = inspection.operation or "not in the contract"
            yield f"{entry.place} {entry.request.method} {mask.text(entry.request.path)} {status} {what}"
            yield from (f"    {mask.text(_violated(each))}" for each in inspection.violations)
            yield from (f"    {mask.text(_differing(each))}" for each in inspection.differences)
        yield self.summary

    @property
    def summary(self) -> str:
        """Tell in a line how many exchanges keep the contract, and what was left out."""
        broken = sum(any(True for _ in self._wrong(found)) for found in self._found)
        services = Counter(found.service.id for found in self._found)
        whose = ", ".join(f"{service} {count}" for service, count in services.items())
        kept, count = len(self._found) - broken, len(self._found)
        told = f"{count} exchange{'s' * (count != 1)}" + (f" ({whose})" if whose else "")
        told += f": {kept} {'keeps' if kept == 1 else 'keep'} the contract,"
        told += f" {broken} {'breaks' if broken == 1 else 'break'} it"
        left_out = [f"{count} {what}" for count, what in self._left_out() if count]
        return told + (f"; left out: {', '.join(left_out)}" if left_out else "")

    def verdict(self) -> Verdict:
        """Return the verdict for reports."""
        return Verdict(
            self._name,
            (_RULES, _LIKELY, _ANSWERS),
            tuple(each for found in self._found for each in _findings(found)),
            obstacle=None if self._found else self.obstacle,
            facts=(("exchanges", self.summary),),
        ).masked()

    @property
    def obstacle(self) -> str | None:
        """Why nothing could be judged; ``None`` if something could."""
        if self._found:
            return None
        return f"{self._name}: no exchange with a service is in it. Name the service with --service. {self.summary}"

    def _left_out(self) -> Iterator[tuple[int, str]]:
        yield self._session.of_others, "of other hosts"
        yield self._session.unanswered, "without an answer"
        yield self._archive.other, "not over HTTP"

    def _wrong(self, found: Inspected) -> Iterator[Violation | Difference]:
        yield from (each for each in found.inspection.violations if self._is_strict or each.level == "error")
        yield from found.inspection.differences


def _violated(found: Violation) -> str:
    rule = found.rule
    return f"{found.level}: {rule.id} at {found.pointer or '/'}: {found.fact} [{rule.description}] ({rule.source})"


def _differing(found: Difference) -> str:
    place = f"{found.keyword} at {found.pointer or '/'}"
    return f"{found.side}: {place}: documented {found.documented}; received {found.received} ({found.where})"


def _findings(found: Inspected) -> Iterator[Finding]:
    entry, operation = found.entry, found.inspection.operation or found.service.id
    exchange = Exchange(1, entry.at or 0, max(int(entry.took), 0), operation, entry.request, entry.response)
    make = partial(Finding, transcript=Transcript((exchange,)))
    for violated in found.inspection.violations:
        yield make(
            check=(_RULES if violated.level == "error" else _LIKELY).id,
            subject=f"{operation} {violated.rule.id}",
            received=f"{entry.place}: {violated.pointer or 'the body'}: {violated.fact}",
            documented=violated.rule.description,
            rule=violated.rule.id,
            source=violated.rule.source,
            payload=json_of(entry.request.body),
        )
    for each in found.inspection.differences:
        yield make(
            check=_ANSWERS.id,
            subject=f"{operation} {each.pointer or '/'} {each.keyword}",
            received=f"{entry.place}: {each.received}",
            documented=each.documented,
            source=each.where,
        )
