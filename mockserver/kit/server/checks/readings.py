"""Readings: where a question was settled, answers are as the reading has it. What is open is no finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mockserver.kit.checks import Check, Family, NothingToJudge
from mockserver.kit.server.evidence import Evidence, Trial
from mockserver.kit.server.findings import finding, short
from mockserver.kit.task_view import TaskView
from mockserver.kit.verdict import Finding
from mockserver.types import JSON

READINGS = Family[Evidence, Finding]("readings", "credentials", "lives", "noise")

Seen = Iterator[tuple[Trial, str]]


def _field(
    name: str, *, at: Callable[[TaskView], bool], empty: tuple[JSON, ...] = ("", {})
) -> Callable[[Evidence], Seen]:
    """Return what tells whether a field of records is there, empty or absent, of those records that it concerns."""

    def observe(evidence: Evidence) -> Seen:
        for story in evidence.stories:
            for sighting in story.sightings[1:]:
                document = sighting.record.document
                if at(sighting.record) and isinstance(document, dict):
                    value = document.get(name)
                    reading = "absent" if name not in document else "empty" if value in empty else "present"
                    yield sighting.trial, reading

    return observe


def _item(name: str) -> Callable[[Evidence], Seen]:
    """The same of a field of results, in tasks that did not ask for it."""

    def observe(evidence: Evidence) -> Seen:
        for story in evidence.stories:
            if story.end is not None and not story.order.watermark:
                for item in story.end.record.results:
                    if isinstance(item, dict):
                        yield (
                            story.end.trial,
                            "absent" if name not in item else "empty" if item[name] == "" else "present",
                        )

    return observe


def _in_result(name: str, *, series: bool | None = None) -> Callable[[Evidence], Seen]:
    """The same of a field of ``task_result``, for pictures."""

    def observe(evidence: Evidence) -> Seen:
        for story in evidence.stories:
            if story.end is None or story.order.media != "image" or not isinstance(story.end.record.document, dict):
                continue
            result = story.end.record.document.get("task_result")
            if isinstance(result, dict) and result and (series is None or ("series_images" in result) is series):
                yield story.end.trial, "absent" if name not in result else "empty" if result[name] == [] else "present"

    return observe


def _success_message(evidence: Evidence) -> Seen:
    for trial in evidence.trials:
        body = trial.exchange.received
        if trial.is_accepted and isinstance(body, dict) and body.get("code") == 0:
            yield trial, str(body.get("message"))


def _error_data(evidence: Evidence) -> Seen:
    for trial in evidence.trials:
        body = trial.exchange.received
        if not trial.is_accepted and isinstance(body, dict) and "code" in body:
            yield trial, "null" if "data" in body else "absent"


_OBSERVED: dict[str, Callable[[Evidence], Seen]] = {
    "status-msg": _field("task_status_msg", at=lambda record: record.status != "failed"),
    "result-before-end": _field("task_result", at=lambda record: not record.is_final),
    "balance-deduction": _field("final_balance_deduction", at=lambda record: record.is_final),
    "watermark-off": _item("watermark_url"),
    "result-type": _in_result("result_type"),
    "images-beside-series": _in_result("images", series=True),
    "success-message": _success_message,
    "error-data": _error_data,
}


def _judge(question: str) -> Callable[[Evidence], Iterator[Finding]]:
    def judge(evidence: Evidence) -> Iterator[Finding]:
        if question not in evidence.terms.service.questions:
            raise NothingToJudge("the service has no such question")
        if question not in evidence.terms.chosen:
            raise NothingToJudge(f"it is open: settle it with --reading {question}=…")
        wanted, observed = evidence.terms.chosen[question], list(_OBSERVED[question](evidence))
        if not observed:
            raise NothingToJudge("no answer shows it")
        means = evidence.terms.service.questions[question].readings[wanted].means
        for trial, reading in observed:
            if reading != wanted:
                yield finding(trial, short(reading), documented=f"{wanted}: {means}")

    return judge


for _question in _OBSERVED:
    READINGS.add(
        Check(
            f"reading-{_question}",
            READINGS.name,
            "error",
            f"Answers keep the reading of {_question} that was settled.",
            "Who settled it has clients that count on it.",
            "mockserver readings",
            find=_judge(_question),
        )
    )
