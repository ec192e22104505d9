"""An audition: a testee is played, the checks judge each act, and what they find adds up to a verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mockserver.kit.checks import NothingToJudge, Skipped
from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.evidence import Act
from mockserver.kit.client.fake_process import Stage
from mockserver.kit.client.performance import play
from mockserver.kit.client.plan import Cast
from mockserver.kit.client.settings import Programme
from mockserver.kit.client.testee import Hello, Testee
from mockserver.kit.verdict import Finding, Verdict
from mockserver.types import JSON

_ENOUGH = 3
"""So many questions in a row without an answer, and the testee is asked no more."""


@dataclass
class Audition:
    """What is collected while a testee is played.

    * ``programme``: what is to be played, and for which checks; ``seconds``: after so long no scene begins any more
    * ``told``: hears of each scene that begins
    """

    stage: Stage
    testee: Testee
    hello: Hello
    programme: Programme
    seconds: float | None = None
    told: Callable[[Cast], None] = lambda _: None
    acts: list[Act] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unplayed: list[Cast] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    _unseen: dict[str, str] = field(default_factory=dict)
    _silence: str | None = None
    _began: float = field(default_factory=time.monotonic)

    def play(self, casts: Iterable[Cast]) -> None:
        """Play one cast after the other, as long as there is time and the testee answers."""
        for each in casts:
            if self.end is None:
                self.told(each)
                found = self.heard(each)
                self.keep(found if self.acts[-1].fault else self._smallest(each, found))
            else:
                self.unplayed.append(each)

    def heard(self, each: Cast, payload: Mapping[str, JSON] | None = None) -> list[Finding]:
        """Play a cast, perhaps with another payload than the scene's, and return what is found in it."""
        act = play(self.stage, self.testee, each, payload)
        self.acts.append(act)
        if is_hopeless(self.acts):
            self._silence = f"{act.fault}, {_ENOUGH} times in a row"
        return list(self._judged(act))

    def keep(self, findings: Iterable[Finding]) -> None:
        """Note findings for the verdict."""
        self.findings += findings

    @property
    def end(self) -> str | None:
        """Why nothing more is played; ``None`` while there is no reason."""
        is_late = self.seconds is not None and time.monotonic() - self._began > self.seconds
        return self._silence or ("the time of --seconds was over" if is_late else None)

    def verdict(self) -> Verdict:
        """Add up."""
        faults = [act.fault for act in self.acts if act.fault is not None]
        obstacle = str(faults[0]) if faults and len(faults) == len(self.acts) else None
        reasons = {skip.check: skip.reason for skip in self.programme.skipped}
        made = tuple(CHECKS[id] for id in self.programme.checks if id in self.made and id not in reasons)
        for id in self.programme.checks:
            if id not in self.made:
                reasons.setdefault(id, self._reason(id))
        unique = {(finding.check, finding.subject, finding.received): finding for finding in self.findings}
        return Verdict(
            f"{self.hello.name} {self.hello.version}".strip(),
            made,
            tuple(unique.values()),
            tuple(Skipped(id, reason) for id, reason in reasons.items()),
            obstacle=obstacle,
            facts=tuple(self._facts()),
        )

    def _judged(self, act: Act) -> Iterator[Finding]:
        for id in self.programme.checks if act.outcome != "unsupported" else ():
            if act.scene.id not in CHECKS[id].scenarios:
                continue
            again = f"mockserver check client --only {id} --operation {act.product} {self.programme.words}"
            try:
                yield from (replace(found, repeat=again) for found in judged(act, id))
                self.made.add(id)
            except NothingToJudge as unseen:
                self._unseen[id] = str(unseen)

    def _smallest(self, each: Cast, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Take fields away from a scene's payload, as long as a finding about the payload stays."""
        for found in findings:
            finding, extra = found, {**each.scene.payload.get(each.operation.product, {})}
            is_about_it = CHECKS[found.check].family == "wire"
            for name in [*extra] if is_about_it else ():
                fewer = {key: value for key, value in extra.items() if key != name}
                scene = replace(each.scene, payload={each.operation.product: fewer})
                again = [other for other in self.heard(replace(each, scene=scene)) if other.check == found.check]
                if again:
                    finding, extra = again[0], fewer
            yield finding

    def _reason(self, id: str) -> str:
        """Say why a check was not made."""
        if id in self._unseen:
            return self._unseen[id]
        if any(each.scene.id in CHECKS[id].scenarios for each in self.unplayed):
            return str(self.end)
        return "the testee says that it does not support this"

    def _facts(self) -> Iterator[tuple[str, str]]:
        yield "times asked", str(len(self.acts))
        yield "exchanges", str(sum(len(act.transcript) for act in self.acts))
        yield "seconds", f"{time.monotonic() - self._began:.1f}"
        if self.unplayed:
            yield "scenes not played", f"{len(self.unplayed)}: {self.end}"


def judged(act: Act, id: str) -> Iterator[Finding]:
    """Return what a check finds in an act. Raises ``NothingToJudge``."""
    check = CHECKS[id]
    for received in check.find(act):
        yield Finding(
            check=id,
            subject=f"{act.product} {act.scene.id} {act.reading}".rstrip(),
            received=received,
            documented=check.documented,
            source=check.source,
            payload=dict(act.payload),
            scene=act.scene.means,
        )


def is_hopeless(acts: Sequence[Act]) -> bool:
    """Tell whether the testee answers no more: each question would cost all of its patience."""
    last = acts[-_ENOUGH:]
    return len(last) == _ENOUGH and all(
        act.fault is not None and (act.fault.kind == "hung" or len(acts) == _ENOUGH) for act in last
    )
