"""Accounts: two of them never see, find or disturb each other's tasks and files."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Attempt, Beside, Evidence, Purpose
from mockserver.kit.server.findings import answer_text, finding, is_row, nothing_text, row_text, short, shows_nothing
from mockserver.kit.server.scenarios.accounts import BY_ID, BY_NAME, TOUCHING
from mockserver.kit.task_view import TaskView, at, each, task_views
from mockserver.kit.verdict import Finding

ACCOUNTS = Family[Evidence, Finding]("accounts", "accounts")

_SHUT_OUT = (401, 402, 403, 429)
"""The statuses for who is not let in, or has no room: then nothing can be told of what a server would show."""

_NO_TASKS = "the service shows no tasks, or both accounts got the same id"

_WHY = "Anybody with a key sees and spoils what others pay for."


def _beside(evidence: Evidence, purpose: Purpose, *does: str, reason: str) -> list[tuple[Attempt, Beside]]:
    """Return what one account asked beside the other, with the ids of both.

    Raises ``NothingToJudge`` where there is no such thing; ``reason`` says why if both accounts could work.
    """
    created = [attempt for attempt in evidence.of(Purpose.BESIDE) if _does(attempt) == "create"]
    if not created:
        raise NothingToJudge("there is one account only: give --other-token, the token or AK:SK of another")
    for attempt in created:
        if attempt.exchange.status in _SHUT_OUT:
            raise NothingToJudge(f"{attempt.case}, no task could be created: {answer_text(attempt)}")
    found = [
        (attempt, beside) for attempt, beside in evidence.about(Beside, purpose)
        if _does(attempt) in does and attempt.exchange.response is not None
    ]  # fmt: skip
    if not found:
        raise NothingToJudge(reason)
    return found


def _does(attempt: Attempt) -> str:
    return attempt.operation.does if attempt.operation is not None else ""


def _is_missing(evidence: Evidence, attempt: Attempt) -> bool:
    """Whether an answer says that a task does not exist, as the service says it."""
    return shows_nothing(attempt, evidence.expectations) or _is_missing_path(evidence, attempt)


def _is_missing_path(evidence: Evidence, attempt: Attempt) -> bool:
    """Whether an answer may say that the whole path does not exist, which a reading allows."""
    may_be_absent = attempt.operation is not None and evidence.expectations.may_be_absent(attempt.operation)
    return may_be_absent and attempt.exchange.status == 404


def _seen(evidence: Evidence, way: str) -> Iterator[Finding]:
    """Yield queries for the other account's task that are not refused as those for a task that does not exist."""
    sees = _beside(evidence, Purpose.REACH_OVER, "get", reason=_NO_TASKS)
    asked = [(attempt, beside) for attempt, beside in sees if attempt.case.endswith(way)]
    if not asked:
        raise NothingToJudge(_NO_TASKS if way == BY_ID else "the service does not find tasks by a client's own name")
    documented, source = nothing_text(evidence.expectations)
    for attempt, beside in asked:
        if not _is_missing(evidence, attempt):
            view = TaskView.of(attempt.exchange.received, evidence.expectations.layout)
            is_shown = attempt.is_accepted and view is not None and view.id == beside.others
            said = f"shows the task {beside.others} of the other account: " if is_shown else ""
            yield finding(
                attempt,
                said + answer_text(attempt),
                subject=f"{attempt.subject} {attempt.case}",
                documented=documented,
                source=source,
            )


@ACCOUNTS.check(why=_WHY, source="kling 2.1, 4.3; useapi S-01")
def others_task_is_missing(evidence: Evidence) -> Iterator[Finding]:
    """A query for the id of another account's task is refused as one for a task that does not exist."""
    yield from _seen(evidence, BY_ID)


@ACCOUNTS.check(why=_WHY, source="kling 2.4; seed 002 S2-13")
def others_name_is_missing(evidence: Evidence) -> Iterator[Finding]:
    """A query for the name of another account's task is refused as one for a task that does not exist."""
    yield from _seen(evidence, BY_NAME)


