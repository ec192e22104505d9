"""Values: what templates may be filled with, by name, each with what it is."""

from __future__ import annotations

from types import MappingProxyType

from mockserver.types import JSON

OF_ANSWER = MappingProxyType(
    {
        "request_id": "a new id of this answer",
        "count": "how many tasks are listed",
        "has_more": "whether there are more than are listed",
        "next_cursor": "what to ask for the next of them with",
        "answer": "the answer as the service that this one stands in front of would give it",
        "reading": "reading.NAME is the reading that is taken of a question",
    }
)

OF_AT_ONCE = MappingProxyType(
    {
        "id": "a new id; id_number is the same as a number",
        "created_at": "when it was asked, like created_s and created_iso",
        "payload": "what was sent; payload.NAME is the value of a field, or its default",
        "file": "where a file is: file.0 is the first of the operation's files, or of a task's results",
    }
)
"""What an answer has that is given at once and makes no task; the list ``results`` has its files."""

OF_REFUSAL = MappingProxyType(
    {
        "error": "the body of the row of the error table; error.NAME is the value of a field",
        "http_status": "the status of the answer",
    }
)
"""What the template ``refusal`` may fill in, and ``request_id``."""

OF_TASK = MappingProxyType(
    {
        "id": "the id of the task; id_number is the same as a number",
        "id_number": "the id of the task as a number",
        "external_id": "the client's own name for it",
        "status": "its state as ``statuses`` spell it",
        "progress": "how far it is, in percent",
        "reason": "why it failed",
        "units": "what it costs, once it is over",
        "model": "the model that was asked for, or the usual one",
        "media": "what it makes, and what a result is: image, video, audio or none",
        "reading": "reading.NAME is the reading that is taken of an open question",
        "product": "the name of the operation that made it, without the verb",
        "callback_url": "where it is called back",
        "created_at": "Unix milliseconds, as the others that end in ``_at``",
        "started_at": "when it began to be processed",
        "updated_at": "when its state last changed",
        "ended_at": "when it was over",
        "took": "how long it took until then, in milliseconds",
        "payload": "what was sent; payload.NAME is the value of a field, or its default",
    }
)
"""What a task has; of a time, ``created_s`` is the same in whole seconds and ``created_iso`` as ISO 8601."""

OF_RESULT = MappingProxyType(
    {
        "index": "its place among the results, from 0",
        "series_id": "an id that all results of a series have",
        "result_id": "an id of its own",
        "url": "where the file is; of a sound there are url.mp3 and url.wav",
        "watermark_url": "its watermarked twin, if one was asked for",
        "duration": "a film's or a sound's length in seconds, as text: 5.041",
        "seconds": "the same as a number",
        "milliseconds": "the same as a whole number",
        "width": "pixels",
        "height": "pixels",
    }
)

OF_THING = MappingProxyType(
    {
        "thing_id": "the id of what a task has made that is no file, such as an element",
        "thing_number": "the same as a number",
        "thing_state": "kept, or deleted",
        "owner": "the number of the account that made it",
        "named": "named.LIBRARY is the first thing of a library that was named, {} if none; named.LIBRARY.NAME a field",
    }
)
"""What a task has that makes no files (contract/library.py)."""

OF_POSSESSION = MappingProxyType(
    {
        "user": "a number for the account",
        "code": "five letters of its own",
    }
)
"""What something has besides that an account keeps, such as an element; id, created_at and payload are as in a task."""

OF_ITEM = MappingProxyType(
    {
        "item": "an item of a list that was sent; item.NAME is the value of a field",
        "preset": "what a library has for all accounts; preset.NAME is the value of a field",
    }
)

LISTS = ("results", "films", "sounds", "tasks", "presets", "kept")
"""What there may be several of, besides what was sent; films and sounds are those among the results."""

_TIMES = ("created", "started", "updated", "ended")
_MOMENTS = (f"{time}_{unit}" for time in _TIMES for unit in ("s", "iso"))
_NAMES = frozenset(
    {*OF_ANSWER, *OF_AT_ONCE, *OF_REFUSAL, *OF_TASK, *OF_RESULT, *OF_THING, *OF_POSSESSION, *OF_ITEM, *_MOMENTS}
)
_WITH_PARTS = ("payload", "url", "error", "file", "reading", "named", "item", "preset")


def is_value(name: JSON) -> bool:
    """Whether there is a value of a name; the rest of it, after a point, only some have."""
    first, point, _ = name.partition(".") if isinstance(name, str) else ("", "", "")
    return first in _NAMES and (not point or first in _WITH_PARTS)
