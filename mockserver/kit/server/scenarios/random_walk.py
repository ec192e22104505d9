"""Any order: tasks are created, asked for and listed as chance has it, by Hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from mockserver.contract.catalog import Operation
from mockserver.kit.server.budget import Spent
from mockserver.kit.server.model import Model
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.scenarios.accounts import fields
from mockserver.kit.server.watched_tasks import base_payload
from mockserver.types import JSON, Millis

if TYPE_CHECKING:
    from hypothesis.stateful import RuleBasedStateMachine

RUNS = 12
STEPS = 15
TASKS = 8
"""Tasks that all runs together make at most; a run goes on with those of the runs before."""

_PAUSES: tuple[Millis, ...] = (0, 0, 0, 0, 300, 1500)
"""Times that pass before somebody looks."""


def any_order(probe: Probe) -> None:
    """Run the machine a few times; nothing is shrunk, for each task may cost money. Raises ``Spent``."""
    from hypothesis import Phase, settings
    from hypothesis.stateful import run_state_machine_as_test

    probe.budget.check()
    if probe.budget.left < TASKS:
        raise Spent(f"fewer than the {TASKS} tasks of the runs were left")
    few = settings(
        max_examples=RUNS,
        stateful_step_count=STEPS,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=True,
    )
    walk = Walk(probe)
    run_state_machine_as_test(lambda: _machine()(walk), settings=few)  # type: ignore[arg-type] # not only a class will do
    probe.budget.check()


class Walk:
    """The steps of all runs; a step that cannot be made is none."""

    def __init__(self, probe: Probe) -> None:
        self.probe, self.model = probe, Model(probe.terms)
        self.made, self.is_doubled = 0, False

    def create(self, number: int, *, is_named: bool) -> None:
        """Make a task, with a name of its own or without."""
        maker = self.probe.target.operations[number % len(self.probe.target.operations)]
        field = self.probe.terms.layout.external_id_field
        named = {field: self.probe.name()} if is_named and field in maker.schema["properties"] else {}
        if self.made < TASKS:  # the model has fewer where ids are given twice
            self.made += self._create(maker, named, "create")

    def create_again(self, number: int) -> None:
        """Use a name that is taken, until that makes a task: one shows it, and costs enough."""
        named = [known for known in self.model.tasks.values() if known.name and known.status != "failed"]
        if named and self.probe.terms.layout.finds_external_id and not self.is_doubled:
            known = named[number % len(named)]
            name = {self.probe.terms.layout.external_id_field: known.name}
            self.is_doubled = self._create(known.maker, name, "a name again")

    def look(self, number: int, *, by_name: bool) -> None:
        """Ask for a task, by one of its ids."""
        if not self.model.tasks:
            return
        id, known = list(self.model.tasks.items())[number % len(self.model.tasks)]
        shows = self.probe.terms.beside(known.maker, "get")
        asked = known.name if by_name and known.name and self.probe.terms.layout.finds_external_id else id
        if shows is not None:
            self._ask(shows, "look", {"id": id}, id=asked)

    def look_for_nothing(self, number: int) -> None:
        """Ask for a task that is not there."""
        maker = self.probe.target.operations[number % len(self.probe.target.operations)]
        shows = self.probe.terms.beside(maker, "get")
        if shows is not None:
            self._ask(shows, "no such task", {}, id=f"90000000000000{number:04}")

    def list(self, number: int) -> None:
        """Ask for all tasks of an operation."""
        maker = self.probe.target.operations[number % len(self.probe.target.operations)]
        shows = self.probe.terms.beside(maker, "list")
        if shows is not None:
            size = shows.schema["properties"]["pageSize"].get("maximum", 500)
            self._ask(shows, "list", {"size": size}, pageSize=size)

    def wait(self, span: Millis) -> None:
        """Let time pass, as long as there is any."""
        if not self.probe.budget.is_late:
            self.probe.clock.sleep(span)

    def _create(self, maker: Operation, extra: dict[str, JSON], case: str) -> bool:
        """Return whether that made a task, or may have."""
        payload = {**base_payload(self.probe.terms, maker), **fields(self.probe, maker), **extra}
        try:
            trial = self.probe.create(maker, payload, "step", case=case)
        except Spent:  # the other steps go on
            return False
        self.model.step(trial)
        return trial.is_accepted or trial.exchange.response is None

    def _ask(self, shows: Operation, case: str, about: dict[str, JSON], id: str = "", **wanted: JSON) -> None:
        if not self.probe.budget.is_late:
            query = {**fields(self.probe, shows), **wanted} or None
            self.model.step(self.probe.ask(shows, query, "step", id=id, case=case, about=about))


@cache
def _machine() -> Callable[[Walk], RuleBasedStateMachine]:
    """Return a state machine whose steps are those of a walk.

    There is one class for all runs: Hypothesis remembers each for ever, and with it all that it knows.
    """
    from hypothesis import strategies as st
    from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

    numbers, pauses = st.integers(0, 9), st.sampled_from(_PAUSES)

    class AnyOrder(RuleBasedStateMachine):
        def __init__(self, walk: Walk) -> None:
            super().__init__()
            self.walk = walk

        @initialize(number=numbers)
        def begin(self, number: int) -> None:
            self.walk.create(number, is_named=True)

        @rule(number=numbers, is_named=st.booleans())
        def create(self, number: int, is_named: bool) -> None:
            self.walk.create(number, is_named=is_named)

        @rule(number=numbers)
        def create_again(self, number: int) -> None:
            self.walk.create_again(number)

        @rule(number=numbers, by_name=st.booleans(), pause=pauses)
        def look(self, number: int, by_name: bool, pause: Millis) -> None:
            self.walk.wait(pause)
            self.walk.look(number, by_name=by_name)

        @rule(number=numbers)
        def look_for_nothing(self, number: int) -> None:
            self.walk.look_for_nothing(number)

        @rule(number=numbers, pause=pauses)
        def list(self, number: int, pause: Millis) -> None:
            self.walk.wait(pause)
            self.walk.list(number)

    return AnyOrder