@ACCOUNTS.check(
    why="A client cannot use its names because somebody else does, or it gets somebody else's task.",
    source="kling 2.4; seed 002 S2-13",
)
def name_is_free_beside_others(evidence: Evidence) -> Iterator[Finding]:
    """Two accounts may use the same name for a task, and each finds its own task by it and by its id."""
    asked = _beside(evidence, Purpose.BESIDE, "create", "get", reason="no account could create a task")
    second = [(attempt, beside) for attempt, beside in asked if beside.others is not None]
    if not second:
        raise NothingToJudge("the other account could not create a task")
    for attempt, beside in second:
        view = TaskView.of(attempt.exchange.received, evidence.expectations.layout) if attempt.is_accepted else None
        subject = f"{attempt.subject} {attempt.case}"
        if _does(attempt) == "create":
            if not attempt.is_accepted:
                said = f"a name that the other account uses is refused: {answer_text(attempt)}"
                yield finding(attempt, said, subject=subject, documented="a task")
        elif not (_is_missing_path(evidence, attempt) or (view is not None and view.id == beside.own)):
            is_others = view is not None and view.id == beside.others
            said = f"the task {beside.others} of the other account" if is_others else answer_text(attempt)
            yield finding(attempt, said, subject=subject, documented=f"the task {beside.own}")


@ACCOUNTS.check(why=_WHY, source="kling 2.3; useapi S-01")
def others_task_is_unlisted(evidence: Evidence) -> Iterator[Finding]:
    """No list has a task of another account, also not one of what runs."""
    lists = _beside(evidence, Purpose.BESIDE, "list", "running", "available", reason="the service has no lists")
    shown = [(attempt, beside) for attempt, beside in lists if attempt.is_accepted]
    if not shown:
        raise NothingToJudge("the server shows no lists")
    for attempt, beside in shown:
        if beside.others in _listed(evidence, attempt):
            said = f"lists the task {beside.others} of the other account"
            yield finding(attempt, said, subject=f"{attempt.subject} {attempt.case}")


def _listed(evidence: Evidence, attempt: Attempt) -> set[str]:
    """Return the ids of the tasks in a list, or in what runs."""
    layout, answer = evidence.expectations.layout, attempt.exchange.received
    jobs = layout.jobs
    if jobs is None or _does(attempt) == "list":
        return {view.id for view in task_views(answer, layout) if view.id is not None}
    items = at(answer, jobs.running if _does(attempt) == "running" else jobs.executing)
    return {str(item.get(jobs.id)) for item in items if isinstance(item, dict)} if isinstance(items, list) else set()


@ACCOUNTS.check(why=_WHY, source="useapi 2.6, 2.7, S-01")
def others_task_is_untouched(evidence: Evidence) -> Iterator[Finding]:
    """A request that stops or deletes the task of another account is refused."""
    reason = "the service has no requests that stop or delete a task"
    for attempt, beside in _beside(evidence, Purpose.REACH_OVER, *TOUCHING, reason=reason):
        if attempt.is_accepted:
            said = f"done to the task {beside.others} of the other account: {answer_text(attempt)}"
            yield finding(attempt, said, subject=f"{attempt.subject} {attempt.case}", documented="4xx")


@ACCOUNTS.check(why=_WHY, source="useapi 3.1, 3.2, K-15")
def others_file_is_unlisted(evidence: Evidence) -> Iterator[Finding]:
    """A list of files has none that another account uploaded."""
    lists = _beside(evidence, Purpose.BESIDE, "uploaded", reason="the service has no list of files, or took none")
    fields = evidence.expectations.layout.uploads
    for attempt, beside in lists if fields is not None else ():
        urls = set(each(attempt.exchange.received, fields.listed)) if fields is not None else set()
        if beside.others is not None and beside.others in urls:
            said = f"lists {beside.others}, which the other account uploaded"
            yield finding(attempt, said, subject=f"{attempt.subject} {attempt.case}")


@ACCOUNTS.check(why="A file of one's own is not private.", source="useapi 3.1, K-15", severity="warning")
def others_file_is_missing(evidence: Evidence) -> Iterator[Finding]:
    """A file that another account uploaded cannot be used: it is refused as one that is not found."""
    uses = _beside(evidence, Purpose.REACH_OVER, "create", reason="the service takes no files, or took none")
    row = evidence.expectations.service.errors["missing-asset"]
    for attempt, beside in uses:
        if not is_row(attempt, row):
            said = f"{short(beside.others)} of the other account is taken: " if attempt.is_accepted else ""
            yield finding(attempt, said + answer_text(attempt), documented=row_text(row), source=row.source)
