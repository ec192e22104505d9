"""A plugin of pytest's: it plays the testee that the suites of contract_tests/client judge, and collects.

``-p mockserver.kit.client.collector --mockserver-letter FILE --mockserver-verdict FILE``
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from mockserver.errors import MockserverError
from mockserver.kit import papers
from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.fake_process import Stage
from mockserver.kit.client.fuzzing import improvise
from mockserver.kit.client.performance import OPTIONS
from mockserver.kit.client.runner import Audition
from mockserver.kit.client.settings import Booking
from mockserver.kit.client.testee import found, hello
from mockserver.kit.verdict import Verdict

Judge = Callable[[str], None]
"""Judge the check of an id: it passes, fails or is skipped as a test does."""

_UNJUDGED = 2
_LETTER = pytest.StashKey[Booking]()
_AUDITION = pytest.StashKey[Audition]()
_OBSTACLE = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the names of the files."""
    papers.options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Read whom to play."""
    config.stash[_LETTER] = Booking.read(papers.letter(config))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the verdict, if it came to one."""
    stash = session.config.stash
    if _OBSTACLE in stash:
        papers.deliver(session.config, Verdict(" ".join(stash[_LETTER].testee), (), obstacle=stash[_OBSTACLE]))
    elif _AUDITION in stash:
        papers.deliver(session.config, stash[_AUDITION].verdict())


@pytest.fixture(scope="session")
def audition(request: pytest.FixtureRequest) -> Audition:
    """Play everything. Ends the run if the testee cannot be played."""
    stash = request.config.stash
    try:
        with _opened(stash[_LETTER]) as held:
            stash[_AUDITION] = held
            held.play(held.programme.scripted)
            for each in held.programme.improvised:
                improvise(held, each, examples=held.programme.examples, seed=stash[_LETTER].seed)
    except MockserverError as error:
        stash[_OBSTACLE] = str(error)
        pytest.exit(str(error), returncode=_UNJUDGED)
    return held


@contextmanager
def _opened(booking: Booking) -> Iterator[Audition]:
    """Raises ``MockserverError``."""
    with closing(found(booking.testee)) as testee, Stage(OPTIONS) as stage:
        who = hello(testee)
        yield Audition(stage, testee, who, booking.programme(who), booking.seconds, lambda each: papers.tell(str(each)))


@pytest.fixture
def judge(request: pytest.FixtureRequest) -> Judge:
    """Return what makes a check of a test."""

    def made(id: str) -> None:
        audition: Audition = request.getfixturevalue("audition")
        if id not in audition.made:
            pytest.skip("not made")
        found = [finding for finding in audition.findings if finding.check == id]
        if found and CHECKS[id].check.severity == "error":
            pytest.fail("\n".join(f"{each.subject}: {each.received}" for each in found), pytrace=False)

    return made
