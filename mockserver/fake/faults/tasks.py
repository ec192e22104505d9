"""Faults of a task after it was created, of its results and of its callbacks, one function each.

The docstring of each is its line in the reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mockserver.fake.faults.fault import BadFault
from mockserver.fake.faults.registry import (
    Arguments,
    CallbackEffect,
    FaultKinds,
    ResultEffect,
    TaskEffect,
    duration,
    no_arguments,
)
from mockserver.fake.lifecycle import STATUSES, Task
from mockserver.types import Wire

KINDS = FaultKinds()


@KINDS.add("fail", "task", "REASON [after DURATION]")
def fail(words: Arguments) -> TaskEffect:
    """The task fails, when it would have ended or after this time. The reason is one that the service is known to give
    (`moderation`, `pixels`, `fetch`, `ratio`), or your own words.
    """
    text, _, span = " ".join(words).partition(" after ")
    if not text or (words and words[-1] == "after"):
        raise BadFault("write a reason, such as `fail moderation` or `fail moderation after 40s`.")
    delay = duration((span,)) if span else None

    def failing(task: Task, reasons: Mapping[str, str]) -> Task:
        end = task.timeline[-1][0] if delay is None else delay
        steps = tuple(step for step in task.timeline[:-1] if step[0] < end) or task.timeline[:1]
        timeline = task.timeline if task.looks else (*steps, (end, "failed"))
        return replace(task, timeline=timeline, reason=reasons.get(text, text))

    return failing


@KINDS.add("never-ends", "task", "[STATUS]")
def never_ends(words: Arguments) -> TaskEffect:
    """The task stays in processing, or in the status given."""
    status = words[0] if words else "processing"
    if len(words) > 1 or status not in STATUSES[:2]:
        raise BadFault("write submitted, processing, or nothing.")
    kept = 1 if status == "submitted" else 2
    return lambda task, _: replace(task, timeline=task.timeline[:kept], looks=0)


@KINDS.add("jumps", "task")
def jumps(words: Arguments) -> TaskEffect:
    """The task goes straight from submitted to its end; no query shows it processing."""
    no_arguments(words)
    return lambda task, _: replace(
        task, timeline=tuple(step for step in task.timeline if step[1] != "processing"), looks=0
    )


@KINDS.add("result-404", "result")
def result_404(words: Arguments) -> ResultEffect:
    """The URL of the result answers 404."""
    no_arguments(words)
    return lambda: 404


@KINDS.add("result-expired", "result")
def result_expired(words: Arguments) -> ResultEffect:
    """The URL of the result answers 403, as when its signature has expired."""
    no_arguments(words)
    return lambda: 403


@KINDS.add("result-slow", "result", "DURATION")
def result_slow(words: Arguments) -> ResultEffect:
    """The result arrives in small pieces that take this long in all."""
    span = duration(words)
    return lambda: Wire(body_over=span)


@KINDS.add("result-cut", "result")
def result_cut(words: Arguments) -> ResultEffect:
    """The connection is reset in the middle of the result."""
    no_arguments(words)
    return lambda: Wire(resets="during")


@KINDS.add("callback-lost", "callback")
def callback_lost(words: Arguments) -> CallbackEffect:
    """The callback is never sent."""
    no_arguments(words)
    return lambda _, __: ()


@KINDS.add("callback-doubled", "callback")
def callback_doubled(words: Arguments) -> CallbackEffect:
    """The callback is sent twice, with the same webhook-id."""
    no_arguments(words)
    return lambda delivery, _: (delivery, delivery)


@KINDS.add("callback-delayed", "callback", "DURATION")
def callback_delayed(words: Arguments) -> CallbackEffect:
    """The callback comes this much later."""
    span = duration(words)
    return lambda delivery, _: (replace(delivery, due=delivery.due + span),)


@KINDS.add("callback-hold", "callback")
def callback_hold(words: Arguments) -> CallbackEffect:
    """The callback waits until somebody releases it; the task's next ones do not wait for it."""
    no_arguments(words)
    return lambda delivery, _: (replace(delivery, is_held=True),)


@KINDS.add("callback-out-of-order", "callback")
def callback_out_of_order(words: Arguments) -> CallbackEffect:
    """The callback comes after the next one of its task."""
    no_arguments(words)
    return lambda delivery, gap: (replace(delivery, due=delivery.due + gap + 1),)


@KINDS.add("callback-forged", "callback")
def callback_forged(words: Arguments) -> CallbackEffect:
    """The signature of the callback is wrong."""
    no_arguments(words)
    return lambda delivery, _: (replace(delivery, is_forged=True),)
