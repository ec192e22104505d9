"""Lists: they are whole and in order, their pages are disjoint, and nothing is in them that does not belong there."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Attempt, Evidence, Named, Page, Purpose, TimeBound
from mockserver.kit.server.findings import answer_text, answered, finding, is_busy, is_row, short
from mockserver.kit.task_view import TaskView, lasting, task_views
from mockserver.kit.verdict import Finding

LISTS = Family[Evidence, Finding]("lists", "task lifecycle", "burst", "queries")


def _views(evidence: Evidence, attempt: Attempt) -> list[TaskView]:
    """Return the tasks in an answer to a list, in order."""
    return task_views(attempt.exchange.received, evidence.expectations.layout)


def _ids(evidence: Evidence, attempt: Attempt) -> list[str]:
    return [view.id for view in _views(evidence, attempt) if view.id is not None]


def _lists(evidence: Evidence, *purposes: Purpose) -> list[Attempt]:
    """Return the lists that were answered. Raises ``NothingToJudge`` if there are none."""
    asked = answered(evidence.of(*purposes), "the service has no list that can be asked for this")
    found = [attempt for attempt in asked if attempt.is_accepted]
    if not found:
        raise NothingToJudge("the server shows no lists")
    return found


def _pages(evidence: Evidence, *purposes: Purpose) -> list[tuple[Attempt, Page]]:
    """Return the lists that were answered, with what was asked for. Raises ``NothingToJudge`` if there are none."""
    lists = _lists(evidence, *purposes)
    return [(attempt, attempt.about) for attempt in lists if isinstance(attempt.about, Page)]


def _is_whole(evidence: Evidence, attempt: Attempt, page: Page) -> bool:
    return page.size is None or len(_ids(evidence, attempt)) < page.size


@LISTS.check(why="A client that asks for as much as it may gets nothing.", source="kling 2.3; useapi 2.5")
def lists_are_accepted(evidence: Evidence) -> Iterator[Finding]:
    """A list is shown for every page number and size in the range, and for every time."""
    purposes = (Purpose.LIST_ALL, Purpose.LIST_PAGE, Purpose.LIST_BY_TIME, Purpose.LIST_AROUND_REFUSALS)
    for attempt in answered(evidence.of(*purposes), "the service has no list"):
        status, operation = attempt.exchange.status or 0, attempt.operation
        is_absent = status == 404 and operation is not None and evidence.expectations.may_be_absent(operation)
        if 300 <= status < 500 and not is_absent and not is_busy(attempt, evidence.expectations):
            asked = attempt.exchange.request.query
            yield finding(attempt, f"{asked}: {answer_text(attempt)}", documented="a list")


@LISTS.check(why="A task that is not listed is lost to a client that did not keep its id.",
             source="kling 2.3; useapi 2.5")  # fmt: skip
def list_is_complete(evidence: Evidence) -> Iterator[Finding]:
    """A list that is shorter than its page has every task of the operation."""
    pages = _pages(evidence, Purpose.LIST_ALL)
    judged = [attempt for attempt, page in pages if _is_whole(evidence, attempt, page)]
    if not judged:
        raise NothingToJudge("the account has more tasks than a page can show")
    for attempt in judged:
        listed = set(_ids(evidence, attempt))
        for id in _created_before(evidence, attempt):
            if id not in listed:
                yield finding(attempt, f"no {id}, which was created before")


def _created_before(evidence: Evidence, listed: Attempt) -> Iterator[str]:
    """Yield the ids of the tasks that a list should have: those created before it was asked for."""
    creates = (
        Purpose.CREATE_WATCHED,
        Purpose.BURST,
        Purpose.KEEP_RULES,
        Purpose.BORROW,
        Purpose.REUSE_NAME,
        Purpose.RACE_FOR_NAME,
        Purpose.BEFORE_REFUSALS,
        Purpose.AFTER_REFUSALS,
    )
    for attempt in evidence.of(*creates):
        create = attempt.operation
        if attempt.exchange.number > listed.exchange.number or not attempt.is_accepted or create is None:
            continue
        view = TaskView.of(attempt.exchange.received, evidence.expectations.layout)
        if view is not None and view.id and evidence.expectations.list_operation(create) is listed.operation:
            yield view.id


@LISTS.check(why="A client takes a film for a picture.", source="kling 2.3")
def list_has_no_strangers(evidence: Evidence) -> Iterator[Finding]:
    """A list of the tasks of an operation has no others."""
    for attempt in _lists(evidence, Purpose.LIST_ALL, Purpose.LIST_PAGE):
        creates = [(history.id, history.task.operation) for history in evidence.histories]
        own = {id for id, create in creates if evidence.expectations.list_operation(create) is attempt.operation}
        known = {id: create.id for id, create in creates}
        for id in _ids(evidence, attempt):
            if id in known and id not in own:
                yield finding(attempt, f"{id}, which {known[id]} created")


@LISTS.check(why="A client that turns the pages does its work twice.", source="kling 2.3")
def pages_are_disjoint(evidence: Evidence) -> Iterator[Finding]:
    """No task is on two pages, or twice on one."""
    for pages in _page_by_page(evidence):
        found_on: dict[str, int] = {}
        for attempt, page in pages:
            for id in _ids(evidence, attempt):
                if id in found_on:
                    yield finding(attempt, f"{id}, which is also on page {found_on[id]}")
                found_on[id] = page.number


@LISTS.check(why="A client that turns the pages misses tasks.", source="kling 2.3")
def pages_are_complete(evidence: Evidence) -> Iterator[Finding]:
    """All pages together have what the whole list has."""
    was_judged = False
    for pages in _page_by_page(evidence):
        last = pages[-1][0]
        wholes = [each for each in _pages(evidence, Purpose.LIST_ALL) if each[0].operation is last.operation]
        if not all(_is_whole(evidence, *each) for each in wholes):
            continue
        was_judged = True
        paged = {id for attempt, _ in pages for id in _ids(evidence, attempt)}
        # The list is asked for before and after the pages: what is in both must be on some page.
        lasting_ids = set.intersection(*(set(_ids(evidence, attempt)) for attempt, _ in wholes))
        if missing := lasting_ids - paged:
            yield finding(last, f"no {min(missing)} on {len(pages)} pages")
    if not was_judged:
        raise NothingToJudge("the list has no pages, or more tasks than a page can show")


def _page_by_page(evidence: Evidence) -> list[list[tuple[Attempt, Page]]]:
    """Return the numbered pages of each list, of one size."""
    runs: dict[tuple[str, int | None], list[tuple[Attempt, Page]]] = {}
    for attempt, page in _pages(evidence, Purpose.LIST_PAGE):
        if attempt.operation is not None and page.is_numbered:
            runs.setdefault((attempt.operation.id, page.size), []).append((attempt, page))
    if not runs:
        raise NothingToJudge("the list has no pages")
    return list(runs.values())


@LISTS.check(why="Clients make room for as many as they ask for.", source="kling 2.3; useapi 2.5")
def pages_keep_their_size(evidence: Evidence) -> Iterator[Finding]:
    """A page has at most as many tasks as were asked for, or as are usual: thirty at Kling."""
    for attempt, page in _pages(evidence, Purpose.LIST_PAGE, Purpose.LIST_ALL):
        count = len(_views(evidence, attempt))
        if page.size is not None and count > page.size:
            yield finding(attempt, f"{count} tasks on a page of {page.size}", documented=f"at most {page.size}")


@LISTS.check(why="A client that asks once, and sees fewer than a page, believes that there are no more.",
             source="kling 2.3; useapi 2.5")  # fmt: skip
def pages_are_full(evidence: Evidence) -> Iterator[Finding]:
    """A page has as many tasks as were asked for, or as are usual, if there are so many."""
    wholes = [each for each in _pages(evidence, Purpose.LIST_ALL) if _is_whole(evidence, *each)]
    for attempt, page in _pages(evidence, Purpose.LIST_PAGE):
        before = [whole for whole, _ in wholes if whole.operation is attempt.operation]
        if not before or page.size is None or before[0].exchange.number > attempt.exchange.number:
            continue
        left = len(_ids(evidence, before[0])) - (page.number - 1) * page.size
        count = len(_views(evidence, attempt))
        if count < min(page.size, left):
            asked = attempt.exchange.request.query or "the usual page"
            yield finding(attempt, f"{asked}: {count} tasks", documented=f"{min(page.size, left)} tasks")
    if not wholes:
        raise NothingToJudge("the account has more tasks than a page can show")


@LISTS.check(why="Clients look for the latest task at one end.", source="kling 2.3, 9.2")
def list_is_ordered(evidence: Evidence) -> Iterator[Finding]:
    """A list is ordered by the time of creation: newest or oldest first, and the same each time."""
    for attempt in _lists(evidence, Purpose.LIST_ALL):
        times = [view.created_at for view in _views(evidence, attempt) if view.created_at is not None]
        orders = {"newest-first": sorted(times, reverse=True), "oldest-first": sorted(times)}
        possible = evidence.expectations.possible("list-order") or {"newest-first"}
        if times not in [orders[order] for order in possible]:
            yield finding(attempt, f"created at {short(times)}", documented=" or ".join(sorted(possible)))


@LISTS.check(why="Clients use the same code for both.", source="kling 2.3; useapi 2.5")
def list_shows_what_a_query_shows(evidence: Evidence) -> Iterator[Finding]:
    """A task that has ended looks the same in a list and in a query."""
    shown = {
        history.id: history.looks[-1].view.document for history in evidence.histories if history.looks[-1].view.is_final
    }
    if not shown:
        raise NothingToJudge("no task was seen at its end")
    for attempt in _lists(evidence, Purpose.LIST_ALL):
        for view in _views(evidence, attempt):
            queried = shown.get(view.id)
            if queried is not None and isinstance(view.document, dict):
                for name, value in view.document.items():
                    if lasting(queried.get(name)) != lasting(value):
                        wanted = f"{name}: {short(queried.get(name))}"
                        yield finding(attempt, f"{name}: {short(value)} of {view.id}", documented=wanted)


@LISTS.check(why="A client that takes the first task takes the wrong one.", source="kling 2.4")
def external_id_filters(evidence: Evidence) -> Iterator[Finding]:
    """A list that is asked for one name has that task alone, if the service knows such a filter."""
    if evidence.expectations.possible("external-id-query") != {"filter"}:
        raise NothingToJudge(
            "the documents leave open whether a list can be asked for a name; choose with"
            " --reading external-id-query=filter"
        )
    _lists(evidence, Purpose.LIST_BY_NAME)
    for attempt, named in evidence.about(Named, Purpose.LIST_BY_NAME):
        if attempt.is_accepted and _ids(evidence, attempt) != [named.id]:
            found = _ids(evidence, attempt)
            yield finding(attempt, f"{len(found)} tasks: {short(found)}", documented=f"{named.id} alone")


@LISTS.check(why="A client that asks for what is new gets what is old.", source="useapi 2.5")
def list_keeps_its_bounds(evidence: Evidence) -> Iterator[Finding]:
    """A list of the tasks created before or after a time has no others."""
    _lists(evidence, Purpose.LIST_BY_TIME)
    for attempt, bound in evidence.about(TimeBound, Purpose.LIST_BY_TIME):
        for view in _views(evidence, attempt) if attempt.is_accepted else ():
            created = view.created_at
            if created is None:
                continue
            if created <= bound.moment if bound.is_after else created >= bound.moment:
                side = "after" if bound.is_after else "before"
                yield finding(attempt, f"a task created at {created}, and not {side} {bound.moment}")


@LISTS.check(why="The author of a client that asks for page 0 must see the mistake.", source="kling 2.3, 9.2")
def pages_out_of_range(evidence: Evidence) -> Iterator[Finding]:
    """A page number or size outside its range is refused, or replaced by the nearest that is allowed."""
    expectations = evidence.expectations
    row, possible = expectations.service.errors["invalid"], expectations.possible("page-range")
    for attempt in answered(evidence.of(Purpose.LIST_OUT_OF_RANGE), "the list has no pages"):
        is_clamped = "clamped" in possible and attempt.is_accepted
        is_refused = "refused" in possible and is_row(attempt, row)
        is_absent = (
            attempt.exchange.status == 404
            and attempt.operation is not None
            and expectations.may_be_absent(attempt.operation)
        )
        if not (is_clamped or is_refused or is_absent):
            documented = " or ".join(sorted(possible))
            asked = attempt.exchange.request.query
            yield finding(attempt, f"{asked}: {answer_text(attempt)}", documented=documented, source=row.source)
