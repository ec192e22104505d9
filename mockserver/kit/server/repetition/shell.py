"""The shell: a line that sends again what a finding is about, or a script where that takes several requests."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from mockserver.contract.credentials import authorization
from mockserver.kit.checks import Check
from mockserver.kit.repetition import Step, Taken, script, url_of
from mockserver.kit.server.credentials import Credentials
from mockserver.kit.server.evidence import Attempt, Evidence, Purpose
from mockserver.kit.server.repetition.story import AT_ONCE, Stories, names
from mockserver.kit.server.scenarios.authentication import UNKNOWN, headers_of_cases
from mockserver.kit.server.settings import Settings, Target
from mockserver.kit.task_view import TaskView
from mockserver.kit.transcript import Transcript
from mockserver.kit.verdict import Finding
from mockserver.secrecy.curl import curl
from mockserver.secrecy.mask import JWT
from mockserver.types import Millis

_TOKEN = "$MOCKSERVER_TOKEN"  # noqa: S105 - the name of a variable

_LONGEST_LINE = 4000
"""Characters of a line that can still be pasted; what is longer becomes a script."""

_LONGEST_PAUSE: Millis = 5000
"""The kit did other things meanwhile; no query for a task waits longer."""

_OF_THE_KIT = ("callbacks", "refusals", "accounts", "uploads", "scheduler")
"""The families of checks that only the kit can make: it has a receiver and the keys of two accounts, sends files, stops
jobs, and looks at hundreds of refused creates."""

_AMONG_MANY = ("pages-are-full", "request-is-repeated")
"""Checks that only the kit can make, too: their faults may show among many tasks alone."""

_OPEN_NOTHING = frozenset(
    str(header)
    for case, header in headers_of_cases(Credentials("a key"), 0, ())
    if case in ("another scheme", "no key", UNKNOWN)
)
"""Credentials that the kit makes up, and a line may have as they are."""

_SPECIAL = re.compile(r'(["$`\\!])')


class Shell:
    """Writes how the findings of one run are shown again."""

    def __init__(self, settings: Settings, target: Target, evidence: Evidence) -> None:
        self._settings, self._target, self._evidence = settings, target, evidence
        self._attempts = {attempt.exchange.number: attempt for attempt in evidence.attempts}
        self._stories = Stories(evidence)

    def repeated(self, finding: Finding, check: Check[Evidence, Finding]) -> Finding:
        """Return a finding with its exchanges, and with a line or a script that shows it again."""
        numbers = [exchange.number for exchange in finding.transcript]
        last = self._attempts.get(numbers[-1]) if numbers else None
        if last is None:
            return finding
        story = self._stories.of(last, f"{finding.received} {finding.documented}")
        found = replace(finding, transcript=Transcript(tuple(attempt.exchange for attempt in story)))
        credentials = self._credentials(last)
        is_unsayable = credentials is None or any(self._credentials(each) is None for each in story)
        is_of_the_kit = check.family in _OF_THE_KIT or check.id in _AMONG_MANY
        if is_unsayable or is_of_the_kit or self._stories.has_part_of_name(last):
            return replace(found, repeat=self._settings.repetition(check.id, self._create_operation(last)))
        fresh = {name: f"$(date +%s)-{number}" for number, name in enumerate(names(last), 1)}  # a name is taken once
        line = curl(last.exchange.request, variables={**fresh, **(credentials or {})})
        if len(story) == 1 and len(line) <= _LONGEST_LINE:
            return replace(found, repeat=line)
        first = story[0].exchange.request
        text = script(
            self._steps(story),
            first.base_url,
            (check.documented, f"{finding.key}: {finding.received}"),
            needs(self._target.credentials),
        )
        return replace(found, repeat=self._settings.repetition(check.id, self._create_operation(last)), script=text)

    def _steps(self, story: Sequence[Attempt]) -> list[Step]:
        """Return the requests of a story, with the ids, names and times that they will have next time."""
        known: dict[str, str] = {}
        for attempt in story:
            for name in names(attempt):
                known.setdefault(name, f"$run-{len(known) + 1}")
        pauses = [0, *(_pause(*pair) for pair in pairwise(story))]
        steps: list[Step] = []
        for place, attempt in enumerate(story):
            variables = {**known, **(self._credentials(attempt) or {})}
            takes = tuple(self._takes(attempt, story[place + 1 :], known))
            known |= {value: f"${{{taken.variable}}}" for value, taken in takes}
            steps.append(
                Step(
                    title=_title(attempt),
                    request=attempt.exchange.request,
                    pause=pauses[place],
                    variables=variables,
                    takes=tuple(taken for _, taken in takes),
                    is_parallel=attempt.purpose in AT_ONCE,
                    is_file=attempt.purpose is Purpose.DOWNLOAD,
                )
            )
        return steps

    def _takes(self, attempt: Attempt, later: Sequence[Attempt], known: Mapping[str, str]) -> list[tuple[str, Taken]]:
        """Return what later requests need of an answer: its task's id and time, and the URLs of results."""
        response, found = attempt.exchange.response, list[tuple[str, Taken]]()
        for value in self._values(attempt) if response is not None else ():
            is_needed = any(value in url_of(each.exchange.request) for each in later)
            if is_needed and value not in known and response is not None:
                taken = Taken.of(f"taken_{len(known) + len(found) + 1}", value, response.body)
                found += [(value, taken)] if taken is not None else []
        return found

    def _values(self, attempt: Attempt) -> list[str]:
        view = TaskView.of(attempt.exchange.received, self._evidence.expectations.layout)
        if view is None:
            return []
        watermark = self._evidence.expectations.layout.watermark
        marked = [str(item.get(watermark, "")) for item, _ in view.result_urls] if watermark else []
        values = [view.id or "", str(view.created_at or ""), *view.urls, *marked]
        return [value for value in dict.fromkeys(values) if value]

    def _credentials(self, attempt: Attempt) -> dict[str, str] | None:
        """Return what stands for the credentials of a request: a variable, a command, or what opens nothing.

        ``None`` for those that only the kit has: nearly the user's key, a forged token, another account's key.
        """
        own, kinds = self._target.credentials, self._evidence.expectations.service.credentials
        said = authorization(attempt.exchange.request.headers, kinds)
        if own.token is not None and own.token in (said, said.partition(" ")[2]):
            return {own.token: _TOKEN if own.is_given else own.token}
        if (token := JWT.search(said)) is not None:
            if token[0] not in (said, said.partition(" ")[2]):
                return None
            if own.has_signed(token[0], attempt.exchange.at):
                return {token[0]: _TOKEN}
            is_case = attempt.purpose is Purpose.AUTHENTICATE
            return {token[0]: f"$(mockserver token --case {shlex.quote(attempt.case)})"} if is_case else None
        if said and said not in _OPEN_NOTHING:
            return None
        return {said: _SPECIAL.sub(r"\\\1", said)} if said else {}

    def _create_operation(self, attempt: Attempt) -> str | None:
        """Return the operation to name in ``--operation``: the one that creates the tasks of an attempt."""
        expectations, operation = self._evidence.expectations, attempt.operation
        for create in self._target.create_operations:
            if operation in (create, expectations.get_operation(create), expectations.list_operation(create)):
                return create.id
        return None


