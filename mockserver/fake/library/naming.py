"""Naming: whether a request may name the things that it names, and whether their number and kinds go together."""

from __future__ import annotations

from dataclasses import replace

from mockserver.contract import places
from mockserver.contract.library import Library
from mockserver.contract.readings import Readings, levels
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.call import Call
from mockserver.fake.intake.admission import admitted
from mockserver.fake.library.things import Thing, find, ids
from mockserver.fake.lifecycle import Task
from mockserver.fake.world import World


class Naming:
    """Judges calls by what their accounts have. All is called within a turn."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._validators: dict[str, tuple[Readings, Validator]] = {}

    def judged(self, call: Call) -> Call:
        """Return a call with what is to be recorded of it besides. Raises ``Refused``."""
        if not call.operation.names:
            return call
        counted = [thing for name, place in call.operation.names for thing in self._named(call, name, place)]
        judged = call.operation.judged
        if judged is None or not counted:
            return call
        lists = {name: list(places.values(place, call.payload)) for name, place in judged.lists.items()}
        for thing in counted:
            if thing.counted_in is not None:
                lists.setdefault(thing.counted_in, []).append(thing.id)
        violations = self._validator(call).broken({**call.payload, **lists})
        strict = self._world.settings.strict
        found = admitted(call.service, call.readings, violations, call.payload, is_strict=strict)
        return replace(call, violations=(*call.violations, *found.violations))

    def _named(self, call: Call, name: str, place: str) -> list[Thing]:
        """Return the things that a call names at a place, as far as its account is known to have them."""
        library = call.service.libraries[name]
        found = [(id, find(self._world, library, call.account, id)) for id in ids(place, call.payload)]
        for id, thing in found:
            if thing is None and call.readings[library.unknown] == "refused":
                raise Refused(library.missing, reading=library.unknown, id=id)
            if thing is not None and thing.is_deleted:
                raise Refused(library.missing, id=id)
        return [thing for _, thing in found if thing is not None]

    def _validator(self, call: Call) -> Validator:
        operation = call.operation
        readings, found = self._validators.get(operation.id, (None, None))
        if found is None or readings is not call.readings:
            found = _compiled(operation, call)
            self._validators[operation.id] = call.readings, found
        return found


def delete(world: World, call: Call, library: Library) -> Task:
    """Delete the thing that a call names, and return the task that made it. Raises ``Refused``."""
    id = next(iter(ids(call.operation.finds, call.payload)), "")
    thing = find(world, library, call.account, id)
    if thing is None:
        raise Refused(library.missing, id=id)
    if thing.task is None:
        raise Refused(library.preset, id=id)
    if thing.is_deleted:
        raise Refused(library.deleted, id=id)
    task = replace(thing.task, deleted_at=call.now)
    world.tasks.replace(task)
    return task


def _compiled(operation: Operation, call: Call) -> Validator:
    assert operation.judged is not None  # noqa: S101 # only those that have rules are judged
    of_readings = levels(call.service.questions, call.readings)
    return Validator(operation.judged.schema, operation.judged.rules, of_readings)
