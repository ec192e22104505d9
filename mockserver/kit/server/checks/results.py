"""Results: each can be downloaded and opened, and is what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from mockserver.contract.layout import path
from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Attempt, Evidence, Look, Purpose, ResultFile, TaskHistory
from mockserver.kit.server.findings import answer_text, finding, short
from mockserver.kit.server.media import MediaFile
from mockserver.kit.server.watched_tasks import WatchedTask
from mockserver.kit.task_view import at
from mockserver.kit.verdict import Finding

RESULTS = Family[Evidence, Finding]("results", "task lifecycle", "valid payloads")

_RATIO_LEEWAY = 0.03
"""Sides are whole pixels, and encoders round them to multiples of 2 or 16: at 720 pixels up to one percent."""

_LENGTH_LEEWAY_SECONDS = 0.5
"""A film of 5 s is 5.041 s long in the recorded answers: films have whole frames, and containers round."""

_SIZE_LEEWAY = 2**0.5
"""Each size of a picture is twice the one before, so this is half the way to the next. The exact pixels are no
promise: a gateway that draws 2k on another grid delivers 2k."""


_WIDE = 16 / 9
"""What 720p is of in common speech: a square film of 720p has 720 by 720 pixels at some, 960 by 960 at others."""


class _Opened(NamedTuple):
    """A downloaded result that could be decoded."""

    history: TaskHistory
    attempt: Attempt
    result: ResultFile
    file: MediaFile

    @property
    def task(self) -> WatchedTask:
        """The task that made it."""
        return self.history.task


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
        _Opened(history, attempt, result, result.media)
        for history, _ in _succeeded(evidence)
        for attempt, result in history.downloads
        if result.media is not None and result.media.fault is None
    ]
    if not found:
        raise NothingToJudge("no result could be opened")
    return found


def _films(evidence: Evidence) -> list[_Opened]:
    found = [each for each in _opened(evidence) if each.file.media == "video"]
    if not found:
        raise NothingToJudge("no film was made")
    return found


def _finding(history: TaskHistory, received: str, documented: str = "", *, shown: Attempt | None = None) -> Finding:
    """Return a finding about what came of a payload, which it has.

    It is ``shown`` by a download, or else by the answer that shows the task at its end.
    """
    created = history.looks[0].attempt
    attempt = shown or (history.end.attempt if history.end is not None else created)
    found = finding(attempt, received, subject=history.task.operation.id, documented=documented)
    return replace(found, payload=created.payload)


def _of_file(each: _Opened, received: str, documented: str = "") -> Finding:
    """Return a finding about a file."""
    return _finding(each.history, received, documented, shown=each.attempt)


@RESULTS.check(why="A client that pays for nine pictures must get nine.", source="kling 1.2, 2.2; useapi 2.3")
def results_are_counted(evidence: Evidence) -> Iterator[Finding]:
    """There are as many results as were asked for."""
    for history, end in _succeeded(evidence):
        count, wanted = len(end.view.results), history.task.count
        if wanted is not None and count != wanted:
            said = f", but {history.task.said('count')}" if history.task.media == "image" else ""
            yield _finding(history, f"{count} results{said}", f"{wanted} results")


@RESULTS.check(why="A client looks for the pictures where they are not.", source="kling 2.2")
def series_come_as_series(evidence: Evidence) -> Iterator[Finding]:
    """The pictures of a series are in a list of their own, and single pictures are not in it."""
    was_judged = False
    for history, end in _succeeded(evidence):
        place = history.task.operation.task.get("series", {}).get("results")
        if place is None:
            continue
        was_judged = True
        steps = path(place)
        of_series = at(end.view.document, steps[: steps.index("*")])
        in_series = len(of_series) if isinstance(of_series, list) else 0
        singles = len(end.view.results) - in_series
        if history.task.series and singles:
            yield _finding(history, f"{singles} single pictures, but {history.task.said('series')}", place)
        elif not history.task.series and in_series:
            yield _finding(history, f"a series, but {history.task.said('series')}", "single pictures")
    if not was_judged:
        raise NothingToJudge("the service has no series")


@RESULTS.check(why="Clients name files by it.", source="kling 2.2; clients")
def results_are_numbered(evidence: Evidence) -> Iterator[Finding]:
    """The results are numbered from 0, in order."""
    field, was_judged = evidence.expectations.layout.result.index, False
    for _, end in _succeeded(evidence):
        numbers = [item[field] for item in end.view.results if isinstance(item, dict) and field in item]
        was_judged = was_judged or bool(numbers)
        if numbers and numbers != list(range(len(numbers))):
            yield finding(end.attempt, f"numbered {short(numbers)}", documented="0, 1, 2 …")
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
                yield finding(attempt, f"a result's URL: {answer_text(attempt)}", subject=history.task.operation.id)


@RESULTS.check(why="A file that cannot be shown is no result.", source="kling 1.2, 1.4")
def results_can_be_opened(evidence: Evidence) -> Iterator[Finding]:
    """A picture is a PNG or JPEG, a film an MP4, a sound an MP3 or WAV, and each can be decoded."""
    downloaded = [
        (history.task, attempt, result.media)
        for history, _ in _succeeded(evidence)
        for attempt, result in history.downloads
        if result.media is not None
    ]
    if not downloaded:
        raise NothingToJudge("no result could be downloaded")
    for task, attempt, file in downloaded:
        if file.fault is not None or file.media not in task.makes:
            received = file.fault or f"{file.media}, but {task.media} was asked for"
            yield finding(attempt, received, subject=task.operation.id)


@RESULTS.check(why="A portrait comes as a landscape.", source="kling 1.2, 1.4; seed 004")
def results_have_the_ratio(evidence: Evidence) -> Iterator[Finding]:
    """A result has the ratio that was asked for, to within 3 %."""
    for each in _opened(evidence):
        if each.task.ratio is not None and each.file.media != "audio":
            width, height = map(int, each.task.ratio.split(":"))
            if abs(each.file.width / each.file.height * height / width - 1) > _RATIO_LEEWAY:
                yield _of_file(each, _pixels(each, "ratio"), each.task.ratio)


@RESULTS.check(why="A client that pays for 4k must get 4k.", source="kling 1.2; since S2; useapi 1.1")
def pictures_have_the_size(evidence: Evidence) -> Iterator[Finding]:
    """A picture has about as many pixels as its resolution says: 4k four times as many on each side as 1k."""
    sized = [each for each in _opened(evidence) if each.file.media == "image" and each.task.side is not None]
    if not sized:
        raise NothingToJudge("no picture of a chosen size was made")
    for each in sized:
        side, wanted = (each.file.width * each.file.height) ** 0.5, each.task.side or 0
        if not wanted / _SIZE_LEEWAY < side < wanted * _SIZE_LEEWAY:
            yield _of_file(each, _pixels(each, "size"), f"about as many pixels as {wanted}×{wanted}")


@RESULTS.check(why="A client that pays for 1080p must get 1080p.", source="kling V22")
def films_have_the_size(evidence: Evidence) -> Iterator[Finding]:
    """The shorter side of a film has the pixels of its mode; a square may have as many pixels as 16:9."""
    for each in _films(evidence):
        side = each.task.side
        if side is None or min(each.file.width, each.file.height) == side:
            continue
        if each.file.width != each.file.height or abs(each.file.width**2 / (side**2 * _WIDE) - 1) > _RATIO_LEEWAY:
            yield _of_file(each, _pixels(each, "size"), f"{side}p")


def _pixels(each: _Opened, role: str) -> str:
    return f"{each.file.width}×{each.file.height}, but {each.task.said(role)}"


@RESULTS.check(why="Clients pay by the second.", source="kling 1.4, 2.2")
def films_have_the_length(evidence: Evidence) -> Iterator[Finding]:
    """A film is as long as was asked for, to within half a second, and as long as its record says."""
    field = evidence.expectations.layout.result.seconds
    for each in _films(evidence):
        seconds, wanted = each.file.seconds, each.task.seconds
        if wanted is not None and abs(seconds - wanted) > _LENGTH_LEEWAY_SECONDS:
            yield _of_file(each, f"{seconds:.2f} s, but {each.task.said('duration')}", f"{wanted} s")
        told = str(each.result.described.get(field, "")) if field is not None else ""
        if told.replace(".", "", 1).isdecimal() and abs(float(told) - seconds) > _LENGTH_LEEWAY_SECONDS:
            yield _of_file(each, f"a length of {told} s in the record of {seconds:.2f} s")


@RESULTS.check(why="A film is silent, or has a sound that nobody asked for.", source="kling 1.4")
def films_have_sound_when_asked(evidence: Evidence) -> Iterator[Finding]:
    """A film has sound if sound is on, and none if it is off."""
    for each in _films(evidence):
        if each.task.sound is not None and each.file.sound != each.task.sound:
            received = f"{'with' if each.file.sound else 'without'} sound, but {each.task.said('sound')}"
            yield _of_file(each, received, "sound on" if each.task.sound else "sound off")


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
                has, wanted = ("a", "no") if is_there else ("no", "a")
                received = f"{has} {watermark}, but {history.task.said('watermark')}"
                yield _finding(history, received, f"{wanted} {watermark}")
            elif is_there and isinstance(item, dict) and item[watermark] in end.view.urls:
                yield _finding(history, f"the {watermark} of a result is its URL", "a marked twin")


@RESULTS.check(why="Clients lay out a page by them before the picture is there.", source="useapi 2.4")
def pixels_are_told(evidence: Evidence) -> Iterator[Finding]:
    """The width and the height of a result are those of its file."""
    names = evidence.expectations.layout.result
    told = [each for each in _opened(evidence) if {names.width, names.height} <= each.result.described.keys()]
    if not told:
        raise NothingToJudge("results do not say how many pixels they have")
    for each in told:
        width, height = each.result.described[str(names.width)], each.result.described[str(names.height)]
        if (width, height) != (each.file.width, each.file.height):
            yield _of_file(each, f"{width}×{height} in the record of {each.file.width}×{each.file.height}")


@RESULTS.check(
    "valid payloads",
    why="A service that takes the money for fifteen seconds, and then says that it cannot, might have refused.",
    source="the request schemas",
    severity="warning",
)
def accepted_payloads_succeed(evidence: Evidence) -> Iterator[Finding]:
    """The task of a payload that keeps every rule succeeds."""
    ended = [
        (history, history.end.view)
        for history in evidence.histories
        if history.end is not None and history.looks[0].attempt.purpose is Purpose.KEEP_RULES
    ]
    if not ended:
        raise NothingToJudge("no task of a valid payload was followed to its end")
    for history, view in ended:
        if view.state == "failed":
            yield _finding(history, f"failed: {view.reason or 'without a reason'}", "succeed")
