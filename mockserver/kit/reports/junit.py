"""The report as JUnit XML: a test case for each check and each finding, in what the dialects of CI servers share.

A warning, which breaks nothing, is a case that passes and has something to say. What the baseline accepts and what was
not checked is skipped. The file holds a failure or an error exactly when the verdict is not ``KEPT``.
"""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree as ET

from mockserver.kit.reports.summary import Case, cases, lines, sentence
from mockserver.kit.reports.text import document, sound, visible
from mockserver.kit.verdict import ExitStatus, Verdict

_LONGEST = 100_000


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
            _said(element, "failure", case.finding.received, _story(case)).set("type", visible(case.check.id))
        else:
            ET.SubElement(element, "system-out").text = visible(f"a warning\n{_story(case)}", _LONGEST)
    for case in cases(verdict, verdict.accepted):
        element = suites.case(case.check.family, case.finding.key)
        _said(element, "skipped", "accepted by the baseline", _story(case))
    for skipped in verdict.skipped:
        _said(suites.case("not checked", skipped.check), "skipped", skipped.reason, skipped.reason)
    for stale in verdict.stale:
        fact = "nothing was found for this line of the baseline: take it out"
        _said(suites.case("baseline", stale), "failure", fact, stale)
    if verdict.status is ExitStatus.UNJUDGED:
        _said(suites.case("verdict", "judged"), "error", sentence(verdict), sentence(verdict))
    return suites.document()


class _Suites:
    """The document in the making: a suite for each family."""

    def __init__(self) -> None:
        self._root = ET.Element("testsuites", name="mockserver check")
        self._families: dict[str, ET.Element] = {}
        self._names: Counter[str] = Counter()

    def family(self, name: str) -> ET.Element:
        """Return the suite of a family; it is made when it is first asked for."""
        if name not in self._families:
            self._families[name] = ET.SubElement(self._root, "testsuite", name=visible(name))
        return self._families[name]

    def case(self, family: str, name: str) -> ET.Element:
        """Add a case. Readers take two of the same name for one, so a name comes only once."""
        self._names[name] += 1
        told = name if self._names[name] == 1 else f"{name} ({self._names[name]})"
        about = {"name": visible(told), "classname": visible(f"mockserver.{family}"), "time": "0"}
        return ET.SubElement(self.family(family), "testcase", about)

    def document(self) -> str:
        """Count what is there, and return it all."""
        for element in (*self._families.values(), self._root):
            for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
                element.set(attribute, str(len(element.findall(f".//{tag}"))))
            element.set("time", "0")
        for element in self._families.values():
            element.set("skipped", str(len(element.findall(".//skipped"))))
        ET.indent(self._root)
        # Told to declare an encoding for text, ElementTree takes the machine's.
        return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(self._root, encoding="unicode")}\n'


def _said(case: ET.Element, tag: str, message: str, text: str) -> ET.Element:
    element = ET.SubElement(case, tag, message=visible(message, 1000))
    element.text = visible(text, _LONGEST)
    return element


def _story(case: Case) -> str:
    """Return all that a person needs who sees nothing but this case."""
    payload = None if case.finding.payload is None else document(sound(case.finding.payload))
    told = (
        ("documented", case.documented),
        ("scene", case.finding.scene),
        ("received", case.finding.received),
        ("rule", case.finding.rule),
        ("source", case.source),
        ("why it matters", case.check.why),
        ("payload", payload),
        ("repeat", case.finding.repeat),
    )
    return "\n".join(f"{label}: {value}" for label, value in told if value)
