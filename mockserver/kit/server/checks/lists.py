"""Lists: they are whole and in order, their pages are disjoint, and they have nothing that does not belong there."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Evidence, Trial
from mockserver.kit.server.findings import finding, is_row, said, seen, short
from mockserver.kit.task_view import TaskView, lasting, task_views
from mockserver.kit.verdict import Finding

LISTS = Family[Evidence, Finding]("lists", "lives", "burst", "queries")


def _ids(evidence: Evidence, trial: Trial) -> list[str]:
    """Return the ids in an answer to a list, in order."""
    return [record.id for record in task_views(trial.exchange.received, evidence.terms.layout) if record.id is not None]


def _lists(evidence: Evidence, *aims: str) -> list[Trial]:
    """Return the lists that were answered. Raises ``NothingToJudge`` if there are none."""
    asked = seen(evidence.of(*aims), "no list was asked for in this way: the service has none that knows it")
    found = [trial for trial in asked if trial.is_accepted]
    if not found:
        raise NothingToJudge("the server shows no lists")
    return found


def _is_whole(evidence: Evidence, trial: Trial) -> bool:
    return len(_ids(evidence, trial)) < int(trial.about["size"])


@LISTS.check(why="What is not listed is lost to whoever did not keep its id.", source="kling 2.3; useapi 2.5")
def list_is_complete(evidence: Evidence) -> Iterator[Finding]:
    """A list that is shorter than its page has every task of the operation."""
    judged = [trial for trial in _lists(evidence, "whole") if _is_whole(evidence, trial)]
    if not judged:
        raise NothingToJudge("the account has more tasks than a page can show")
    for trial in judged:
        there = set(_ids(evidence, trial))
        for id in _created(evidence, trial):
            if id not in there:
                yield finding(trial, f"no {id}, which was created before")


def _created(evidence: Evidence, listed: Trial) -> Iterator[str]:
    """Yield the ids of tasks created before a list was asked for, that it should have."""
    for trial in evidence.of("live", "burst", "accept", "duplicate"):
        maker = trial.operation
        if trial.exchange.number > listed.exchange.number or not trial.is_accepted or maker is None:
            continue
        record = TaskView.of(trial.exchange.received, evidence.terms.layout)
        if record is not None and record.id and evidence.terms.beside(maker, "list") is listed.operation:
            yield record.id


@LISTS.check(why="A client takes a film for a picture.", source="kling 2.3")
def list_has_no_strangers(evidence: Evidence) -> Iterator[Finding]:
    """A list of an operation's tasks has only those."""
    for trial in _lists(evidence, "whole", "page"):
        makers = [(story.id, story.order.operation) for story in evidence.stories]
        own = {id for id, maker in makers if evidence.terms.beside(maker, "list") is trial.operation}
        others = {id: maker.id for id, maker in makers}
        for id in _ids(evidence, trial):
            if id in others and id not in own:
                yield finding(trial, f"{id}, which {others[id]} made")


@LISTS.check(why="Who walks through the pages does things twice.", source="kling 2.3")
def pages_are_disjoint(evidence: Evidence) -> Iterator[Finding]:
    """No task is on two pages, or twice on one."""
    for run in _runs(evidence):
        seen_on: dict[str, int] = {}
        for trial in run:
            for id in _ids(evidence, trial):
                if id in seen_on:
                    yield finding(trial, f"{id}, which is on page {seen_on[id]}, too")
                seen_on[id] = trial.about["number"]


@LISTS.check(why="Who walks through the pages misses tasks.", source="kling 2.3")
def pages_are_complete(evidence: Evidence) -> Iterator[Finding]:
    """All pages together have what the whole list has."""
    judged = False
    for run in _runs(evidence):
        wholes = [trial for trial in _lists(evidence, "whole") if trial.operation is run[0].operation]
        if not all(_is_whole(evidence, trial) for trial in wholes):
            continue
        judged = True
        paged = {id for trial in run for id in _ids(evidence, trial)}
        kept = set.intersection(*(set(_ids(evidence, trial)) for trial in wholes))
        if missing := kept - paged:
            yield finding(run[-1], f"no {min(missing)} on {len(run)} pages")
    if not judged:
        raise NothingToJudge("the list has no pages, or more tasks than a page can show")


