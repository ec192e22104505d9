"""What can happen to a task after it was created, to its results and to its callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mockserver.fake.faults.fault import BadFault
from mockserver.fake.faults.registry import (
    Arguments,
    CallbackEffect,
    Listing,
    ResultEffect,
    TaskEffect,
    duration,
    no_arguments,
)
from mockserver.fake.lifecycle import STATUSES, Task
from mockserver.types import Wire

MISHAPS = mishap = Listing()


@mishap("fail", "task", "REASON [after DURATION]")
def fail(words: Arguments) -> TaskEffect:
    """The task fails: for a reason the service is known to give (moderation, pixels, fetch, ratio) or the words
    written here, at its usual end or after a time.
    """
    text, _, span = " ".join(words).partition(" after ")
    if not text or (words and words[-1] == "after"):
        raise BadFault("fail: write a reason, such as moderation, and perhaps 'after 40s'")
    delay = duration((span,)) if span else None

    def failing(task: Task, reasons: Mapping[str, str]) -> Task:
        end = task.timeline[-1][0] if delay is None else delay
        steps = tuple(step for step in task.timeline[:-1] if step[0] < end) or task.timeline[:1]
        timeline = task.timeline if task.looks else (*steps, (end, "failed"))
        return replace(task, timeline=timeline, reason=reasons.get(text, text))

    return failing


@mishap("never-ends", "task", "[STATUS]")
def never_ends(words: Arguments) -> TaskEffect:
    """The task stays in processing, or in the state named."""
    status = words[0] if words else "processing"
    if len(words) > 1 or status not in STATUSES[:2]:
        raise BadFault("never-ends: write submitted, processing, or nothing")
    kept = 1 if status == "submitted" else 2
    return lambda task, _: replace(task, timeline=task.timeline[:kept], looks=0)


@mishap("jumps", "task")
def jumps(words: Arguments) -> TaskEffect:
    """The task goes from submitted to its end, and is never seen processing."""
    no_arguments(words)
    return lambda task, _: replace(
        task, timeline=tuple(step for step in task.timeline if step[1] != "processing"), looks=0
    )


@mishap("result-404", "result")
def result_404(words: Arguments) -> ResultEffect:
    """The result's URL is not found."""
    no_arguments(words)
    return lambda: 404


@mishap("result-expired", "result")
def result_expired(words: Arguments) -> ResultEffect:
    """The result's URL is refused as one whose signature has expired."""
    no_arguments(words)
    return lambda: 403


@mishap("result-slow", "result", "DURATION")
def result_slow(words: Arguments) -> ResultEffect:
    """The result comes in drops that take so long in all."""
    span = duration(words)
    return lambda: Wire(body_over=span)


@mishap("result-cut", "result")
def result_cut(words: Arguments) -> ResultEffect:
    """The connection is reset in the middle of the result."""
    no_arguments(words)
    return lambda: Wire(resets="during")


@mishap("callback-lost", "callback")
def callback_lost(words: Arguments) -> CallbackEffect:
    """The callback is never sent."""
    no_arguments(words)
    return lambda _, __: ()


@mishap("callback-doubled", "callback")
def callback_doubled(words: Arguments) -> CallbackEffect:
    """The callback is sent twice, with one webhook-id."""
    no_arguments(words)
    return lambda delivery, _: (delivery, delivery)


@mishap("callback-delayed", "callback", "DURATION")
def callback_delayed(words: Arguments) -> CallbackEffect:
    """The callback comes late."""
    span = duration(words)
    return lambda delivery, _: (replace(delivery, due=delivery.due + span),)


@mishap("callback-out-of-order", "callback")
def callback_out_of_order(words: Arguments) -> CallbackEffect:
    """The callback comes after the task's next one."""
    no_arguments(words)
    return lambda delivery, gap: (replace(delivery, due=delivery.due + gap + 1),)


@mishap("callback-forged", "callback")
def callback_forged(words: Arguments) -> CallbackEffect:
    """The callback's signature is not right."""
    no_arguments(words)
    return lambda delivery, _: (replace(delivery, is_forged=True),)
