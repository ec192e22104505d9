"""Evidence: what was sent to a server and why, what came back, and what it called back. Checks look at nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Literal, TypeVar

from mockserver.contract.differences import Difference
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation
from mockserver.kit.checks import Skipped
from mockserver.kit.server.callbacks import Callback
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.server.media import MediaFile
from mockserver.kit.server.watched_tasks import WatchedTask
from mockserver.kit.task_view import TaskView
from mockserver.kit.transcript import Exchange
from mockserver.types import JSON, Millis


class Purpose(Enum):
    """Why an attempt was made. Checks choose the attempts that they look at by it."""

    READ = "read what there is, such as the accounts"
    REACH = "see whether the server answers and takes the credentials"
    AUTHENTICATE = "show credentials, good ones and bad ones"
    CREATE_WATCHED = "create a task that is watched to its end"
    POLL = "ask for a watched task until it ends"
    LOOK_AGAIN = "ask once more for a watched task that has ended"
    FIND_BY_NAME = "ask for a watched task by the client's own name for it"
    DOWNLOAD = "download a result of a watched task"
    BURST = "create several tasks at once"
    RACE_FOR_NAME = "create two tasks of one name at once"
    STEP = "make a step of a random walk"
    MALFORMED = "send what no well-behaved client sends"
    BREAK_RULE = "send a payload that breaks a rule"
    BEFORE_REFUSALS = "create a task before what must be refused"
    AFTER_REFUSALS = "create a task with the name of a refused one"
    FIND_REFUSED = "ask for the name of a refused create"
    LIST_AROUND_REFUSALS = "list the tasks before and after the refused creates"
    KEEP_RULES = "send a payload that keeps every rule, and needs nothing from outside"
    BORROW = "send a payload that keeps every rule, and names something outside"
    ASK_FOR_MISSING = "ask for a task that is not there"
    REUSE_NAME = "create a task with a name that is taken"
    LIST_ALL = "list as many tasks as a page can hold"
    LIST_PAGE = "list one page"
    LIST_OUT_OF_RANGE = "ask for a page outside the range"
    LIST_BY_TIME = "list the tasks created before or after a time"
    LIST_BY_NAME = "list the tasks with one name"
    BUSY = "anything, but the server answered that it was busy, and the attempt was repeated"
    FORGE = "show a token that its account did not sign"
    FORGE_SOUND = "show a token that its account did sign, but not as documented"
    BESIDE = "work as one of two accounts"
    REACH_OVER = "reach for what another account has"
    SCHEDULER = "watch what is told of running jobs"
    UPLOAD = "upload files, good ones and bad ones"


@dataclass(frozen=True, slots=True)
class Watched:
    """The attempt belongs to the watched task of this name; its payload only just keeps the ``rule``, if one."""

    task: str
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class ResultFile:
    """The attempt downloads a file of a watched task: what the record says of it, and what was in it.

    Its bytes are not kept: those of a few films fill the memory.
    """

    task: str
    described: Mapping[str, JSON]
    media: MediaFile | None = None


@dataclass(frozen=True, slots=True)
class OddBody:
    """The attempt sends odd bytes; if they are not readable, a server must refuse them."""

    is_readable: bool


@dataclass(frozen=True, slots=True)
class Page:
    """The attempt asks for at most so many tasks, of the page with this number, from 1.

    ``is_numbered``: the number was sent; ``size`` is ``None`` where a list comes only as a whole.
    """

    size: int | None
    number: int = 1
    is_numbered: bool = False


@dataclass(frozen=True, slots=True)
class TimeBound:
    """The attempt asks for tasks created after a moment, or before it."""

    moment: Millis
    is_after: bool


@dataclass(frozen=True, slots=True)
class Named:
    """The attempt asks for the tasks with one name, which only the task with this id has."""

    id: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """The attempt is a step of a random walk.

    * ``id``: the task that a ``look`` asks for
    * ``size``: how many tasks a ``list`` asks for; ``None`` for all
    """

    kind: Literal["create", "name again", "look", "look for nothing", "list"]
    id: str = ""
    size: int | None = None

    def __str__(self) -> str:
        return self.kind


@dataclass(frozen=True, slots=True)
class Beside:
    """One of two accounts makes the attempt: the id of its own task, or the URL of its file, and of the other's."""

    own: str | None
    others: str | None


About = Rule | Watched | ResultFile | OddBody | Page | TimeBound | Named | Step | Beside
"""What an attempt is about; a rule is the one that its payload breaks, or just keeps."""

