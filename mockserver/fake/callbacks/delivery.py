"""A callback as a value: what is sent where, each attempt so far, its id, and the headers that sign it."""

from __future__ import annotations

from dataclasses import field
from datetime import UTC, datetime

from mockserver.fake.lifecycle import Status, Task
from mockserver.settings import not_a_webhook_secret
from mockserver.types import JSON, Millis, value

Moment = tuple[Millis, Status]
"""A step of a timeline."""

Receiver = tuple[str, str]
"""An account and the origin of its callback URL: two accounts never wait for each other."""


@value
class Attempt:
    """One attempt: when, how long it took, and either the status of the answer or what went wrong.

    ``is_refused``: nothing was sent, and nothing will be, because callbacks may not go there.
    """

    at: Millis
    took: Millis
    status: int | None = None
    fault: str | None = None
    is_refused: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the receiver took it: it answered with any 2xx."""
        return self.status is not None and 200 <= self.status < 300


@value
class Delivery:
    """One callback of one task: what is sent where, and each attempt so far.

    * ``id``: the same for each attempt; ``id_of`` makes it
    * ``pauses``: after each failed attempt, how long until the next; none after the last
    * ``is_forged``: if it is signed, the signature must be wrong
    * ``is_again``: somebody asked for this attempt, so it is made at once, and only once
    * ``is_held``: it waits until somebody releases it
    * ``claim``: tells this attempt from the others, so that one that somebody else has made since changes nothing
    """

    id: str
    service: str
    task_id: str
    account: str
    status: Status
    url: str
    body: bytes
    due: Millis
    pauses: tuple[Millis, ...] = ()
    is_forged: bool = False
    is_again: bool = False
    attempts: tuple[Attempt, ...] = ()
    claim: int = field(default=0, compare=False)
    is_held: bool = False

    @property
    def is_delivered(self) -> bool:
        """Whether an attempt succeeded."""
        return bool(self.attempts) and self.attempts[-1].is_success

    @property
    def task(self) -> str:
        """Its task, as ``SERVICE/TASK_ID``."""
        return f"{self.service}/{self.task_id}"

    @property
    def receiver(self) -> Receiver:
        """Who gets it, as far as waiting for each other is concerned."""
        return self.account, origin(self.url)

    def tried(self, attempts: tuple[Attempt, ...]) -> Delivery:
        """Return it as it is after an attempt, with all of them. ``dataclasses.replace`` takes longer."""
        return Delivery(
            self.id,
            self.service,
            self.task_id,
            self.account,
            self.status,
            self.url,
            self.body,
            self.due,
            self.pauses,
            self.is_forged,
            False,
            attempts,
            0 if self.is_again else self.claim + 1,
            self.is_held,
        )


def id_of(task: Task, moment: Moment) -> str:
    """Return the id of the callback about a step of a timeline; ``Outbox.again`` finds the step by it."""
    return f"{task.operation.partition('/')[0]}_{task.id}_{moment[0]}_{moment[1]}"


def origin(url: str) -> str:
    """Return the part of a URL that says whom it reaches."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}".lower()


def as_json(delivery: Delivery) -> JSON:
    """Write a callback as JSON; ``from_json`` reads it again."""
    attempts = [[each.at, each.took, each.status, each.fault, each.is_refused] for each in delivery.attempts]
    return [
        delivery.id,
        delivery.service,
        delivery.task_id,
        delivery.account,
        delivery.status,
        delivery.url,
        delivery.body.decode(errors="surrogateescape"),
        delivery.due,
        list(delivery.pauses),
        delivery.is_forged,
        delivery.is_again,
        attempts,
        delivery.claim,
        delivery.is_held,
    ]


def from_json(written: JSON) -> Delivery:
    """Read a callback that ``as_json`` has written."""
    id, service, task_id, account, status, url, body, due, pauses, is_forged, is_again, attempts, claim, *rest = written
    return Delivery(
        id,
        service,
        task_id,
        account,
        status,
        url,
        body.encode(errors="surrogateescape"),
        due,
        tuple(pauses),
        is_forged,
        is_again,
        tuple(Attempt(*each) for each in attempts),
        claim,
        *rest,  # one that an earlier release has written is shorter
    )


def signed(secret: str, id: str, at: Millis, body: bytes) -> dict[str, str]:
    """Return the headers that prove a callback: its id, the time of this attempt in Unix seconds, the signature.

    Raises ``BadSetting`` for something that is not a secret.
    """
    from standardwebhooks import Webhook
    from standardwebhooks.webhooks import EmptyWebhookSecretError

    moment = datetime.fromtimestamp(at // 1000, UTC)
    try:
        signature = Webhook(secret).sign(id, moment, body.decode())
    except (ValueError, RuntimeError, EmptyWebhookSecretError) as error:
        raise not_a_webhook_secret() from error
    return {"webhook-id": id, "webhook-timestamp": str(at // 1000), "webhook-signature": signature}
