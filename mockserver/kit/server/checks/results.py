"""Results: each can be downloaded and opened, and is what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Attempt, Evidence, Look, ResultFile, TaskHistory
from mockserver.kit.server.findings import answer_text, finding, short
from mockserver.kit.server.media import MediaFile, decode
from mockserver.kit.server.watched_tasks import WatchedTask
from mockserver.kit.verdict import Finding

RESULTS = Family[Evidence, Finding]("results", "task lifecycle")

_RATIO_LEEWAY = 0.03
"""Sides are whole pixels, and encoders round them to multiples of 2 or 16: at 720 pixels up to one percent."""

_LENGTH_LEEWAY_SECONDS = 0.5
"""A film of 5 s is 5.041 s long in the recorded answers: films have whole frames, and containers round."""


class _Opened(NamedTuple):
    """A downloaded result that could be decoded."""

    task: WatchedTask
    attempt: Attempt
    result: ResultFile
    file: MediaFile


def _succeeded(evidence: Evidence) -> list[tuple[TaskHistory, Look]]:
    """Return the tasks that succeeded, with the first look that showed it. Raises ``NothingToJudge``."""
    ended = [(history, history.end) for history in evidence.histories if history.end is not None]
    found = [(history, end) for history, end in ended if end.view.state == "succeed"]
    if not found:
        raise NothingToJudge("no task was seen to succeed")
    return found


def _opened(evidence: Evidence) -> list[_Opened]:
    """Return the results that could be opened. Raises ``NothingToJudge``."""
    found = [
        _Opened(history.task, attempt, result, file)
        for history, _ in _succeeded(evidence)
        for attempt, result in history.downloads
        if attempt.is_accepted and attempt.exchange.response is not None
        if (file := decode(attempt.exchange.response.body)).fault is None
    ]
    if not found:
        raise NothingToJudge("no result could be opened")
    return found


def _films(evidence: Evidence) -> list[_Opened]:
    found = [each for each in _opened(evidence) if each.file.media == "video"]
    if not found:
        raise NothingToJudge("no film was made")
    return found


@RESULTS.check(why="A client that pays for nine pictures must get nine.", source="kling 1.2, 2.2; useapi 2.3")
def results_are_counted(evidence: Evidence) -> Iterator[Finding]:
    """There are as many results as were asked for."""
    for history, end in _succeeded(evidence):
        if len(end.view.results) != history.task.count:
            yield finding(end.attempt, f"{len(end.view.results)}", documented=f"{history.task.count} results")


@RESULTS.check(why="Clients name files by it.", source="kling 2.2; clients")
def results_are_numbered(evidence: Evidence) -> Iterator[Finding]:
    """The results are numbered from 0, in order."""
    field, was_judged = evidence.expectations.layout.result.index, False
    for _, end in _succeeded(evidence):
        numbers = [item[field] for item in end.view.results if isinstance(item, dict) and field in item]
        was_judged = was_judged or bool(numbers)
        if numbers and numbers != list(range(len(numbers))):
            yield finding(end.attempt, short(numbers), documented="0, 1, 2 …")
    if not was_judged:
        raise NothingToJudge("results have no numbers")


@RESULTS.check(why="The same picture is saved nine times.", source="kling 2.2")
def result_urls_differ(evidence: Evidence) -> Iterator[Finding]:
    """Each result has a URL of its own."""
    known: set[str] = set()
    for _, end in _succeeded(evidence):
        for url in end.view.urls:
            if url in known:
                yield finding(end.attempt, f"{url}, twice")
            known.add(url)


@RESULTS.check(why="Browsers and download tools have no credentials.", source="kling 2.2; clients")
def results_can_be_fetched(evidence: Evidence) -> Iterator[Finding]:
    """Anybody who has the URL of a result can download it, without credentials."""
    for history, end in _succeeded(evidence):
        if not history.downloads and end.view.results:
            yield finding(end.attempt, f"no URL in {short(end.view.results)}")
        for attempt, _ in history.downloads:
            if not attempt.is_accepted:
                yield finding(attempt, answer_text(attempt), subject=history.task.operation.id)


@RESULTS.check(why="A file that cannot be shown is no result.", source="kling 1.2, 1.4")
def results_can_be_opened(evidence: Evidence) -> Iterator[Finding]:
    """A picture is a PNG or JPEG, a film is an MP4, and each can be decoded."""
    downloaded = [
        (history.task, attempt)
        for history, _ in _succeeded(evidence)
        for attempt, _ in history.downloads
        if attempt.is_accepted
    ]
    if not downloaded:
        raise NothingToJudge("no result could be downloaded")
    for task, attempt in downloaded:
        file = decode(attempt.exchange.response.body if attempt.exchange.response else b"")
        if file.fault is not None or file.media != task.media:
            received = file.fault or f"{file.media}, but {task.media} was asked for"
            yield finding(attempt, received, subject=task.operation.id)


@RESULTS.check(why="A portrait comes as a landscape.", source="kling 1.2, 1.4; seed 004")
def results_have_the_ratio(evidence: Evidence) -> Iterator[Finding]:
    """A result has the ratio that was asked for, to within 3 %."""
    for task, attempt, _, file in _opened(evidence):
        if task.ratio is not None:
            width, height = map(int, task.ratio.split(":"))
            if abs(file.width / file.height * height / width - 1) > _RATIO_LEEWAY:
                received = f"{file.width}×{file.height}"
                yield finding(attempt, received, subject=task.operation.id, documented=task.ratio)


@RESULTS.check(why="A client that pays for 1080p must get 1080p.", source="kling V22")
def films_have_the_size(evidence: Evidence) -> Iterator[Finding]:
    """The shorter side of a film has the pixels of its mode."""
    for task, attempt, _, file in _films(evidence):
        if task.side is not None and min(file.width, file.height) != task.side:
            received = f"{file.width}×{file.height}"
            yield finding(attempt, received, subject=task.operation.id, documented=f"{task.side}p")


@RESULTS.check(why="Clients pay by the second.", source="kling 1.4, 2.2")
def films_have_the_length(evidence: Evidence) -> Iterator[Finding]:
    """A film is as long as was asked for, to within half a second, and as long as its record says."""
    field = evidence.expectations.layout.result.seconds
    for task, attempt, result, file in _films(evidence):
        subject = task.operation.id
        if task.seconds is not None and abs(file.seconds - task.seconds) > _LENGTH_LEEWAY_SECONDS:
            yield finding(attempt, f"{file.seconds:.2f} s", subject=subject, documented=f"{task.seconds} s")
        told = str(result.described.get(field, "")) if field is not None else ""
        if told.replace(".", "", 1).isdecimal() and abs(float(told) - file.seconds) > _LENGTH_LEEWAY_SECONDS:
            yield finding(attempt, f"a length of {told} s in the record of {file.seconds:.2f} s", subject=subject)


@RESULTS.check(why="A film is silent, or has a sound that nobody asked for.", source="kling 1.4")
def films_have_sound_when_asked(evidence: Evidence) -> Iterator[Finding]:
    """A film has sound if sound is on, and none if it is off."""
    for task, attempt, _, file in _films(evidence):
        if task.sound is not None and file.sound != task.sound:
            received = "with sound" if file.sound else "without sound"
            wanted = "sound on" if task.sound else "sound off"
            yield finding(attempt, received, subject=task.operation.id, documented=wanted)


@RESULTS.check(why="A client that must show the watermark has no marked file to show.", source="kling 1.2, 2.2")
def watermarks_come_when_asked(evidence: Evidence) -> Iterator[Finding]:
    """If a watermark is asked for, each result has a watermarked twin that can be downloaded; otherwise it has none."""
    watermark = evidence.expectations.layout.watermark
    if watermark is None:
        raise NothingToJudge("the service has no watermarks")
    for history, end in _succeeded(evidence):
        for item in end.view.results:
            is_there = bool(isinstance(item, dict) and item.get(watermark))
            if is_there is not history.task.watermark:
                wanted = f"a {watermark}" if history.task.watermark else f"no {watermark}"
                yield finding(end.attempt, short(item), documented=wanted)


@RESULTS.check(why="Clients lay out a page by them before the picture is there.", source="useapi 2.4")
def pixels_are_told(evidence: Evidence) -> Iterator[Finding]:
    """The width and the height of a result are those of its file."""
    names = evidence.expectations.layout.result
    told = [each for each in _opened(evidence) if {names.width, names.height} <= each.result.described.keys()]
    if not told:
        raise NothingToJudge("results do not say how many pixels they have")
    for task, attempt, result, file in told:
        width, height = result.described[str(names.width)], result.described[str(names.height)]
        if (width, height) != (file.width, file.height):
            received = f"{width}×{height} in the record of {file.width}×{file.height}"
            yield finding(attempt, received, subject=task.operation.id)
