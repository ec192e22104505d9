"""The Markdown of a CI job's page: the verdict and all causes, of a size that is shown, and nothing in it is markup."""

from __future__ import annotations

from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from mockserver.kit.reports.grouping import groups
from mockserver.kit.reports.markdown import markdown
from mockserver.kit.reports.summary import cases, sentence
from mockserver.kit.reports.text import visible
from mockserver.kit.verdict import Verdict
from tests.support.sampling import draws
from tests.support.verdicts import ANY, BROKEN, NUMBER, VERDICTS


class Elements(HTMLParser):
    """The elements of a document, and whether each is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.seen = list[str](), set[str]()
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        assert not attrs
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@settings(max_examples=draws(25))
@given(ANY)
def test_nothing_that_was_sent_is_markup(verdict: Verdict) -> None:
    text = markdown(verdict)
    assert {token.type for token in MarkdownIt("commonmark").parse(text)} == {"html_block"}
    assert Elements(text).seen <= {"h3", "details", "summary", "pre", "p"}
    assert "@" not in text


@pytest.mark.parametrize("name", VERDICTS)
def test_it_has_the_verdict_and_each_cause(name: str) -> None:
    verdict = VERDICTS[name]
    text = unescape(markdown(verdict))
    assert " ".join(visible(sentence(verdict)).split()) in text
    found = groups(cases(verdict, verdict.findings))
    assert text.count("<details>") == len(found)
    for cause in found:
        assert visible(cause.first.finding.received) in text


def test_what_does_not_fit_is_counted() -> None:
    many = [replace(NUMBER, cause=str(number), received="x" * 15_000) for number in range(60)]
    text = markdown(replace(BROKEN, findings=tuple(many)))
    shown = text.count("<details>")
    assert len(text.encode()) < 600_000
    assert 0 < shown < 60
    assert f"<p>{60 - shown} more are in report.html.</p>" in text
