"""The page: readable by a stranger, complete in itself, and safe whatever a payload holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from mockserver.kit.reports.html import _line, page
from mockserver.kit.reports.summary import sentence
from mockserver.kit.reports.text import visible
from mockserver.kit.transcript import Exchange
from mockserver.kit.verdict import Verdict
from mockserver.types import Request, Response
from tests.support.sampling import draws
from tests.support.verdicts import ANY, BROKEN, CHECKS, HOSTILE, KEPT, NUMBER, UNJUDGED, VERDICTS

VOID = {"meta", "br"}
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "section", "article", "h1", "h2", "h3", "p"),
    *("dl", "dt", "dd", "pre", "code", "table", "thead", "tbody", "tr", "th", "td", "ul", "ol", "li", "br", "span"),
    *("details", "summary"),
}
ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "class", "scope"}


@dataclass
class Parsed(HTMLParser):
    """A page as a browser would see it."""

    open: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str | None]] = field(default_factory=list)
    text: str = ""
    headings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings[-1] += data


def parsed(verdict: Verdict) -> Parsed:
    found = Parsed()
    found.feed(page(verdict))
    found.close()
    assert found.open == []
    return found


@settings(max_examples=draws(30))
@given(ANY)
def test_whatever_a_verdict_holds_the_page_has_only_its_own_elements(verdict: Verdict) -> None:
    found = parsed(verdict)
    assert {*found.tags} <= TAGS
    assert {name for name, _ in found.attributes} <= ATTRIBUTES


@pytest.mark.parametrize("name", VERDICTS)
def test_the_page_loads_and_runs_nothing(name: str) -> None:
    found = parsed(VERDICTS[name])
    assert {*found.tags} <= TAGS
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in found.attributes
    style = page(VERDICTS[name]).partition("<style>")[2].partition("</style>")[0]
    assert not re.search(r"url\(|@import|expression", style)


def test_what_is_hostile_is_shown_and_not_obeyed() -> None:
    text = page(VERDICTS["wicked"])
    assert "<script" not in text
    assert parsed(VERDICTS["wicked"]).text.count(visible(HOSTILE)) >= 8


@pytest.mark.parametrize("name", VERDICTS)
def test_the_verdict_is_on_the_page_and_in_its_colour(name: str) -> None:
    verdict = VERDICTS[name]
    found = parsed(verdict)
    assert visible(sentence(verdict)) in found.text
    assert ("class", f"verdict {verdict.status.name.lower()}") in found.attributes


def test_a_stranger_reads_what_broke_why_it_matters_and_how_to_repeat_it() -> None:
    text = parsed(BROKEN).text
    for part in (
        "task_id is text, never a number.",
        NUMBER.received,
        "JavaScript rounds eighteen digits",
        "kling 2.1",
        '"prompt": "A red bicycle"',
        str(NUMBER.repeat),
        "callback-is-signed",
        "no --webhook-secret was given",
        BROKEN.stale[0],
        "412",
    ):
        assert part in text
    assert all(check.documented in text for check in CHECKS)


def test_only_what_there_is_has_a_heading() -> None:
    assert parsed(BROKEN).headings == [
        "Does http://127.0.0.1:8080 keep the contract?",
        "What broke",
        "task_id is text, never a number.",
        "What breaks a rule is refused.",
        "updated_at moves.",
        "Lines of the baseline to remove",
        "Accepted by the baseline",
        "No task is on two pages.",
        "What was not checked",
        "Everything that was checked",
        "Figures",
    ]
    assert parsed(KEPT).headings[1:] == ["Everything that was checked", "Figures"]
    assert parsed(UNJUDGED).headings[1:] == []


def test_the_page_is_for_light_and_dark_and_small_screens() -> None:
    text = page(KEPT)
    assert "prefers-color-scheme: dark" in text
    assert 'name="viewport"' in text


def test_what_went_over_the_wire_is_folded_below_a_finding_with_its_times() -> None:
    found = parsed(BROKEN)
    for part in (
        "What went over the wire: 2 exchanges",
        "+0.00 s  POST /v1/images/omni-image: 200, after 0.04 s",
        "+1.50 s  POST /v1/images/omni-image: ReadTimeout",
        '{"prompt":"A cat"}',
        '{"code":0,"data":{"task_id":848021964837912615}}',
        "content-type: application/json",
    ):
        assert part in found.text
    assert found.tags.count("details") == found.tags.count("summary") >= 3


def test_a_note_says_what_a_line_needs_and_only_where_there_is_one() -> None:
    assert BROKEN.notes[0] in parsed(BROKEN).text
    assert BROKEN.notes[0] not in parsed(KEPT).text


def test_findings_of_one_cause_are_one_article_with_all_that_is_known_of_each() -> None:
    other = replace(NUMBER, subject="kling/omni-video.create", repeat="curl another")
    found = parsed(replace(KEPT, findings=(NUMBER, other)))
    assert found.tags.count("article") == 1
    assert "1 more finding of the same cause" in found.text
    assert "curl another" in found.text


@pytest.mark.parametrize("is_lost", [False, True])
def test_the_line_of_an_exchange_says_why_where_a_fake_does(is_lost: bool) -> None:
    answer = Response(429, headers={"mockserver-reason": "fault; The fault '1303' happened, f%C3%BCr alle."})
    request = Request("POST", "/v1/images/omni-image")
    exchange = Exchange(1, 0, 0, None, request, None if is_lost else answer, lost=answer if is_lost else None)
    assert _line(exchange, exchange).endswith(" (fault; The fault '1303' happened, für alle.)")
