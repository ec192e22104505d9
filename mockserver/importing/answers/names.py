"""Names: what such APIs call the parts of a task, the likeliest first, and the words for its states."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mockserver.types import JSON

IDS = (
    "task_id",
    "taskid",
    "id",
    "job_id",
    "request_id",
    "generation_id",
    "prediction_id",
    "video_id",
    "image_id",
    "uuid",
    "task",
    "job",
    "data",
    "result",
)
STATUSES = ("task_status", "status", "state", "job_status", "status_name", "taskstatus", "phase")
TIMES: Mapping[str, tuple[str, ...]] = {
    "created": (
        "created_at",
        "create_time",
        "created",
        "created_time",
        "submit_time",
        "submitted_at",
        "creation_time",
        "createtime",
        "gmt_create",
        "queued_at",
    ),
    "updated": (
        "updated_at",
        "update_time",
        "updated",
        "updated_time",
        "modified_at",
        "last_updated",
        "updatetime",
        "gmt_modified",
    ),
    "started": ("started_at", "start_time", "processing_started_at"),
    "ended": (
        "completed_at",
        "complete_time",
        "finish_time",
        "finished_at",
        "ended_at",
        "end_time",
        "done_at",
        "completed_time",
    ),
}
REASONS = (
    "task_status_msg",
    "fail_reason",
    "failure_reason",
    "failed_reason",
    "error_message",
    "error_msg",
    "err_msg",
    "fail_msg",
    "status_msg",
    "status_message",
    "failure",
    "fail_message",
    "reason",
    "error_detail",
)
ERRORS = frozenset({"error", "failure", "err", "task_error", "errors"})
PROGRESS = frozenset({"progress", "percent", "percentage", "progress_percent", "completion"})
OWN_URLS = re.compile(
    r"callback|webhook|notify|reply|status|response_url|cancel|poll|logs|stream|input|avatar|docs|get_url|query|ref(?:erence)?_|self|next|prev|first_frame|last_frame"
)
"""Names of URLs that are no results."""
BESIDE = re.compile(r"cover|thumb|poster|preview|snapshot|watermark|last_frame|origin")
"""Names of URLs beside that of a result."""
URLS = re.compile(
    r"(?:.*_)?(?:url|urls|uri|uris|link|links|href|src)\Z|(?:images?|videos?|audios?|outputs?|results?|files?|urls|works)\Z"
)
HTTP = re.compile(r"https?://", re.IGNORECASE)
WORDS: Mapping[str, frozenset[str]] = {
    "submitted": frozenset(
        [
            "submitted",
            "pending",
            "queued",
            "queueing",
            "in_queue",
            "waiting",
            "wait",
            "created",
            "init",
            "starting",
            "start",
            "not_start",
            "not_started",
            "submit",
            "new",
            "accepted",
            "enqueued",
            "scheduled",
        ]
    ),
    "processing": frozenset(
        [
            "processing",
            "running",
            "in_progress",
            "inprogress",
            "generating",
            "started",
            "active",
            "executing",
            "progress",
            "working",
            "process",
            "rendering",
        ]
    ),
    "succeed": frozenset(
        [
            "succeed",
            "succeeded",
            "success",
            "successful",
            "successed",
            "completed",
            "complete",
            "done",
            "finished",
            "finish",
            "ok",
            "ready",
        ]
    ),
    "failed": frozenset(["failed", "failure", "fail", "error", "errored", "failes"]),
}


def state_of(word: JSON) -> str | None:
    """Return the state that a word means."""
    plain = re.sub(r"[^a-z]+", "_", str(word).lower()).strip("_")
    plain = re.sub(r"^(?:task_|status_|job_)+", "", plain)
    return next((state for state, words in WORDS.items() if plain in words), None)
