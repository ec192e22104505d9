"""The report as SARIF 2.1.0, for code scanning: a rule for each promise, a result for each finding.

``ruleId`` is the rule of the contract if the finding is about one, and otherwise the check. There is no source file to
point at, so a result points at its own line of ``verdict.json``, which is written beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version

from mockserver.kit.reports.summary import Case, cases, sentence
from mockserver.kit.reports.text import excerpt, json_text, visible
from mockserver.kit.verdict import ExitStatus, Verdict
from mockserver.types import JSON

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LONGEST_TEXT = 20_000
"""Characters of one text; GitHub refuses a file of more than 10 MB."""

Places = Mapping[str, Sequence[int]]
"""The line of ``verdict.json`` at which each item of a list begins, by the list's name."""


def sarif(verdict: Verdict, places: Places) -> dict[str, JSON]:
    """Return the document."""
    found = [*cases(verdict, verdict.findings), *cases(verdict, verdict.accepted)]
    rules = _rules(verdict, found)
    order = {rule["id"]: index for index, rule in enumerate(rules)}
    lines = [*places["findings"], *places["accepted"]]
    results = [_result(case, order[_rule_id(case)], line) for case, line in zip(found, lines, strict=True)]
    for result in results[len(verdict.findings) :]:
        result["suppressions"] = [{"kind": "external", "justification": "accepted by the baseline"}]
    driver = {"name": "kling-mockserver", "version": version("kling-mockserver"), "rules": rules}
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(verdict)],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule_id(case: Case) -> str:
    return visible(case.finding.rule or case.check.id)


def _rules(verdict: Verdict, found: Iterable[Case]) -> list[dict[str, JSON]]:
    """Return a rule for each check that was made, and for each rule of the contract that a finding is about."""
    rules = {check.id: _rule(check.id, check.documented, check.why, check.source) for check in verdict.made}
    for case in found:
        rules.setdefault(_rule_id(case), _rule(_rule_id(case), case.documented, case.check.why, case.source))
    return [rules[id] for id in sorted(rules)]


def _rule(id: str, documented: str, why: str, source: str) -> dict[str, JSON]:
    told = [part for part in (documented, why, f"Source: {source}" if source else "") if part] or [id]
    return {
        "id": visible(id),
        "shortDescription": _message(documented or id),
        "fullDescription": _message(" ".join(told[:2])),
        "help": _message("\n\n".join(told)),
    }


def _result(case: Case, index: int, line: int) -> dict[str, JSON]:
    finding = case.finding
    place = {"artifactLocation": {"uri": "verdict.json"}, "region": {"startLine": line}}
    about = {
        "check": case.check.id,
        "family": case.check.family,
        "documented": case.documented,
        "source": case.source,
        "payload": None if finding.payload is None else json_text(excerpt(finding.payload)),
        "scene": finding.scene,
        "repeat": finding.repeat,
        "script": case.script,
    }
    return {
        "ruleId": _rule_id(case),
        "ruleIndex": index,
        "level": case.check.severity,
        "message": _message(f"{case.promise} {finding.subject}: {finding.received}"),
        "locations": [
            {
                "physicalLocation": place,
                "logicalLocations": [{"fullyQualifiedName": visible(finding.subject), "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"finding/v1": visible(finding.key)},
        "properties": {name: visible(value, _LONGEST_TEXT) for name, value in about.items() if value},
    }


def _invocation(verdict: Verdict) -> dict[str, JSON]:
    """Return how the run ended, and what was not checked."""
    stale = [f"nothing was found for this line of the baseline: {line}" for line in verdict.stale]
    skipped = [f"not checked: {each.check}: {each.reason}" for each in verdict.skipped]
    unjudged = [sentence(verdict)] if verdict.status is ExitStatus.UNJUDGED else []
    told = [*(("error", text) for text in (*unjudged, *stale)), *(("note", text) for text in skipped)]
    return {
        "executionSuccessful": not unjudged,
        "exitCode": int(verdict.status),
        "exitCodeDescription": verdict.status.name.lower(),
        "toolExecutionNotifications": [{"level": level, "message": _message(text)} for level, text in told],
    }


def _message(text: str) -> dict[str, JSON]:
    """Return a message. Single braces would mean arguments (SARIF 2.1.0, 3.11.5)."""
    return {"text": visible(text, _LONGEST_TEXT).replace("{", "{{").replace("}", "}}")}
