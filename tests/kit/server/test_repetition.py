"""Each finding is shown again by what its report says: one line for a shell, or a script.

They are run as a user would run them, against the wrong server and against the right one, and the check looks at what
the server got: it finds the fault again in the one, and nothing in the other.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mockserver.kit.checks import NothingToJudge
from mockserver.kit.server.checks.registry import CHECKS
from mockserver.kit.server.evidence import (
    About,
    Attempt,
    Evidence,
    Named,
    Purpose,
    ResultFile,
    Step,
    TimeBound,
    Watched,
)
from mockserver.kit.server.media import decode
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.repetition.shell import Shell
from mockserver.kit.server.runner import ServerCheck, findings, play
from mockserver.kit.server.watched_tasks import WatchedTask
from mockserver.kit.task_view import TaskView
from mockserver.kit.transcript import Exchange
from mockserver.kit.verdict import Finding
from mockserver.types import JSON, Request
from tests.mutants.servers.harness import SECRET, SIGNER, TOKEN, InMemoryServer, Wrong, prepare
from tests.mutants.servers.live import LiveServer, served
from tests.mutants.servers.mutant import VIDEO, Mutant
from tests.mutants.servers.registry import MUTANTS
from tests.support.sampling import sampled

VARIABLES = {
    "MOCKSERVER_TOKEN": str(TOKEN.token),
    "MOCKSERVER_AK": str(SIGNER.access_key),
    "MOCKSERVER_SK": str(SIGNER.secret),
}
ONCE = {"fails-now-and-then", "forgets-who-was-good", "expired-enters", "the-mark-is-the-picture"}
"""Those that are wrong at a request of a certain number, or at the hour of their test: what shows it shows it once.

Of the last one a script prints the fault, but the check looks at downloads, too, which it does not need.
"""

SHOWN = {id: mutant for id, mutant in MUTANTS.items() if id not in ONCE}
_BY_SPEED = sorted(SHOWN, key=lambda name: SHOWN[name].service != "kling")
OF_EACH_FAMILY = {CHECKS[SHOWN[id].check].family: id for id in reversed(_BY_SPEED) if SHOWN[id].operation != VIDEO}
"""The first of each family, one of Kling's if there is one: its operations have the fewest ways to be called."""

OF_EACH_CHECK = {SHOWN[id].check: id for id in reversed(_BY_SPEED)}
"""The first of each check: what repeats a finding is made by its check, whatever the fault."""


def fake(mutant: Mutant, *, is_clean: bool = False) -> InMemoryServer:
    readings = {"readings": mutant.chosen} if is_clean else {}
    wrong = Wrong() if is_clean else mutant.make()
    settings = {"services": (mutant.service,), "webhook_secret": SECRET, "seed": 0, **readings}
    return InMemoryServer(wrong, is_signing=mutant.is_signing, **settings)


def found(mutant: Mutant, url: str) -> tuple[Probe, list[Finding]]:
    """Judge a mutant that is said to be at a URL by the check meant for it."""
    run = prepare(
        mutant.service,
        mutant.make(),
        fake={"seed": 0},
        readings=mutant.chosen,
        operation=mutant.operation,
        is_signing=mutant.is_signing,
    )
    settings, check = replace(run.settings, url=url), CHECKS[mutant.check]
    with run.connect(settings) as probe:
        play(probe, [check])
        evidence = probe.evidence()
        shell = Shell(settings, probe.target, evidence)
        return probe, [shell.repeated(each, check) for each in findings(check, evidence)]