def needs(credentials: Credentials) -> dict[str, str]:
    """Return the variables that a script cannot do without, each with what its line of a shell says of it."""
    if not credentials.is_given:
        return {}
    if credentials.signs:
        return {"MOCKSERVER_TOKEN": "=$(mockserver token)"}
    return {"MOCKSERVER_TOKEN": "?set it to the key that you gave with --token"}


def notes(target: Target) -> Iterator[str]:
    """Yield what must be done before a line is repeated."""
    if target.credentials.is_given and target.credentials.signs:
        yield "Set MOCKSERVER_AK and MOCKSERVER_SK to the access key and the secret that you gave with --ak and --sk."
        yield 'export MOCKSERVER_TOKEN="$(mockserver token)" makes a token of them that is good for 30 minutes.'
    elif target.credentials.is_given:
        yield "Set MOCKSERVER_TOKEN to the key that you gave with --token, and export it."
    if target.other is not None:
        yield "Set MOCKSERVER_OTHER_TOKEN to what you gave with --other-token."
    if target.secret is not None:
        yield "Set MOCKSERVER_WEBHOOK_SECRET to what you gave with --webhook-secret."


def _title(attempt: Attempt) -> str:
    return f"{attempt.subject} ({attempt.case})" if attempt.case else attempt.subject


def _pause(one: Attempt, other: Attempt) -> Millis:
    """Return how long after one attempt the other is sent."""
    span = other.exchange.at - one.exchange.at - one.exchange.took
    return max(0, min(span, _LONGEST_PAUSE))