A = TypeVar("A", bound=About)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One exchange, and what it was for.

    * ``case``: which of its kind, in words: ``expired token``
    * ``operation``: what was asked for; ``None`` for what is no operation at all
    * ``payload``: what was sent, if it was JSON
    """

    exchange: Exchange
    purpose: Purpose
    case: str = ""
    operation: Operation | None = None
    payload: JSON = None
    about: About | None = None

    @property
    def rule(self) -> Rule | None:
        """The rule that its payload breaks, or just keeps."""
        about = self.about.rule if isinstance(self.about, Watched) else self.about
        return about if isinstance(about, Rule) else None

    @property
    def subject(self) -> str:
        """What a finding is about."""
        return self.operation.id if self.operation else f"{self.exchange.request.method} {self.exchange.request.path}"

    @property
    def is_accepted(self) -> bool:
        """Whether the server did what was asked."""
        return self.exchange.status is not None and self.exchange.status < 300

    @property
    def media_type(self) -> str:
        """The type of the answer's body."""
        return self.exchange.response.headers.get("content-type", "") if self.exchange.response else ""


@dataclass(frozen=True, slots=True)
class Look:
    """A task as one answer showed it."""

    attempt: Attempt
    view: TaskView

    @property
    def at(self) -> Millis:
        """When it was asked for."""
        return self.attempt.exchange.at


@dataclass(frozen=True, slots=True)
class TaskHistory:
    """All that was seen of one watched task.

    * ``looks``: in order, the answer to the create first
    * ``downloads``: the files of its results, and what the record says of each
    * ``is_abandoned``: there was no time to wait for its end
    """

    task: WatchedTask
    looks: tuple[Look, ...]
    downloads: tuple[tuple[Attempt, ResultFile], ...]
    callbacks: tuple[Callback, ...]
    is_abandoned: bool

    @property
    def end(self) -> Look | None:
        """The first look that showed the task at its end."""
        return next((look for look in self.looks[1:] if look.view.is_final), None)

    @property
    def id(self) -> str | None:
        """The task's id, as the answer to the create has it."""
        return self.looks[0].view.id if self.looks else None


@dataclass(frozen=True)
class Evidence:
    """Everything that checks may look at.

    * ``attempts``: in the order in which they were sent
    * ``watched``: the tasks that were to be watched; ``abandoned``: the names of those whose end did not come in time
    * ``untried``: what was not sent, by the check that misses it
    * ``unreachable``: why the server cannot reach the receiver of callbacks; ``None`` if it can
    * ``secret``: the one that the server signs callbacks with, if it is known
    """

    expectations: Expectations
    attempts: tuple[Attempt, ...]
    watched: tuple[WatchedTask, ...] = ()
    callbacks: tuple[Callback, ...] = ()
    abandoned: frozenset[str] = frozenset()
    untried: tuple[Skipped, ...] = ()
    unreachable: str | None = None
    secret: str | None = None

    def of(self, *purposes: Purpose) -> Iterator[Attempt]:
        """Yield the attempts made for one of these purposes."""
        return (attempt for attempt in self.attempts if attempt.purpose in purposes)

    def about(self, kind: type[A], *purposes: Purpose) -> Iterator[tuple[Attempt, A]]:
        """Yield the attempts about a kind of thing, for one of these purposes or any, each with what it is about."""
        attempts = self.of(*purposes) if purposes else self.attempts
        return ((each, each.about) for each in attempts if isinstance(each.about, kind))

    @cached_property
    def histories(self) -> tuple[TaskHistory, ...]:
        """What was seen of each watched task that was created."""
        found = (self._history(task) for task in self.watched)
        return tuple(history for history in found if history.looks)

    @cached_property
    def differences(self) -> tuple[tuple[Attempt, Difference], ...]:
        """Where answers are not what the contract says, by the attempt that got them."""
        return tuple((attempt, difference) for attempt in self.attempts for difference in self._differences(attempt))

    def _history(self, task: WatchedTask) -> TaskHistory:
        created = (Purpose.CREATE_WATCHED, Purpose.KEEP_RULES)
        asked = (*created, Purpose.POLL, Purpose.LOOK_AGAIN)
        looks = [
            Look(attempt, view)
            for attempt, watched in self.about(Watched, *asked)
            if watched.task == task.name and attempt.is_accepted
            if (view := TaskView.of(attempt.exchange.received, self.expectations.layout)) is not None
        ]
        is_created = bool(looks) and looks[0].attempt.purpose in created
        files = self.about(ResultFile, Purpose.DOWNLOAD)
        return TaskHistory(
            task=task,
            looks=tuple(looks) if is_created else (),
            downloads=tuple((attempt, file) for attempt, file in files if file.task == task.name),
            callbacks=tuple(callback for callback in self.callbacks if callback.task == task.name),
            is_abandoned=task.name in self.abandoned,
        )

    def _differences(self, attempt: Attempt) -> tuple[Difference, ...]:
        response = attempt.exchange.response
        operation = attempt.operation or next(iter(self.expectations.service.operations.values()))
        is_file = attempt.purpose is Purpose.DOWNLOAD
        if response is None or is_file or (attempt.operation is None and response.status < 400):
            return ()
        if response.status >= 500 or (response.status == 404 and self.expectations.may_be_absent(operation)):
            return ()
        return self.expectations.answers.differences(operation, response.status, attempt.media_type, response.body)
