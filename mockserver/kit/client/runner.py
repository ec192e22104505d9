"""The runner: from settings to a verdict.

The command, the library, contract_tests/ and the mutants all come this way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Unpack

from mockserver.errors import Interrupted
from mockserver.kit.checks import NothingToJudge, Skipped, select
from mockserver.kit.client.checks.registry import CHECKS, ClientCheck, findings
from mockserver.kit.client.evidence import Evidence
from mockserver.kit.client.fake_process import FakeProcess, FakeUnavailable
from mockserver.kit.client.plan import Plan, PlannedScenario, make_plan
from mockserver.kit.client.player import FAKE_OPTIONS, Connection, play
from mockserver.kit.client.settings import Options, Settings
from mockserver.kit.client.testee import Adapter, TesteeFault, find_testee, say_hello
from mockserver.kit.verdict import Finding, Verdict
from mockserver.types import Payload

_MOST_FAULTS = 3
"""After so many unanswered requests in a row the testee is not asked again: each one costs its whole time limit."""

_ABOUT_PAYLOADS = "wire"
"""The family whose findings depend on the payload, so that fewer fields make them clearer."""

Connect = Callable[[Settings], AbstractContextManager[Connection]]
"""Opens the testee of some settings, and a fake for it."""

Progress = Callable[[str, int], None]
"""Is told the name of each scenario that begins, and how many there are in all."""


def check_client(testee: str | Sequence[str] | Adapter, **options: Unpack[Options]) -> Verdict:
    """Check a client against the contract, and return the verdict.

    ``testee`` is how the client is reached: a program that speaks JSON lines, as a list of words; the text
    ``"package.module:Class"``; or a Python object with ``hello()``, ``generate(request)`` and perhaps ``listen()``.
    docs/testees.md describes all three. The options, each with a default:

    * ``operations``: ask for these only, such as ``["kling/omni-image"]``; by default all that the testee offers
    * ``seconds``: begin no scenario after so many seconds; by default there is no limit
    * ``examples``: draw so many valid payloads for each operation, and as many invalid ones: 10
    * ``seed``: draw other payloads: 0
    * ``every_reading``: also play under each reading that is not the default: ``False``
    * ``only`` and ``skip``: make these checks only, or leave them out; ids such as ``"retries-wait"``, or families

    A testee that offers images and videos is asked some 250 times, which takes minutes.

    Raises ``NoTestee`` if the program or class cannot be started, ``TesteeFault`` if it does not say hello,
    ``NoSuchCheck`` and ``NoSuchOperation`` for unknown names, and ``FakeUnavailable`` if the fake cannot be started.
    All are ``MockserverError``. Whatever goes wrong later is part of the verdict.

    ::

        verdict = check_client(["node", "testee.js"], operations=["kling/omni-image"], seconds=60)
        assert verdict.status == 0, [finding.received for finding in verdict.findings]
    """
    return run(Settings(testee=(testee,) if isinstance(testee, str) else testee, **options))


@contextmanager
def connected(settings: Settings) -> Iterator[Connection]:
    """Start the testee and the fake, each in a process of its own. Raises ``MockserverError``."""
    with closing(find_testee(settings.testee)) as testee, FakeProcess(FAKE_OPTIONS) as fake:
        yield Connection(testee, fake)


def run(settings: Settings, *, connect: Connect = connected, progress: Progress = lambda _, __: None) -> Verdict:
    """Play what the chosen checks need, and return what they find. Raises ``MockserverError`` for bad settings."""
    select(CHECKS, settings.only, settings.skip)  # a wrong name is reported before anything is started
    with connect(settings) as connection:
        hello = say_hello(connection.testee)
        target = f"{hello.name} {hello.version}".strip()
        runner = _Runner(connection, settings, make_plan(settings, hello))
        try:
            runner.play_all(progress)
        except (FakeUnavailable, Interrupted) as error:
            runner.stopped_by = str(error)
        return runner.verdict(target).masked()


@dataclass(frozen=True, slots=True)
class _Judged:
    """One evidence, and what the checks of its scenario made of it.

    * ``made``: the ids of the checks that could judge it
    * ``unjudged``: why the others could not, by id
    """

    evidence: Evidence
    made: frozenset[str]
    unjudged: Mapping[str, str]
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _Runner:
    """Plays a plan. What grows meanwhile: all that was judged, and the findings to report.

    ``unplayed`` is what is still to be played, also in part; ``stopped_by`` is what ended all before its time.
    """

    connection: Connection
    settings: Settings
    plan: Plan
    judged: list[_Judged] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unplayed: list[PlannedScenario] = field(default_factory=list)
    stopped_by: str | None = None
    began: float = field(default_factory=time.monotonic)

    def play_all(self, progress: Progress) -> None:
        """Play one scenario after the other, until there is a reason to stop. Raises ``FakeUnavailable``."""
        self.unplayed = [*self.plan.scripted, *self.plan.generated]
        while self.unplayed and self._stop_reason() is None:
            planned = self.unplayed[0]
            progress(str(planned), len(self.plan))
            self.findings += self._fuzzed(planned) if planned.scenario.is_generated else self._scripted(planned)
            del self.unplayed[0]

    def verdict(self, target: str) -> Verdict:
        """Add up what was found."""
        made = frozenset[str]().union(*(each.made for each in self.judged))
        reasons = {skip.check: skip.reason for skip in self.plan.skipped}
        reasons |= {
            check.id: self._reason(check)
            for check in self.plan.checks
            if check.id not in made and check.id not in reasons
        }
        unique = {(each.check, each.subject, each.received): each for each in self.findings}
        faults = [each.evidence.fault for each in self.judged]
        return Verdict(
            target,
            tuple(check for check in self.plan.checks if check.id not in reasons),
            tuple(unique.values()),
            tuple(Skipped(id, reason) for id, reason in reasons.items()),
            obstacle=self.stopped_by or (str(faults[0]) if faults and None not in faults else None),
            facts=tuple(self._facts()),
        )

    def _play(self, planned: PlannedScenario, payload: Payload | None = None) -> _Judged:
        evidence = play(self.connection, planned, payload)
        self.judged.append(_judge(evidence, self.plan.checks, self.settings))
        return self.judged[-1]

    def _scripted(self, planned: PlannedScenario) -> list[Finding]:
        """Play a scenario once, and again with fewer fields if it finds something in its payload."""
        judged = self._play(planned)
        if judged.evidence.fault is not None:  # each repetition would need a new process, and may hang
            return [*judged.findings]
        return [self._smallest(planned, finding) for finding in judged.findings]

    def _smallest(self, planned: PlannedScenario, finding: Finding) -> Finding:
        """Take away the special fields of the payload, one after the other, as long as the finding stays."""
        fields = planned.special_fields if CHECKS[finding.check].family == _ABOUT_PAYLOADS else {}
        kept = dict(fields)
        for name in fields:
            fewer = {key: value for key, value in kept.items() if key != name}
            judged = self._play(planned, {**planned.plain_payload, **fewer})
            same = next((other for other in judged.findings if other.check == finding.check), None)
            if same is not None:
                finding, kept = same, fewer
        return finding

    def _fuzzed(self, planned: PlannedScenario) -> list[Finding]:
        """Play a scenario with generated payloads."""
        from mockserver.kit.client.fuzzing import fuzz

        def played(payload: Payload) -> Sequence[Finding] | None:
            return self._play(planned, payload).findings if self._stop_reason() is None else None

        return fuzz(planned, played, examples=self.settings.examples, seed=self.settings.seed)

    def _stop_reason(self) -> str | None:
        """Say why nothing more is played; ``None`` as long as there is no reason."""
        if self.stopped_by is not None:
            return self.stopped_by
        faults = [each.evidence.fault for each in self.judged]
        if has_stopped_answering(faults):
            return f"{faults[-1]}, {_MOST_FAULTS} times in a row"
        # The first scenario is played, however little time there is: or else nothing can be said at all.
        limit = self.settings.seconds if self.judged else None
        is_late = limit is not None and time.monotonic() - self.began > limit
        return "the time limit of --seconds had passed" if is_late else None

    def _reason(self, check: ClientCheck) -> str:
        """Say why a check was not made."""
        unjudged = [each.unjudged[check.id] for each in self.judged if check.id in each.unjudged]
        if unjudged:
            return unjudged[-1]
        if any(planned.scenario.id in check.scenarios for planned in self.unplayed):
            return str(self._stop_reason())
        return "the testee says that it does not support this"

    def _facts(self) -> Iterator[tuple[str, str]]:
        yield "times asked", str(len(self.judged))
        yield "exchanges", str(sum(len(each.evidence.transcript) for each in self.judged))
        yield "seconds", f"{time.monotonic() - self.began:.1f}"
        if self.unplayed:
            yield "scenarios not played", f"{len(self.unplayed)}: {self._stop_reason()}"


def _judge(evidence: Evidence, checks: Iterable[ClientCheck], settings: Settings) -> _Judged:
    """Let the checks of its scenario look at an evidence, unless the testee does not support the request."""
    made, unjudged, found = set[str](), dict[str, str](), list[Finding]()
    for check in checks if evidence.outcome != "unsupported" else ():
        if evidence.scenario.id in check.scenarios:
            repeat = settings.repetition(check.id, evidence.product)
            try:
                found += [replace(finding, repeat=repeat) for finding in findings(check, evidence)]
                made.add(check.id)
            except NothingToJudge as nothing:
                unjudged[check.id] = str(nothing)
    return _Judged(evidence, frozenset(made), unjudged, tuple(found))


def has_stopped_answering(faults: Sequence[TesteeFault | None]) -> bool:
    """Tell whether a testee that had these faults, ``None`` for an answer, is not worth another request.

    One that dies is started again, and may only dislike some scenarios; but if it has never answered, it never will.
    """
    last = faults[-_MOST_FAULTS:]
    has_never_answered = len(faults) == _MOST_FAULTS
    return len(last) == _MOST_FAULTS and all(
        fault is not None and (fault.kind == "hung" or has_never_answered) for fault in last
    )
