"""The report as JUnit XML: a test case for each check and each finding, in the form that all CI servers read.

A warning is a case that passes, with its text as output. An accepted finding and a check that was not made are skipped
cases. The file has a failure or an error exactly if the verdict is not ``KEPT``.
"""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree as ET

from mockserver.kit.reports.summary import Case, cases, lines, sentence
from mockserver.kit.reports.text import json_text, sound, visible
from mockserver.kit.verdict import ExitStatus, Verdict

_LONGEST_TEXT = 100_000
"""Characters of one text; some CI servers refuse files of many megabytes."""


def junit(verdict: Verdict) -> str:
    """Return the document."""
    suites = _Suites()
    for line in lines(verdict):
        suites.family(line.check.family)
        if line.outcome == "kept":
            suites.case(line.check.family, line.check.id)
    for case in cases(verdict, verdict.findings):
        element = suites.case(case.check.family, case.finding.key)
        if case.check.severity == "error":
            _said(element, "failure", case.finding.received, _text(case)).set("type", visible(case.check.id))
        else:
            ET.SubElement(element, "system-out").text = visible(f"a warning\n{_text(case)}", _LONGEST_TEXT)
    for case in cases(verdict, verdict.accepted):
        element = suites.case(case.check.family, case.finding.key)
        _said(element, "skipped", "accepted by the baseline", _text(case))
    for skipped in verdict.skipped:
        _said(suites.case("not checked", skipped.check), "skipped", skipped.reason, skipped.reason)
    for stale in verdict.stale:
        fact = "nothing was found for this line of the baseline: remove it"
        _said(suites.case("baseline", stale), "failure", fact, stale)
    if verdict.status is ExitStatus.UNJUDGED:
        _said(suites.case("verdict", "judged"), "error", sentence(verdict), sentence(verdict))
    return suites.document()


class _Suites:
    """The document while it is written: a suite for each family."""

    def __init__(self) -> None:
        self._root = ET.Element("testsuites", name="mockserver check")
        self._families: dict[str, ET.Element] = {}
        self._names: Counter[str] = Counter()

    def family(self, name: str) -> ET.Element:
        """Return the suite of a family, and create it for the first case."""
        if name not in self._families:
            self._families[name] = ET.SubElement(self._root, "testsuite", name=visible(name))
        return self._families[name]

    def case(self, family: str, name: str) -> ET.Element:
        """Add a case. CI servers merge two cases of one name, so a second one is numbered."""
        self._names[name] += 1
        told = name if self._names[name] == 1 else f"{name} ({self._names[name]})"
        about = {"name": visible(told), "classname": visible(f"mockserver.{family}"), "time": "0"}
        return ET.SubElement(self.family(family), "testcase", about)

    def document(self) -> str:
        """Fill in the counts, and return the document."""
        for element in (*self._families.values(), self._root):
            for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
                element.set(attribute, str(len(element.findall(f".//{tag}"))))
            element.set("time", "0")
        for element in self._families.values():
            element.set("skipped", str(len(element.findall(".//skipped"))))
        ET.indent(self._root)
        # ElementTree would declare the encoding of this machine.
        return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(self._root, encoding="unicode")}\n'


def _said(case: ET.Element, tag: str, message: str, text: str) -> ET.Element:
    element = ET.SubElement(case, tag, message=visible(message, 1000))
    element.text = visible(text, _LONGEST_TEXT)
    return element


def _text(case: Case) -> str:
    """Return the finding in words, for a reader who sees only this case."""
    payload = None if case.finding.payload is None else json_text(sound(case.finding.payload))
    told = (
        ("documented", case.documented),
        ("scenario", case.finding.scene),
        ("received", case.finding.received),
        ("rule", case.finding.rule),
        ("source", case.source),
        ("why it matters", case.check.why),
        ("payload", payload),
        ("repeat", case.finding.repeat),
    )
    return "\n".join(f"{label}: {value}" for label, value in told if value)
