"""Casting: which operation is played in which scene, and what cannot be, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mockserver.contract.catalog import Catalog, Operation, Service, load
from mockserver.kit.checks import Skipped
from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.evidence import Scene
from mockserver.kit.client.scenarios import SCENES
from mockserver.kit.client.testee import Hello
from mockserver.types import JSON

_CALLED_BACK = frozenset(service.layout.callback_field for service in load().services.values())


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer to an open question other than the usual one: ``question`` is ``kling/missing-task``."""

    question: str
    reading: str
    default: str

    def __str__(self) -> str:
        return f"{self.question.partition('/')[2]}={self.reading}"


@dataclass(frozen=True, slots=True)
class Cast:
    """One operation of a service in one scene, perhaps under another reading."""

    service: Service
    operation: Operation
    scene: Scene
    choice: Choice | None = None

    def __str__(self) -> str:
        words = (self.operation.id.removesuffix(".create"), self.scene.id, str(self.choice or ""))
        return " ".join(filter(None, words))


def cast(
    catalog: Catalog, hello: Hello, checks: Sequence[str], operations: Sequence[str] = ()
) -> tuple[list[Cast], list[Skipped]]:
    """Return what is to be played for some checks, and which of them cannot be made, with the reason.

    Raises ``NoSuchOperation`` for an operation that the testee or the caller names and nobody has.
    """
    wanted = [catalog.operation(name) for name in operations or hello.operations]
    spoken = {catalog.operation(name).id for name in hello.operations}
    played: dict[tuple[str, str], Cast] = {}
    reasons: dict[str, str] = {}
    for id in checks:
        for scene in (SCENES[name] for name in CHECKS[id].scenarios):
            for operation in wanted:
                service = catalog.services[operation.service]
                reason = _obstacle(hello, scene, operation, service, spoken)
                if reason is not None:
                    reasons.setdefault(id, reason)
                else:
                    played.setdefault((scene.id, operation.id), Cast(service, operation, scene))
    scenes = {scene for scene, _ in played}
    unmade = [id for id in checks if scenes.isdisjoint(CHECKS[id].scenarios)]
    return [*played.values()], [Skipped(id, reasons.get(id, "no scene of it can be played")) for id in unmade]


def plain(operation: Operation, scene: Scene) -> dict[str, JSON]:
    """Return the payload of a scene; whether it asks for callbacks is not the example's to say."""
    example = {name: value for name, value in operation.schema["examples"][0].items() if name not in _CALLED_BACK}
    return {**example, **scene.payload.get(operation.product, {})}


def _obstacle(hello: Hello, scene: Scene, operation: Operation, service: Service, spoken: set[str]) -> str | None:
    if operation.id not in spoken:
        return f"{hello.name} does not say that it can {operation.id.removesuffix('.create')}"
    if scene.callbacks and not hello.callbacks:
        return f"{hello.name} takes no callbacks"
    for name, kinds in ((hello.name, hello.credentials), (service.id, ("token", *service.credentials))):
        if scene.credentials not in kinds:
            return f"{name} takes no {scene.credentials} credentials"
    if not scene.is_known(service):
        return f"{service.id} has no such thing"
    if scene.only_products and operation.product not in scene.payload:
        return f"{operation.product} has no such thing"
    return None