def _runs(evidence: Evidence) -> list[list[Trial]]:
    """Return the walks through the pages of lists, each of one size."""
    runs: dict[tuple[str, int], list[Trial]] = {}
    for trial in _lists(evidence, "page"):
        if trial.operation is not None and trial.payload is not None and "pageNum" in trial.payload:
            runs.setdefault((trial.operation.id, trial.about["size"]), []).append(trial)
    if not runs:
        raise NothingToJudge("the list has no pages")
    return list(runs.values())


@LISTS.check(why="Clients make room for what they ask for.", source="kling 2.3; useapi 2.5")
def pages_keep_their_size(evidence: Evidence) -> Iterator[Finding]:
    """A page has at most as many tasks as were asked for, thirty if nothing was said at Kling."""
    for trial in _lists(evidence, "page", "whole"):
        count = len(task_views(trial.exchange.received, evidence.terms.layout))
        if count > trial.about["size"]:
            yield finding(trial, f"{count} tasks", documented=f"at most {trial.about['size']}")


@LISTS.check(why="Clients find the latest at one end.", source="kling 2.3, 9.2")
def list_is_ordered(evidence: Evidence) -> Iterator[Finding]:
    """A list is ordered by the time of creation: newest or oldest first, and the same each time."""
    for trial in _lists(evidence, "whole"):
        items = task_views(trial.exchange.received, evidence.terms.layout)
        times = [record.created_at for record in items if record.created_at is not None]
        ways = {"newest-first": sorted(times, reverse=True), "oldest-first": sorted(times)}
        possible = evidence.terms.possible("list-order") or {"newest-first"}
        if times not in [ways[way] for way in possible]:
            yield finding(trial, f"created at {short(times)}", documented=" or ".join(sorted(possible)))


@LISTS.check(why="Clients use the same code for both.", source="kling 2.3; useapi 2.5")
def list_shows_what_a_query_shows(evidence: Evidence) -> Iterator[Finding]:
    """A task that has ended looks in a list as it does in a query."""
    shown = {
        story.id: story.sightings[-1].record.document
        for story in evidence.stories
        if story.sightings[-1].record.is_final
    }
    if not shown:
        raise NothingToJudge("no task was seen at its end")
    for trial in _lists(evidence, "whole"):
        for record in task_views(trial.exchange.received, evidence.terms.layout):
            queried = shown.get(record.id)
            if queried is not None and isinstance(record.document, dict):
                for name, value in record.document.items():
                    if lasting(queried.get(name)) != lasting(value):
                        wanted = short(queried.get(name))
                        yield finding(trial, f"{name}: {short(value)} of {record.id}", documented=f"{name}: {wanted}")


@LISTS.check(why="Who takes the first of what comes takes a stranger's.", source="kling 2.4")
def external_id_filters(evidence: Evidence) -> Iterator[Finding]:
    """A list that is asked for one name has that task alone, if the service knows such a question."""
    if evidence.terms.possible("external-id-query") != {"filter"}:
        raise NothingToJudge(
            "no page says that a list can be asked for one name: settle it with --reading external-id-query=filter"
        )
    for trial in _lists(evidence, "filter"):
        if _ids(evidence, trial) != [trial.about["id"]]:
            yield finding(trial, short(_ids(evidence, trial)), documented=f"{trial.about['id']} alone")


@LISTS.check(why="Who asks for what is new gets what is old.", source="useapi 2.5")
def list_keeps_its_bounds(evidence: Evidence) -> Iterator[Finding]:
    """A list of what was created before or after a time has nothing else."""
    for trial in _lists(evidence, "since"):
        moment = trial.about["moment"]
        for record in task_views(trial.exchange.received, evidence.terms.layout):
            created = record.created_at
            if created is not None and (
                created <= moment if trial.about["field"] == "createdAfter" else created >= moment
            ):
                yield finding(trial, f"a task created at {created}")


@LISTS.check(why="A client that asks for page 0 must see what it did.", source="kling 2.3, 9.2")
def pages_out_of_range(evidence: Evidence) -> Iterator[Finding]:
    """A page number or size outside its range is refused, or taken for the nearest that is in it."""
    row, possible = evidence.terms.service.errors["invalid"], evidence.terms.possible("page-range")
    for trial in seen(evidence.of("edge"), "the list has no pages"):
        is_kept = ("clamped" in possible and trial.is_accepted) or ("refused" in possible and is_row(trial, row))
        is_gone = (
            trial.exchange.status == 404
            and trial.operation is not None
            and evidence.terms.may_be_absent(trial.operation)
        )
        if not is_kept and not is_gone:
            yield finding(trial, said(trial), documented=" or ".join(sorted(possible)), source=row.source)
