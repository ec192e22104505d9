"""Scenes: a client is asked for one thing while the service behaves in one way, and what came of it is an act.

A scene says what is asked for and what goes wrong; which promises are looked at is the checks' affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mockserver.kit.testee import TesteeFault
from mockserver.kit.transcript import Exchange, Transcript
from mockserver.types import JSON


@dataclass(frozen=True, slots=True)
class Scene:
    """One way for a service to behave.

    * ``faults``: what goes wrong, a line each; ``{op}`` is the operation without ``.create``
    * ``payload``: fields beside those of a plain payload, by product; a product that is not named plays with none
    * ``pace``: how fast tasks live
    * ``timeout``: the seconds the client has
    * ``credentials``: the kind it gets; ``callbacks``: whether it is to listen for them
    """

    id: str
    faults: tuple[str, ...] = ()
    payload: Mapping[str, Mapping[str, JSON]] = field(default_factory=dict)
    pace: str = "polls:2"
    timeout: float = 20.0
    credentials: str = "token"
    callbacks: bool = False
    services: tuple[str, ...] = ()
    only_products: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """What came of a scene.

    * ``payload``: what the client was asked to send; ``answer``: what the testee said, unless it had a ``fault``
    * ``transcript``: what client and fake said to each other; ``tasks``: how many tasks there were in the end
    * ``seconds``: how long it took; ``reading``: the answer to an open question under which it was played, if not the
      usual one
    """

    scene: Scene
    operation: str
    payload: Mapping[str, JSON]
    answer: Mapping[str, JSON]
    transcript: Transcript
    tasks: int
    seconds: float
    fault: TesteeFault | None = None
    reading: str = ""

    @property
    def outcome(self) -> str:
        """The testee's word for it; ``fault`` when it had none."""
        return "fault" if self.fault is not None else str(self.answer.get("outcome"))

    @property
    def told(self) -> str:
        """The outcome in words: the testee's, or its fault."""
        return str(self.fault) if self.fault is not None else f"{self.outcome} {self.answer.get('message', '')}".strip()

    @property
    def creates(self) -> tuple[Exchange, ...]:
        """The requests that were to make a task."""
        return self.transcript.of("create").exchanges

    @property
    def polls(self) -> tuple[Exchange, ...]:
        """The requests that asked for a task or a list."""
        return self.transcript.of("get", "list").exchanges


SCENES: Mapping[str, Scene] = {
    scene.id: scene
    for scene in (
        Scene("plain"),
        Scene(
            "unusual-payload",
            payload={
                "omni-image": {
                    "prompt": "雪 🐈 “quoted” \\ \t <b>",
                    "element_list": [{"element_id": 829836802793406551}],
                    "image_list": [],
                },
                "omni-video": {
                    "prompt": "雪 🐈 “quoted” \\ \t <b>",
                    "element_list": [{"element_id": 829836802793406551}],
                    "image_list": [],
                },
            },
        ),
        Scene("signed", credentials="jwt"),
        Scene("invalid", payload={"omni-image": {"resolution": "16k"}, "omni-video": {"mode": "standard"}}),
        Scene("long-wait", pace="polls:4"),
        Scene("never-ends", faults=("never-ends",), timeout=2.0, pace="instant"),
        Scene("unknown-status", faults=("odd-status x2 on {op}.get",)),
        Scene("extra-fields", faults=("extra-fields",)),
        Scene("absent-fields", faults=("absent-fields",)),
        Scene("several-results", payload={"omni-image": {"n": 3}}, only_products=True),
        Scene(
            "series",
            payload={
                "omni-image": {
                    "model_name": "kling-v3-omni",
                    "result_type": "series",
                    "series_amount": 3,
                    "image_list": [{"image": "https://example.com/tree.png"}],
                }
            },
            services=("kling",),
            only_products=True,
        ),
        Scene(
            "watermark",
            payload={
                "omni-image": {"watermark_info": {"enabled": True}},
                "omni-video": {"watermark_info": {"enabled": True}},
            },
            services=("kling",),
        ),
        Scene("task-fails", faults=("fail moderation",)),
        Scene("refused", faults=("1301",)),
        Scene("200-with-code", faults=("ok-code 5000",)),
        Scene("html-page", faults=("html 502 on {op}.create",)),
        Scene("truncated-answer", faults=("truncated on {op}.create",)),
        Scene("empty-answer", faults=("empty on {op}.create",)),
        Scene("slow-down-seconds", faults=("1303 retry-after 2 x1 on {op}.create",)),
        Scene("slow-down-date", faults=("1303 retry-after-date 2 x1 on {op}.create",)),
        Scene("slow-down-poll", faults=("1302 x1 on {op}.get",)),
        Scene("poll-5xx", faults=("5000 x1 on {op}.get",)),
        Scene("poll-reset", faults=("reset-during x1 on {op}.get",)),
        Scene("poll-html", faults=("html 503 x1 on {op}.get",)),
        Scene("token-expired", faults=("token-expired x1 on {op}.get",), credentials="jwt"),
        Scene("answer-lost", faults=("reset-after x1 on {op}.create",)),
        Scene("down-for-good", faults=("5000 on {op}.create",), timeout=10.0),
        Scene("called-back", callbacks=True, pace="fast"),
        Scene("called-back-twice", faults=("callback-doubled",), callbacks=True, pace="fast"),
        Scene("called-back-late", faults=("callback-delayed 2s",), callbacks=True, pace="fast"),
        Scene("called-back-out-of-order", faults=("callback-out-of-order #2",), callbacks=True, pace="fast"),
    )
}
