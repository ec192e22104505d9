"""A plugin of pytest's: it opens the examination that the suites of contract_tests/server judge, and collects.

``-p mockserver.kit.server.collector --mockserver-letter FILE --mockserver-verdict FILE``
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mockserver.kit import papers
from mockserver.kit.server.checks.promise import Promise
from mockserver.kit.server.checks.registry import ROSTER
from mockserver.kit.server.evidence import Evidence
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.runner import chosen, facts, judged, obstacle, play, shortened, unseen_of
from mockserver.kit.server.settings import Commission
from mockserver.kit.verdict import Check, Finding, Unseen, Verdict

Judge = Callable[[str], None]
"""Judge the check of an id: it passes, fails or is skipped as a test does."""

_UNJUDGED = 2


class Examination:
    """What is collected while the suites run."""

    def __init__(self, commission: Commission) -> None:
        self.commission = commission
        promises, left_out = chosen(commission.only, commission.skip)
        self.promises = {promise.check.id: promise for promise in promises}
        self.skipped = list(left_out)
        self.made: list[Check] = []
        self.findings: list[Finding] = []
        self.obstacle: str | None = None
        self.facts: tuple[tuple[str, str], ...] = ()
        self.shortages: dict[str, str] = {}

    def gather(self, probe: Probe) -> Evidence:
        """Do everything to the server that the checks need to see, and say of each act that it begins."""
        self.obstacle = obstacle(probe)
        if self.obstacle is None:
            self.shortages = play(probe, self.promises.values(), told=papers.tell)
        self.facts = facts(probe)
        evidence = probe.evidence()
        self.skipped += evidence.untried
        return evidence

    def judge(self, promise: Promise, evidence: Evidence) -> tuple[Finding, ...]:
        """Make one check. Raises ``Unseen``."""
        self.skipped += shortened(promise, self.shortages)
        try:
            found = judged(promise, evidence)
        except Unseen as unseen:
            self.skipped += unseen_of(promise, unseen, self.shortages)
            raise
        self.made.append(promise.check)
        self.findings += found
        return found

    def verdict(self) -> Verdict:
        """Return what was found; what ran before an obstacle was seen does not count."""
        made = () if self.obstacle is not None else tuple(self.made)
        return Verdict(
            self.commission.url,
            made,
            tuple(self.findings),
            tuple(self.skipped),
            obstacle=self.obstacle,
            facts=self.facts,
        )


_EXAMINATION = pytest.StashKey[Examination]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the names of the files."""
    papers.options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Open the examination."""
    config.stash[_EXAMINATION] = Examination(Commission.read(papers.letter(config)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the verdict."""
    if _EXAMINATION in session.config.stash:
        papers.deliver(session.config, session.config.stash[_EXAMINATION].verdict())


@pytest.fixture(scope="session")
def examination(request: pytest.FixtureRequest) -> Examination:
    """Return what collects."""
    return request.config.stash[_EXAMINATION]


@pytest.fixture(scope="session")
def evidence(examination: Examination) -> Iterator[Evidence]:
    """Return all that was seen of the server. Ends the run if it cannot be judged."""
    with examination.commission.probe() as probe:
        found = examination.gather(probe)
        if examination.obstacle is not None:
            pytest.exit(examination.obstacle, returncode=_UNJUDGED)
        yield found


@pytest.fixture
def judge(examination: Examination, request: pytest.FixtureRequest) -> Judge:
    """Return what makes a check of a test."""

    def made(id: str) -> None:
        if id not in examination.promises:
            pytest.skip("left out")
        evidence = request.getfixturevalue("evidence")
        try:
            found = examination.judge(ROSTER[id], evidence)
        except Unseen as unseen:
            pytest.skip(str(unseen))
        errors = [finding for finding in found if ROSTER[id].check.severity == "error"]
        if errors:
            pytest.fail("\n".join(f"{each.subject}: {each.received}" for each in errors), pytrace=False)

    return made
