"""Results: what was made can be fetched and opened, and is what was asked for."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Evidence, Sighting, Story, Trial
from mockserver.kit.server.findings import finding, said, short
from mockserver.kit.server.media import Opened, opened
from mockserver.kit.verdict import Finding

RESULTS = Family[Evidence, Finding]("results", "lives")

_RATIO = 0.03
_SECONDS = 0.5


def _made(evidence: Evidence) -> list[tuple[Story, Sighting]]:
    """Return the stories of tasks that succeeded, with how each was first seen then. Raises ``NothingToJudge``."""
    ended = [(story, story.end) for story in evidence.stories if story.end is not None]
    found = [(story, end) for story, end in ended if end.record.status == "succeed"]
    if not found:
        raise NothingToJudge("no task was seen to succeed")
    return found


def _files(evidence: Evidence) -> list[tuple[Story, Trial, Opened]]:
    """Return the results that could be opened. Raises ``NothingToJudge``."""
    found = [
        (story, trial, file)
        for story, _ in _made(evidence)
        for trial in story.downloads
        if trial.is_accepted and trial.exchange.response is not None
        if (file := opened(trial.exchange.response.body)).fault is None
    ]
    if not found:
        raise NothingToJudge("no result could be opened")
    return found


@RESULTS.check(why="Who pays for nine pictures gets nine.", source="kling 1.2, 2.2; useapi 2.3")
def results_are_counted(evidence: Evidence) -> Iterator[Finding]:
    """There are as many results as were asked for."""
    for story, end in _made(evidence):
        if len(end.record.results) != story.order.count:
            yield finding(end.trial, f"{len(end.record.results)}", documented=f"{story.order.count} results")


@RESULTS.check(why="Clients name files by it.", source="kling 2.2; clients")
def results_are_numbered(evidence: Evidence) -> Iterator[Finding]:
    """The index of results counts from 0, in order."""
    judged = False
    for _, end in _made(evidence):
        numbers = [item["index"] for item in end.record.results if isinstance(item, dict) and "index" in item]
        judged = judged or bool(numbers)
        if numbers and numbers != list(range(len(numbers))):
            yield finding(end.trial, short(numbers), documented="0, 1, 2 …")
    if not judged:
        raise NothingToJudge("results have no index")


@RESULTS.check(why="The same picture is saved nine times.", source="kling 2.2")
def result_urls_differ(evidence: Evidence) -> Iterator[Finding]:
    """Each result has a URL of its own."""
    seen: dict[str, str] = {}
    for story, end in _made(evidence):
        for url in end.record.urls:
            if url in seen:
                yield finding(end.trial, f"{url}, twice")
            seen[url] = story.order.name


@RESULTS.check(why="Browsers and downloaders have none.", source="kling 2.2; clients")
def results_can_be_fetched(evidence: Evidence) -> Iterator[Finding]:
    """A result's URL can be fetched by whoever has it, without credentials."""
    for story, end in _made(evidence):
        if not story.downloads and end.record.results:
            yield finding(end.trial, f"no URL in {short(end.record.results)}")
        for trial in story.downloads:
            if not trial.is_accepted:
                yield finding(trial, said(trial), subject=story.order.operation.id)


@RESULTS.check(why="What cannot be shown is no result.", source="kling 1.2, 1.4")
def results_can_be_opened(evidence: Evidence) -> Iterator[Finding]:
    """A picture is a PNG or JPEG, a film an MP4, and each can be decoded."""
    fetched = [(story, trial) for story, _ in _made(evidence) for trial in story.downloads if trial.is_accepted]
    if not fetched:
        raise NothingToJudge("no result could be fetched")
    for story, trial in fetched:
        file = opened(trial.exchange.response.body if trial.exchange.response else b"")
        if file.fault is not None or file.media != story.order.media:
            received = file.fault or f"an {file.media}, where a {story.order.media} was asked for"
            yield finding(trial, received, subject=story.order.operation.id)


