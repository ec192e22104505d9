"""The runner: from settings to a verdict.

The command, the library, contract_tests/ and the mutants all come this way.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Unpack

from mockserver.configuration.resolution import configured
from mockserver.errors import Interrupted
from mockserver.kit.checks import Skipped, select
from mockserver.kit.client.checks.registry import CHECKS, ClientCheck
from mockserver.kit.client.exchanges.sorting import NO_HOST, counted
from mockserver.kit.client.fake_process import FakeUnavailable
from mockserver.kit.client.judged import Judged, seconds
from mockserver.kit.client.lanes import Lanes
from mockserver.kit.client.plan import Plan, PlannedScenario, make_plan
from mockserver.kit.client.player import Connection, OutOfTime, connected, play
from mockserver.kit.client.settings import Options, Settings
from mockserver.kit.client.testee import START_SECONDS, Adapter, TesteeFault, is_program, say_hello
from mockserver.kit.verdict import Finding, Verdict
from mockserver.types import Payload

_MOST_FAULTS = 3
"""After so many unanswered requests in a row the testee is not asked again: each one costs its whole time limit."""

_OUT_OF_TIME = "the time limit of --seconds had passed"

_FIRST_SECONDS = 3.0
"""How long the first scenario may take, even if --seconds allows less: enough for a client that answers at once."""

_MOST_SLOW_PLAYS = 3
"""So many slow plays of a scenario that show the same are enough, and a hundred would take too long."""

_MOST_LANES = 2
"""Programs that are asked side by side. More would be no faster on two cores, and pauses would be less exact."""

_ABOUT_PAYLOADS = "wire"
"""The family whose findings depend on the payload, so that fewer fields make them clearer."""

Connect = Callable[[Settings], AbstractContextManager[Connection]]
"""Opens the testee of some settings, and a fake for it."""

Progress = Callable[[str, int], None]
"""Is told the name of each scenario that begins, and how many there are in all."""


def check_client(testee: str | Sequence[str] | Adapter, **options: Unpack[Options]) -> Verdict:
    """Check a client against the contract, and return the verdict.

    ``testee`` is how the client is reached: a program that speaks JSON lines, as a list of words; the text
    ``"package.module:Class"``; or a Python object: see docs/testees.md. The options, each with what it is if the
    configuration does not set it:

    * ``operations``: ask for these only, such as ``["kling/omni-image"]``; by default all that the testee offers
    * ``seconds``: end after so many seconds, and say what was not played: 300
    * ``examples``: draw so many valid payloads for each operation, and as many invalid ones: 10
    * ``seed``: draw other payloads: 0
    * ``every_reading``: also play under each reading that is not the default: ``False``
    * ``intercept``: let the client call the real hosts; a proxy and trusted certificates lead it to the fake: ``False``
    * ``passed``: other hosts that it may then call, such as ``["*.example.com"]``
    * ``only`` and ``skip``: make these checks only, or leave them out; ids such as ``"retries-wait"``, or families

    A testee that offers images and videos is asked some 250 times, which takes half a minute or longer.

    Raises ``NoTestee`` if the program or class cannot be started, ``TesteeFault`` if it does not say hello,
    ``NoSuchCheck`` and ``NoSuchOperation`` for unknown names, and ``FakeUnavailable`` if the fake cannot be started.
    All are ``MockserverError``. Whatever goes wrong later is part of the verdict::

        verdict = check_client(["node", "testee.js"], operations=["kling/omni-image"], seconds=60)
        assert verdict.status == 0, [finding.received for finding in verdict.findings]
    """
    with configured(("check", "client"), Options.__annotations__, options) as arguments:
        return run(Settings(testee=(testee,) if isinstance(testee, str) else testee, **arguments))


def run(settings: Settings, *, connect: Connect = connected, progress: Progress = lambda _, __: None) -> Verdict:
    """Play what the chosen checks need, and return what they find. Raises ``MockserverError`` for bad settings."""
    select(CHECKS, settings.only, settings.skip)  # a wrong name is reported before anything is started
    began = time.monotonic()
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(settings))]
        hello = say_hello(connections[0].testee)
        plan = make_plan(settings, hello)
        with suppress(TesteeFault, FakeUnavailable):  # a program that cannot run twice is asked on one lane
            while len(connections) < min(_MOST_LANES, len(plan)) and is_program(settings.testee):
                another = stack.enter_context(connect(settings))
                another.testee.start(START_SECONDS)
                connections.append(another)
        runner = _Runner(Lanes(connections), settings, plan, began)
        try:
            runner.play_all(progress)
        except (FakeUnavailable, Interrupted) as error:
            runner.stopped_by = str(error)
        return runner.verdict(f"{hello.name} {hello.version}".strip()).masked()


class _Stopped(Exception):
    """Nothing more is played."""


@dataclass(slots=True)
class _Runner:
    """Plays a plan. What grows meanwhile: all that was judged, and the findings to report.

    * ``findings``: those of each scenario, by its name
    * ``unplayed``: the names of what is still to be played, also in part
    * ``in_part``: the names of scenarios with many payloads that have begun
    * ``enough``: why such a scenario was not played to its end, by its name
    * ``stopped_by``: what ended all before its time
    """

    lanes: Lanes
    settings: Settings
    plan: Plan
    began: float
    judged: list[Judged] = field(default_factory=list)
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    unplayed: list[str] = field(default_factory=list)
    in_part: set[str] = field(default_factory=set)
    enough: dict[str, str] = field(default_factory=dict)
    stopped_by: str | None = None
    has_begun: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def play_all(self, progress: Progress) -> None:
        """Play all scenarios, until there is a reason to stop. Raises ``FakeUnavailable``.

        Those with callbacks are played alone: a testee may always listen on the same port.
        """
        self.unplayed = [str(planned) for planned in self.plan.all]
        self.findings = {name: [] for name in self.unplayed}
        begin = partial(self._begin, progress)
        self.lanes.each(begin, [each for each in self.plan.scripted if not each.scenario.is_called_back])
        for planned in (*(each for each in self.plan.scripted if each.scenario.is_called_back), *self.plan.generated):
            begin(planned)

    def verdict(self, target: str) -> Verdict:
        """Add up what was found."""
        made = frozenset[str]().union(*(each.made for each in self.judged))
        reasons = {skip.check: skip.reason for skip in self.plan.skipped}
        reasons |= {
            check.id: self._reason(check)
            for check in self.plan.checks
            if check.id not in made and check.id not in reasons
        }
        found = chain.from_iterable(self.findings.values())
        in_part = [Skipped(id, reason) for id, reason in self.plan.in_part.items() if id not in reasons]
        return Verdict(
            target,
            tuple(check for check in self.plan.checks if check.id not in reasons),
            tuple({(each.check, each.subject, each.received): each for each in found}.values()),
            (*(Skipped(id, reason) for id, reason in reasons.items()), *in_part),
            obstacle=self._obstacle(),
            facts=tuple(self._facts()),
            seconds=seconds(self.judged, self.plan.checks),
            took=round(time.monotonic() - self.began, 3),
        )

    def _begin(self, progress: Progress, planned: PlannedScenario) -> None:
        """Play a scenario, unless there is a reason not to."""
        if self._stop_reason() is not None:
            return
        with self.lock:
            progress(str(planned), len(self.plan))
        try:
            (self._fuzz if planned.scenario.is_generated else self._script)(planned)
        except _Stopped:
            return
        self.unplayed.remove(str(planned))

    def _play(self, planned: PlannedScenario, payload: Payload | None = None) -> Judged:
        """Play a scenario once. Raises ``_Stopped``."""
        if self._stop_reason() is not None:
            raise _Stopped
        deadline = self.began + self.settings.seconds
        if not self.has_begun:  # however little time there is: or else nothing can be said at all
            self.has_begun, deadline = True, max(deadline, time.monotonic() + _FIRST_SECONDS)
        with self.lanes.lane() as connection:
            try:
                evidence = play(connection, planned, payload, deadline=deadline)
            except OutOfTime as error:
                self.stopped_by = None if self.judged else f"{error}, and {_OUT_OF_TIME}"
                raise _Stopped from error
        if self.lanes.is_closed:  # the testee was closed meanwhile, and did not answer for that reason
            raise _Stopped
        judged = Judged.of(evidence, self.plan.checks, self.settings)
        self.judged.append(judged)
        return judged

    def _script(self, planned: PlannedScenario) -> None:
        """Play a scenario once, and again with fewer fields if it finds something in its payload."""
        judged = self._play(planned)
        found = self.findings[str(planned)] = [*judged.findings]
        if judged.evidence.fault is None:  # or each repetition would need a new process, and may hang
            for place, finding in enumerate(judged.findings):
                found[place] = self._smallest(planned, finding)

    def _smallest(self, planned: PlannedScenario, finding: Finding) -> Finding:
        """Take away the special fields of the payload, one after the other, as long as the finding stays."""
        fields = planned.special_fields if CHECKS[finding.check].family == _ABOUT_PAYLOADS else {}
        kept = dict(fields)
        with suppress(_Stopped):
            for name in fields:
                fewer = {key: value for key, value in kept.items() if key != name}
                judged = self._play(planned, {**planned.plain_payload, **fewer})
                same = next((other for other in judged.findings if other.check == finding.check), None)
                if same is not None:
                    finding, kept = same, fewer
        return finding

    def _fuzz(self, planned: PlannedScenario) -> None:
        """Play a scenario with generated payloads. Raises ``_Stopped``."""
        from mockserver.kit.client.fuzzing import fuzz, size_of

        name, least, slow, is_stopped = str(planned), dict[str, Finding](), Counter[str](), False

        def played(payload: Payload) -> Sequence[Finding] | None:
            nonlocal is_stopped
            if name in self.enough:
                return None
            try:
                judged = self._play(planned, payload)
            except _Stopped:
                is_stopped = True
                return None
            for finding in judged.findings:
                if finding.check not in least or size_of(finding.payload) < size_of(least[finding.check].payload):
                    least[finding.check] = finding
            self.findings[name] = [*least.values()]
            shown = {each.check for each in judged.findings}
            slow.update(shown if judged.is_slow else ())
            if judged.is_slow and shown and min(slow[check] for check in shown) >= _MOST_SLOW_PLAYS:
                self.enough[name] = f"it showed the same again and again, in {judged.evidence.seconds:.0f} s each"
            return judged.findings

        self.in_part.add(name)
        examples, seed = self.settings.examples, self.settings.seed
        self.findings[name] = fuzz(planned, played, examples=examples, seed=seed, each=self.lanes.each)
        if is_stopped:
            raise _Stopped

    def _stop_reason(self) -> str | None:
        """Say why nothing more is played; ``None`` as long as there is no reason."""
        if self.stopped_by is not None:
            return self.stopped_by
        faults = [each.evidence.fault for each in self.judged]
        if has_stopped_answering(faults):
            return f"{faults[-1]}, {_MOST_FAULTS} times in a row"
        is_late = self.has_begun and time.monotonic() - self.began > self.settings.seconds
        return _OUT_OF_TIME if is_late else None

    def _obstacle(self) -> str | None:
        """Say why nothing could be judged; ``None`` if something could."""
        faults = [each.evidence.fault for each in self.judged]
        return self.stopped_by or (str(faults[0]) if faults and None not in faults else None)

    def _reason(self, check: ClientCheck) -> str:
        """Say why a check was not made."""
        unjudged = [each.unjudged[check.id] for each in self.judged if check.id in each.unjudged]
        if unjudged:
            return unjudged[-1]
        if any(str(planned) in self.unplayed for planned in self.plan.all if planned.scenario.id in check.scenarios):
            return str(self._stop_reason())
        return "the testee says that it does not support this"

    def _facts(self) -> Iterator[tuple[str, str]]:
        yield "times asked", str(len(self.judged))
        yield "exchanges", str(sum(len(each.evidence.transcript) for each in self.judged))
        yield "seconds", f"{time.monotonic() - self.began:.1f}"
        if others := Counter(each for judged in self.judged for each in judged.evidence.elsewhere):
            yield NO_HOST, counted(others.elements())
        if self.unplayed:
            names = [f"{name} (in part)" if name in self.in_part else name for name in self.unplayed]
            yield "not played", f"{', '.join(names)}: {self._stop_reason()}"
        for name, reason in self.enough.items():
            yield "not played to its end", f"{name}: {reason}"


def has_stopped_answering(faults: Sequence[TesteeFault | None]) -> bool:
    """Tell whether a testee that had these faults, ``None`` for an answer, is not worth another request.

    One that dies is started again, and may only dislike some scenarios; but if it has never answered, it never will.
    """
    last = faults[-_MOST_FAULTS:]
    has_never_answered = None not in faults
    return len(last) == _MOST_FAULTS and all(
        fault is not None and (fault.kind == "hung" or has_never_answered) for fault in last
    )
