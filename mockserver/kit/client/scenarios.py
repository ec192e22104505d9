"""The scenes: all that a client is played through."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.kit.client.evidence import Scene
from mockserver.types import JSON

FORGED = "https://forged.example.com/not-a-result.png"
"""The result that a stranger's callback speaks of."""

_ODD: Mapping[str, JSON] = {
    "prompt": "雪 🐈 “quoted” \\ \t <b>",
    "element_list": [{"element_id": 829836802793406551}],
    "image_list": [],
}
_MARKED: Mapping[str, JSON] = {"watermark_info": {"enabled": True}}
_SERIES: Mapping[str, JSON] = {
    "model_name": "kling-v3-omni",
    "result_type": "series",
    "series_amount": 3,
    "image_list": [{"image": "https://example.com/tree.png"}],
}

SCENES: Mapping[str, Scene] = {
    scene.id: scene
    for scene in (
        Scene("plain", "Nothing goes wrong.", pace="polls:2"),
        Scene("any-payload", "The payload is valid, and nothing goes wrong.", pace="instant", is_generated=True),
        Scene("any-mistake", "The payload breaks one rule of the contract.", pace="instant", is_generated=True),
        Scene(
            "unusual-payload",
            "The payload is valid, with letters of many alphabets, an id beyond 2^53 and an empty list.",
            payload={"omni-image": _ODD, "omni-video": _ODD},
            dialects=("kling",),
        ),
        Scene("signed", "The client gets an access key and a secret, and signs its tokens itself.", credentials="jwt"),
        Scene(
            "invalid",
            "The payload has a value that the service does not know.",
            payload={"omni-image": {"resolution": "16k"}, "omni-video": {"mode": "standard"}},
        ),
        Scene("long-wait", "The task stays submitted, and then processing, for several polls.", pace="polls:4"),
        Scene(
            "never-ends",
            "The task stays in processing for ever, and the client was told to wait for 2 seconds.",
            faults=("never-ends",),
            timeout=2.0,
            pace="instant",
        ),
        Scene(
            "unknown-status",
            "The first two polls tell a state that no document knows.",
            faults=("odd-status x2 on {get}",),
        ),
        Scene(
            "extra-fields", "Each object in each answer has a field that no document knows.", faults=("extra-fields",)
        ),
        Scene("absent-fields", "Every field of an answer that may be absent is.", faults=("absent-fields",)),
        Scene(
            "several-results",
            "Three pictures are asked for.",
            payload={"omni-image": {"n": 3}},
            dialects=("kling",),
            only_products=True,
        ),
        Scene(
            "series",
            "A series of three pictures is asked for.",
            payload={"omni-image": _SERIES},
            services=("kling",),
            only_products=True,
        ),
        Scene(
            "watermark",
            "A watermarked twin of each result is asked for.",
            payload={"omni-image": _MARKED, "omni-video": _MARKED},
            services=("kling",),
        ),
        Scene("task-fails", "The task fails in moderation.", faults=("fail moderation",)),
        Scene("refused", "Each create is refused for what it says.", faults=("1301",)),
        Scene(
            "200-with-code", "Each create gets HTTP 200 with code 5000.", faults=("ok-code 5000",), dialects=("kling",)
        ),
        Scene("html-page", "Each create gets a page of HTML with HTTP 502.", faults=("html 502 on {create}",)),
        Scene(
            "truncated-answer",
            "The answer to each create ends in the middle of its JSON.",
            faults=("truncated on {create}",),
        ),
        Scene("empty-answer", "The answer to each create has an empty body.", faults=("empty on {create}",)),
        Scene(
            "slow-down-seconds",
            "The first create gets HTTP 429 with Retry-After: 2.",
            faults=("1303 retry-after 2 x1 on {create}",),
        ),
        Scene(
            "slow-down-date",
            "The first create gets HTTP 429 with a Retry-After that is a date, 2 seconds ahead.",
            faults=("1303 retry-after-date 2 x1 on {create}",),
        ),
        Scene("slow-down-poll", "The first poll gets HTTP 429.", faults=("1302 x1 on {get}",)),
        Scene("poll-5xx", "The first poll gets a 5xx.", faults=("5000 x1 on {get}",)),
        Scene(
            "poll-reset",
            "The connection is reset in the middle of the answer to the first poll.",
            faults=("reset-during x1 on {get}",),
        ),
        Scene("poll-html", "The first poll gets a page of HTML with HTTP 503.", faults=("html 503 x1 on {get}",)),
        Scene(
            "token-expired",
            "The first poll is refused with HTTP 401 and code 1004: the token has expired.",
            faults=("token-expired x1 on {get}",),
            credentials="jwt",
        ),
        Scene(
            "token-expired-for-good",
            "Each poll is refused with HTTP 401 and code 1004, whatever the token.",
            faults=("token-expired on {get}",),
            credentials="jwt",
            timeout=10.0,
        ),
        Scene(
            "answer-lost",
            "The first create makes a task, and its connection is reset instead of an answer.",
            faults=("reset-after x1 on {create}",),
        ),
        Scene("down-for-good", "Each create gets a 5xx.", faults=("5000 on {create}",), timeout=10.0),
        Scene(
            "moderation-500",
            "Each create is refused by moderation, which at useapi is HTTP 500.",
            faults=("moderation on {create}",),
            dialects=("useapi",),
        ),
        Scene("called-back", "The client is called back on each change.", callbacks=True, pace="real"),
        Scene(
            "called-back-twice",
            "The client is called back twice on each change.",
            faults=("callback-doubled",),
            callbacks=True,
            pace="real",
        ),
        Scene(
            "called-back-late",
            "The client is called back 2 seconds after each change.",
            faults=("callback-delayed 2s",),
            callbacks=True,
            pace="real",
        ),
        Scene(
            "called-back-out-of-order",
            "The client hears of the end before it hears of processing.",
            faults=("callback-out-of-order #2",),
            callbacks=True,
            pace="real",
        ),
        Scene(
            "called-by-a-stranger",
            "Before the service calls back somebody else does, unsigned, with a result of his own.",
            callbacks=True,
            stranger=True,
            pace="real",
        ),
    )
}