@RESULTS.check(why="A portrait comes as a landscape.", source="kling 1.2, 1.4; seed 004")
def results_have_the_ratio(evidence: Evidence) -> Iterator[Finding]:
    """A result has the ratio that was asked for, to within 3 %."""
    for story, trial, file in _files(evidence):
        if story.order.ratio is not None:
            wide, high = map(int, story.order.ratio.split(":"))
            if abs(file.width / file.height * high / wide - 1) > _RATIO:
                received = f"{file.width}×{file.height}"
                yield finding(trial, received, subject=story.order.operation.id, documented=story.order.ratio)


@RESULTS.check(why="Who pays for 1080p gets 1080p.", source="kling V22")
def films_have_the_size(evidence: Evidence) -> Iterator[Finding]:
    """A film's shorter side has the pixels of its mode."""
    for story, trial, file in _films(evidence):
        if story.order.side is not None and min(file.width, file.height) != story.order.side:
            received = f"{file.width}×{file.height}"
            yield finding(trial, received, subject=story.order.operation.id, documented=f"{story.order.side}p")


@RESULTS.check(why="Seconds are what is paid for.", source="kling 1.4, 2.2")
def films_have_the_length(evidence: Evidence) -> Iterator[Finding]:
    """A film is as long as was asked for, to within half a second, and as long as its record says."""
    for story, trial, file in _films(evidence):
        subject = story.order.operation.id
        if story.order.seconds is not None and abs(file.seconds - story.order.seconds) > _SECONDS:
            yield finding(trial, f"{file.seconds:.2f} s", subject=subject, documented=f"{story.order.seconds} s")
        told = str(trial.about.get("duration", ""))
        if told.replace(".", "", 1).isdecimal() and abs(float(told) - file.seconds) > _SECONDS:
            yield finding(trial, f"a duration of {told} for {file.seconds:.2f} s", subject=subject)


@RESULTS.check(why="Silence, or noise, that nobody asked for.", source="kling 1.4")
def films_have_sound_when_asked(evidence: Evidence) -> Iterator[Finding]:
    """A film has sound where sound is on, and none where it is off."""
    for story, trial, file in _films(evidence):
        if story.order.sound is not None and file.sound != story.order.sound:
            received = "with sound" if file.sound else "without sound"
            wanted = "sound on" if story.order.sound else "sound off"
            yield finding(trial, received, subject=story.order.operation.id, documented=wanted)


@RESULTS.check(why="Who must show the mark has nothing to show.", source="kling 1.2, 2.2")
def watermarks_come_when_asked(evidence: Evidence) -> Iterator[Finding]:
    """Where a watermark is asked for each result has a marked twin that can be fetched, and elsewhere there is none."""
    marked = evidence.terms.layout.watermark
    if marked is None:
        raise NothingToJudge("the service has no watermarks")
    for story, end in _made(evidence):
        for item in end.record.results:
            there = bool(isinstance(item, dict) and item.get(marked))
            if there is not story.order.watermark:
                wanted = f"a {marked}" if story.order.watermark else f"no {marked}"
                yield finding(end.trial, short(item), documented=wanted)


@RESULTS.check(why="Pages are laid out by them before the picture is there.", source="useapi 2.4")
def pixels_are_told(evidence: Evidence) -> Iterator[Finding]:
    """A result's width and height are those of its file."""
    told = [
        (story, trial, file) for story, trial, file in _files(evidence) if {"width", "height"} <= trial.about.keys()
    ]
    if not told:
        raise NothingToJudge("results do not tell their pixels")
    for story, trial, file in told:
        if (trial.about["width"], trial.about["height"]) != (file.width, file.height):
            received = f"{trial.about['width']}×{trial.about['height']} for {file.width}×{file.height}"
            yield finding(trial, received, subject=story.order.operation.id)


def _films(evidence: Evidence) -> list[tuple[Story, Trial, Opened]]:
    found = [each for each in _files(evidence) if each[2].media == "video"]
    if not found:
        raise NothingToJudge("no film was made")
    return found
