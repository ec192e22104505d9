"""Scenarios: all that a client is put through. Each is one value, and docs/testees.md lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

CredentialKind = Literal["token", "jwt"]

FORGED_URL = "https://forged.example.com/not-a-result.png"
"""The result that a forged callback promises."""

ANOTHER_URL = "https://results.example.com/of-another-task.png"
"""The result that a genuine callback about another task tells of."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way for a service to behave while a client asks it for one thing.

    * ``id``: kebab-case; checks and findings name it
    * ``description``: what happens, in one sentence
    * ``group``: a check that names a group looks at all its scenarios, so a new variant needs no change to the check
    * ``faults``: what goes wrong, one line of ``--fault`` each. ``{create}`` and ``{get}`` stand for the operations
      that create and show a task; any other name in braces is a role under ``faults`` in ``service.json``
    * ``payload``: what the payload asks for, a name under ``payloads`` of the operation in ``service.json``; without it
      the payload is the first example of the operation
    * ``pace``: how fast tasks pass through their states: a value of ``--pace``
    * ``timeout_seconds``: the time limit that the client is given
    * ``credentials``: the kind of credentials that the client is given; ``None`` is whichever it takes
    * ``is_called_back``: the client listens for callbacks
    * ``is_forged``: before the service calls back, a third party does, and promises ``FORGED_URL``
    * ``is_about_another``: before the service calls back, it does so about another task, which has ``ANOTHER_URL``
    * ``is_generated``: it is played with many payloads that are generated from the contract
    """

    id: str
    description: str
    group: str = ""
    faults: tuple[str, ...] = ()
    payload: str = ""
    pace: str = "polls:1"
    timeout_seconds: float = 20.0
    credentials: CredentialKind | None = None
    is_called_back: bool = False
    is_forged: bool = False
    is_about_another: bool = False
    is_generated: bool = False


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        scenario.id: scenario
        for scenario in (
            Scenario("plain", "Nothing goes wrong.", pace="polls:2"),
            Scenario("any-payload", "The payload is valid, and nothing goes wrong.", pace="instant", is_generated=True),
            Scenario("any-mistake", "The payload breaks one rule of the contract.", pace="instant", is_generated=True),
            Scenario(
                "unusual-payload",
                "The payload is valid; it has characters of many alphabets, an id beyond 2^53 and an empty list.",
                payload="unusual",
            ),
            Scenario(
                "exact-text",
                "The prompt has white space at both ends, decomposed and compatibility letters, and CR LF.",
                payload="exact-text",
            ),
            Scenario(
                "signed", "The client gets an access key and a secret, and signs its own tokens.", credentials="jwt"
            ),
            Scenario("invalid", "The payload has a value that the service does not know.", payload="invalid"),
            Scenario("long-wait", "The task stays submitted, and then processing, for several polls.", pace="polls:4"),
            Scenario(
                "never-ends",
                "The task stays in processing forever, and the client has a time limit of 2 seconds.",
                faults=("never-ends",),
                timeout_seconds=2.0,
                pace="instant",
            ),
            Scenario(
                "unknown-status",
                "The first two polls show a state that no document knows.",
                faults=("odd-status x2 on {get}",),
            ),
            Scenario(
                "extra-fields",
                "Each object in each answer has a field that no document knows.",
                group="other-fields",
                faults=("extra-fields",),
            ),
            Scenario(
                "absent-fields",
                "Each answer lacks all of its optional fields.",
                group="other-fields",
                faults=("absent-fields",),
            ),
            Scenario(
                "several-results", "The client asks for three results.", group="results", payload="several-results"
            ),
            Scenario("series", "The client asks for a series of three results.", group="results", payload="series"),
            Scenario(
                "watermark",
                "The client asks for a watermarked twin of each result.",
                group="results",
                payload="watermark",
            ),
            Scenario("task-fails", "Moderation makes the task fail.", faults=("fail moderation",)),
            Scenario("refused", "Each create is refused for what it says.", faults=("{refused}",)),
            Scenario("200-with-code", "Each create gets an error with HTTP 200.", faults=("{error-in-200}",)),
            Scenario(
                "html-page",
                "Each create gets an HTML page with HTTP 502.",
                group="unusable-answer",
                faults=("html 502 on {create}",),
            ),
            Scenario(
                "truncated-answer",
                "The answer to each create ends in the middle of its JSON.",
                group="unusable-answer",
                faults=("truncated on {create}",),
            ),
            Scenario(
                "empty-answer",
                "The answer to each create has an empty body.",
                group="unusable-answer",
                faults=("empty on {create}",),
            ),
            Scenario(
                "slow-down-seconds",
                "The first create gets HTTP 429 with Retry-After: 2.",
                group="slow-down",
                faults=("{at-capacity} retry-after 2 x1 on {create}",),
            ),
            Scenario(
                "slow-down-date",
                "The first create gets HTTP 429 with a Retry-After that is a date, 2 seconds ahead.",
                group="slow-down",
                faults=("{at-capacity} retry-after-date 2 x1 on {create}",),
            ),
            Scenario(
                "slow-down-poll",
                "The first poll gets HTTP 429.",
                group="slow-down",
                faults=("{too-fast} x1 on {get}",),
            ),
            Scenario(
                "poll-5xx", "The first poll gets a 5xx.", group="bad-poll", faults=("{server-error} x1 on {get}",)
            ),
            Scenario(
                "poll-reset",
                "The connection is reset in the middle of the answer to the first poll.",
                group="bad-poll",
                faults=("reset-during x1 on {get}",),
            ),
            Scenario(
                "poll-html",
                "The first poll gets an HTML page with HTTP 503.",
                group="bad-poll",
                faults=("html 503 x1 on {get}",),
            ),
            Scenario(
                "poll-404",
                "The first poll gets HTTP 404, as if the task were not known everywhere yet.",
                group="odd-poll",
                faults=("{not-found} x1 on {get}",),
            ),
            Scenario(
                "poll-200-with-code",
                "The first poll gets an error with HTTP 200.",
                group="odd-poll",
                faults=("{error-in-200} x1 on {get}",),
            ),
            Scenario(
                "polls-200-with-code",
                "Each poll gets an error with HTTP 200, and the client has a time limit of 2 seconds.",
                group="refused-polls",
                faults=("{error-in-200} on {get}",),
                timeout_seconds=2.0,
            ),
            Scenario(
                "polls-400",
                "Each poll is refused with HTTP 400, and the client has a time limit of 2 seconds.",
                group="refused-polls",
                faults=("{refused-poll} on {get}",),
                timeout_seconds=2.0,
            ),
            Scenario(
                "polls-401",
                "Each poll is refused with HTTP 401, because the key counts no more; the time limit is 2 seconds.",
                group="refused-polls",
                faults=("{refused-key} on {get}",),
                timeout_seconds=2.0,
            ),
            Scenario(
                "polls-403",
                "Each poll is refused with HTTP 403, or 402, and the client has a time limit of 2 seconds.",
                group="refused-polls",
                faults=("{forbidden} on {get}",),
                timeout_seconds=2.0,
            ),
            Scenario(
                "polls-404",
                "Each poll gets HTTP 404, and the client has a time limit of 2 seconds.",
                group="refused-polls",
                faults=("{not-found} on {get}",),
                timeout_seconds=2.0,
            ),
            Scenario(
                "token-expired",
                "The create is answered after 1 second, and the first poll gets HTTP 401: the token has expired.",
                # A token that is signed a second later has other times, so the same one can be told from a new one.
                faults=("slow-headers 1s x1 on {create}", "{expired-token} x1 on {get}"),
                credentials="jwt",
            ),
            Scenario(
                "token-expired-for-good",
                "Each poll gets HTTP 401, because the token has expired, whatever the token.",
                faults=("{expired-token} on {get}",),
                credentials="jwt",
                timeout_seconds=10.0,
            ),
            Scenario(
                "answer-lost",
                "The first create makes a task, but its connection is reset before the answer.",
                faults=("reset-after x1 on {create}",),
            ),
            Scenario(
                "answer-lost-with-own-id",
                "The first create's answer is lost, and its payload has an id of the client's own.",
                group="answer-lost",
                faults=("reset-after x1 on {create}",),
                payload="own-id",
            ),
            Scenario(
                "down-for-good",
                "Each create gets a 5xx.",
                faults=("{server-error} on {create}",),
                timeout_seconds=10.0,
            ),
            Scenario(
                "moderation-500",
                "Moderation refuses each create with HTTP 500.",
                faults=("{moderation-500} on {create}",),
            ),
            Scenario(
                "called-back",
                "The client is called back at each change.",
                group="callback",
                is_called_back=True,
                pace="real",
            ),
            Scenario(
                "called-back-twice",
                "The client is called back twice at each change.",
                group="callback",
                faults=("callback-doubled",),
                is_called_back=True,
                pace="real",
            ),
            Scenario(
                "called-back-late",
                "The client is called back 2 seconds after each change.",
                group="callback",
                faults=("callback-delayed 2s",),
                is_called_back=True,
                pace="real",
            ),
            Scenario(
                "called-back-out-of-order",
                "The callback about the end arrives before the one about processing.",
                group="callback",
                faults=("callback-out-of-order #2",),
                is_called_back=True,
                pace="real",
            ),
            Scenario(
                "called-by-a-stranger",
                "Before the service calls back, a third party sends an unsigned callback with a result of its own.",
                is_called_back=True,
                is_forged=True,
                pace="real",
            ),
            Scenario(
                "called-back-about-another",
                "Before the service calls back, it sends a signed callback about another task, which has succeeded.",
                is_called_back=True,
                is_about_another=True,
                pace="real",
            ),
        )
    }
)
"""Every scenario by its id, in the order of the documentation."""
