"""Random walk: tasks are created, asked for and listed in an order that Hypothesis draws."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING

from mockserver.contract.service import Operation
from mockserver.kit.scratch import scratch_folder
from mockserver.kit.server.evidence import Purpose, Step
from mockserver.kit.server.model import Model
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.scenarios.queries import LARGEST_PAGE
from mockserver.kit.server.scenarios.scenario import Cost, Scenario
from mockserver.kit.server.settings import Target
from mockserver.kit.server.spending.budget import Spent
from mockserver.types import JSON, Millis

if TYPE_CHECKING:
    from hypothesis.stateful import RuleBasedStateMachine

TASKS = 8
"""Tasks that all walks together create at most; a walk goes on with those of the walks before."""

_WALKS = 12
_STEPS_OF_A_WALK = 15
"""Together 180 steps, nearly all free: enough for each pair of the six steps to come several times."""

_PAUSES_MILLIS: tuple[Millis, ...] = (0, 0, 0, 0, 0, 0, 0, 300, 300, 1500)
"""Times that pass before a look: mostly none, for races; sometimes enough for a fast fake to change a state."""


def walk_at_random(probe: Probe) -> None:
    """Create tasks, ask for them, list them and wait, in orders that Hypothesis draws. Raises ``Spent``.

    Nothing is shrunk, for each task may cost money.
    """
    from hypothesis import Phase, settings
    from hypothesis.stateful import run_state_machine_as_test

    probe.budget.check()
    if not all(cost.is_within(probe.budget) for cost in _cost(probe.target)):
        raise Spent(f"fewer than the {TASKS} tasks of a random walk were left of {probe.budget.options}")
    few = settings(
        max_examples=_WALKS,
        stateful_step_count=_STEPS_OF_A_WALK,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=True,
    )
    walk = Walk(probe)
    with scratch_folder():
        run_state_machine_as_test(lambda: _machine()(walk), settings=few)  # type: ignore[arg-type] # not only a class
    probe.budget.check()


class Walk:
    """The steps of all walks. A step that is not possible yet does nothing."""

    def __init__(self, probe: Probe) -> None:
        self.probe, self.model = probe, Model(probe.expectations)
        self.created, self.has_reused_name = 0, False

    def create(self, number: int, *, is_named: bool) -> None:
        """Create a task, with a name of its own or without."""
        create = self._create_operation(number)
        field = self.probe.expectations.layout.external_id_field
        name = {field: self.probe.new_name()} if is_named and field is not None and create.has(field) else {}
        if self.created < TASKS:  # the model has fewer where a server gives an id twice
            self.created += self._create(create, name, Step("create"))

    def reuse_name(self, number: int) -> None:
        """Use a name that is taken, but not again once that has created a task: one shows the fault."""
        named = [known for known in self.model.tasks.values() if known.name and known.state != "failed"]
        layout = self.probe.expectations.layout
        field = layout.external_id_field
        if named and layout.finds_external_id and field is not None and not self.has_reused_name:
            known = named[number % len(named)]
            name: dict[str, JSON] = {field: known.name}
            self.has_reused_name = self._create(known.create, name, Step("name again"))

    def look(self, number: int, *, by_name: bool) -> None:
        """Ask for a task, by one of its ids."""
        if not self.model.tasks:
            return
        id, known = list(self.model.tasks.items())[number % len(self.model.tasks)]
        get = self.probe.expectations.get_operation(known.create)
        is_by_name = by_name and known.name and self.probe.expectations.layout.finds_external_id
        if get is not None and is_by_name:
            self._ask(get, Step("look", id), name=str(known.name))
        elif get is not None:
            self._ask(get, Step("look", id), id=id)

    def look_for_nothing(self, number: int) -> None:
        """Ask for a task that is not there."""
        get = self.probe.expectations.get_operation(self._create_operation(number))
        if get is not None:
            self._ask(get, Step("look for nothing"), id=f"90000000000000{number:04}")

    def list(self, number: int) -> None:
        """Ask for all tasks of an operation."""
        listing = self.probe.expectations.list_operation(self._create_operation(number))
        if listing is None:
            return
        pages, known = self.probe.expectations.layout.pages, listing.schema.get("properties", {})
        if pages is None or pages.size not in known:
            self._ask(listing, Step("list"))
        else:
            size = known[pages.size].get("maximum", LARGEST_PAGE)
            self._ask(listing, Step("list", size=size), query={pages.size: size})

    def wait(self, span: Millis) -> None:
        """Let time pass, as long as there is any."""
        if not self.probe.budget.is_late:
            self.probe.clock.sleep(span)

    def _create_operation(self, number: int) -> Operation:
        creates = self.probe.target.create_operations
        return creates[number % len(creates)]

    def _create(self, create: Operation, extra: dict[str, JSON], step: Step) -> bool:
        """Return whether that created a task, or may have."""
        payload = self.probe.simplest(create, extra)
        try:
            attempt = self.probe.create(create, payload, Purpose.STEP, step)
        except Spent:  # the other steps go on
            return False
        self.model.follow(attempt, step)
        return attempt.is_accepted or attempt.exchange.response is None

    def _ask(
        self, operation: Operation, step: Step, *, id: str = "", name: str = "", query: dict[str, JSON] | None = None
    ) -> None:
        if not self.probe.budget.is_late:
            payload = {**self.probe.account_fields(operation), **(query or {})} or None
            self.model.follow(self.probe.ask(operation, payload, Purpose.STEP, step, id=id, name=name), step)


@cache
def _machine() -> Callable[[Walk], RuleBasedStateMachine]:
    """Return a state machine whose rules are the steps of a walk.

    All runs share one class: Hypothesis remembers each class for ever, and with it all that it knows.
    """
    from hypothesis import strategies as st
    from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

    numbers, pauses = st.integers(0, 9), st.sampled_from(_PAUSES_MILLIS)

    class RandomWalk(RuleBasedStateMachine):
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
        def reuse_name(self, number: int) -> None:
            self.walk.reuse_name(number)

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

    return RandomWalk


def _cost(target: Target) -> Iterable[Cost]:
    """Chance decides which operation creates the tasks: at most they are all of the dearest."""
    costs = [Cost.of_simplest(target, create, TASKS) for create in target.create_operations]
    return (max(costs, key=lambda cost: cost.units),)


RANDOM_WALK = Scenario("random walk", walk_at_random, frozenset({Purpose.STEP}), _cost)