@dataclass
class Again:
    """What is judged when a story was sent once more."""

    evidence: Evidence
    story: Sequence[Attempt]
    check: ServerCheck

    def of(self, live: LiveServer) -> Evidence:
        """Return the evidence that the kit would have, had it sent what the server got."""
        known: dict[JSON, JSON] = {}
        attempts = list[Attempt]()
        assert len(live.exchanges) == len(self.story)
        for number, (before, (request, response, at)) in enumerate(zip(self.story, live.exchanges, strict=True), 1):
            told = before.exchange.request
            assert (request.method, len(request.query.split("&"))) == (told.method, len(told.query.split("&")))
            answer, fault = (response, None) if response.status else (None, "ReadTimeout")
            exchange = Exchange(number, at, 0, before.exchange.operation, request, answer, fault)
            old, new = (self._view(each) for each in (before.exchange, exchange))
            if old is not None and new is not None:
                known |= {old.id: new.id, old.created_at: new.created_at}
            about = _renewed(before.about, known)
            if isinstance(about, ResultFile):
                about = replace(about, described=self._described(request, attempts), media=decode(response.body))
            payload = exchange.sent if request.body else before.payload
            attempts.append(replace(before, exchange=exchange, payload=payload, about=about))
        watched = tuple(_as_sent(task, attempts) for task in self.evidence.watched)
        sent = {(each.purpose, each.case) for each in attempts}
        beside = (each for each in self.evidence.of(Purpose.AUTHENTICATE) if (each.purpose, each.case) not in sent)
        whole = (*beside, *attempts) if self.check.family == "credentials" else tuple(attempts)
        return replace(self.evidence, attempts=whole, watched=watched, abandoned=frozenset())

    def _described(self, download: Request, attempts: Sequence[Attempt]) -> Mapping[str, JSON]:
        """Return what the last record says of a result that is downloaded."""
        views = [view for each in attempts if (view := self._view(each.exchange)) is not None]
        items = [item for view in views for item, _ in view.result_urls]
        return [item for item in items if any(str(value).endswith(download.path) for value in item.values())][-1]

    def _view(self, exchange: Exchange) -> TaskView | None:
        return TaskView.of(exchange.received, self.evidence.expectations.layout)


def _renewed(about: About | None, known: dict[JSON, JSON]) -> About | None:
    """Return what an attempt is about, with the ids and times of this time."""
    if isinstance(about, Named):
        return Named(known.get(about.id, about.id))
    if isinstance(about, Step):
        return replace(about, id=known.get(about.id, about.id))
    if isinstance(about, TimeBound):
        return replace(about, moment=known.get(about.moment, about.moment))
    return about


def _as_sent(task: WatchedTask, attempts: Sequence[Attempt]) -> WatchedTask:
    """Return a watched task with the payload that was sent this time, with a new name."""
    creates = (each for each in attempts if each.purpose is Purpose.CREATE_WATCHED and each.about == Watched(task.name))
    create = next(creates, None)
    return task if create is None else replace(task, payload=create.payload)


def again(mutant: Mutant, finding: Finding, probe: Probe, folder: Path, live: LiveServer) -> list[Finding]:
    """Do what the report says, and return what the check finds in what the server got."""
    evidence = probe.evidence()
    by_number = {attempt.exchange.number: attempt for attempt in evidence.attempts}
    story = [by_number[exchange.number] for exchange in finding.transcript]
    command = str(finding.repeat)
    if finding.script is not None:
        (folder / "again.sh").write_text(finding.script)
        command = f"sh again.sh {live.url}"
    live.exchanges.clear()
    live.shell(command, folder, **VARIABLES)
    try:
        judged = findings(CHECKS[mutant.check], Again(evidence, story, CHECKS[mutant.check]).of(live))
        return [each for each in judged if each.key == finding.key]
    except NothingToJudge:
        return []


def is_of_the_kit(finding: Finding) -> bool:
    """Whether a finding is shown again by the kit alone: it takes a receiver, or what no script should send."""
    return finding.script is None and str(finding.repeat).startswith("mockserver check server ")


def shows(mutant: Mutant, folder: Path) -> Iterator[str]:
    """Yield what is not shown again as it should."""
    with served(fake(mutant)) as wrong:
        probe, told = found(mutant, wrong.url)
        assert told
        for finding in told[:1]:
            if is_of_the_kit(finding):
                assert shlex.split(str(finding.repeat))[5:6] == [mutant.check]
                continue
            if not again(mutant, finding, probe, folder, wrong):
                yield f"{finding.key}: {finding.received}: not found again"
        with served(fake(mutant, is_clean=True)) as right:
            for finding in told[:1]:
                if not is_of_the_kit(finding):
                    moved = replace(finding, repeat=str(finding.repeat).replace(wrong.url, right.url))
                    found_in_right = again(mutant, moved, probe, folder, right)
                    if found_in_right:
                        yield f"{finding.key}: found in the right server: {found_in_right[0].received}"


@pytest.mark.parametrize("id", sampled(sorted(OF_EACH_FAMILY.values(), key=_BY_SPEED.index), 4))
def test_what_repeats_a_finding_shows_it_again_and_only_at_the_wrong_server(id: str, tmp_path: Path) -> None:
    assert list(shows(MUTANTS[id], tmp_path)) == []


@pytest.mark.torture
@pytest.mark.parametrize("id", sorted({*OF_EACH_CHECK.values()} - {*OF_EACH_FAMILY.values()}))
def test_so_it_does_for_every_other_check(id: str, tmp_path: Path) -> None:
    assert list(shows(MUTANTS[id], tmp_path)) == []
