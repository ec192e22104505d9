"""Sources: requests about a task that was made before, such as one that extends a film."""

from __future__ import annotations

from mockserver.contract.service import Operation
from mockserver.types import JSON
from tests.conftest import CheckedFake


def asked(fake: CheckedFake, maker: Operation) -> dict[str, JSON]:
    """Return the first example of a request; what is about another task is about one that was made before."""
    return {**maker.schema["examples"][0], **source(fake, maker)}


def source(fake: CheckedFake, maker: Operation) -> dict[str, JSON]:
    """Make the task that a request is about, and return the fields that name it; none if it is about no other."""
    named = maker.info.get("of")
    if named is None:
        return {}
    makers = fake.world.catalog.services[maker.service].operations.values()
    first = next(each for each in makers if each.task.get("media") == maker.task["media"] and "of" not in each.info)
    fake.post(first.path, first.schema["examples"][0])
    (task,) = fake.tasks
    fake.tasks.force(task, "succeed")
    ids = {"task": task.id, "work": f"{task.id}0"}
    return {named[role]: id for role, id in ids.items() if role in named}
