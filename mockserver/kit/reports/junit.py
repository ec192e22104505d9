"""The report as JUnit XML: a test case for each check and each finding, in the form that all CI servers read.

A warning is a case that passes, with its text as output. An accepted finding and a check that was not made are skipped
cases. The file has a failure or an error exactly if the verdict is not ``KEPT``.
"""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree as ET

from mockserver.kit.reports.summary import cases, in_words, lines, sentence
from mockserver.kit.reports.text import visible
from mockserver.kit.verdict import ExitStatus, Verdict

_LONGEST_TEXT = 100_000
"""Characters of one text; some CI servers refuse files of many megabytes."""


def junit(verdict: Verdict) -> str:
    """Return the document."""
    suites = _Suites(verdict)
    for line in lines(verdict):
        suites.family(line.check.family)
        if line.outcome == "kept":
            suites.case(line.check.family, line.check.id, line.check.id)
    for case in cases(verdict, verdict.findings):
        element = suites.case(case.check.family, case.finding.key, case.check.id)
        if case.check.severity == "error":
            message = f"{case.promise} {case.finding.received}"
            _said(element, "failure", message, in_words(case, verdict)).set("type", visible(case.check.id))
        else:
            ET.SubElement(element, "system-out").text = visible(f"a warning\n{in_words(case, verdict)}", _LONGEST_TEXT)
    for case in cases(verdict, verdict.accepted):
        element = suites.case(case.check.family, case.finding.key, case.check.id)
        _said(element, "skipped", "accepted by the baseline", in_words(case, verdict))
    for skipped in verdict.skipped:
        _said(suites.case("not checked", skipped.check), "skipped", skipped.reason, skipped.reason)
    for stale in verdict.stale:
        fact = "nothing was found for this line of the baseline: remove it"
        _said(suites.case("baseline", stale), "failure", fact, stale)
    if verdict.status is ExitStatus.UNJUDGED:
        _said(suites.case("verdict", "judged"), "error", sentence(verdict), sentence(verdict))
    return suites.document()


class _Suites:
    """The document while it is written: a suite for each family.

    The time of a case is that of its check's scenarios. Checks share scenarios, so the cases of a run may add up to
    more than it took; the time of the whole document is what it took.
    """

    def __init__(self, verdict: Verdict) -> None:
        self._seconds, self._took = verdict.seconds, verdict.took
        self._root = ET.Element("testsuites", name="mockserver check")
        self._families: dict[str, ET.Element] = {}
        self._names: Counter[str] = Counter()

    def family(self, name: str) -> ET.Element:
        """Return the suite of a family, and create it for the first case."""
        if name not in self._families:
            self._families[name] = ET.SubElement(self._root, "testsuite", name=visible(name))
        return self._families[name]

    def case(self, family: str, name: str, check: str = "") -> ET.Element:
        """Add a case of a check. CI servers merge two cases of one name, so a second one is numbered."""
        self._names[name] += 1
        told = name if self._names[name] == 1 else f"{name} ({self._names[name]})"
        about = {"name": visible(told), "classname": visible(f"mockserver.{family}")}
        about["time"] = f"{self._seconds.get(check, 0.0):.3f}"
        return ET.SubElement(self.family(family), "testcase", about)

    def document(self) -> str:
        """Fill in the counts, and return the document."""
        for element in (*self._families.values(), self._root):
            for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
                element.set(attribute, str(len(element.findall(f".//{tag}"))))
        for element in self._families.values():
            element.set("skipped", str(len(element.findall(".//skipped"))))
            element.set("time", f"{sum(float(case.get('time', 0)) for case in element):.3f}")
        self._root.set("time", f"{self._took:.3f}")
        ET.indent(self._root)
        # ElementTree would declare the encoding of this machine.
        return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(self._root, encoding="unicode")}\n'


def _said(case: ET.Element, tag: str, message: str, text: str) -> ET.Element:
    element = ET.SubElement(case, tag, message=visible(message, 1000))
    element.text = visible(text, _LONGEST_TEXT)
    return element
