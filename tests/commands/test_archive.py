"""``validate FILE.har`` and ``readings --from``: what the commands print, write and end with."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from junitparser import JUnitXml

from mockserver.cli import main
from mockserver.fake import archive
from mockserver.fake.core import Fake
from mockserver.har.writing import pieces
from mockserver.settings import Settings
from mockserver.types import Request

ME = {"host": "localhost", "authorization": "Bearer key-of-a-test-0123", "content-type": "application/json"}
IMAGE = "/v1/images/omni-image"


def run(*words: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["--isolated", *words], input=stdin)


def session(*bodies: str, **settings: object) -> bytes:
    fake = Fake(Settings(**settings))  # type: ignore[arg-type]
    for body in bodies:
        fake.respond(Request("POST", IMAGE, "", ME, body.encode()))
    fake.respond(Request("GET", f"{IMAGE}/123456789012345678", "", ME))
    return b"".join(pieces(map(archive.entry, reversed([*fake.requests]))))


@pytest.fixture
def har(tmp_path: Path) -> Path:
    file = tmp_path / "session.har"
    file.write_bytes(
        session('{"prompt": "A cat"}', '{"prompt": "A cat", "n": 20}', '{"prompt": "A cat", "style": "x"}')
    )
    return file


def test_each_exchange_of_an_archive_is_checked(har: Path) -> None:
    found = run("validate", str(har))
    assert found.exit_code == 1
    lines = found.output.splitlines()
    assert lines[0] == "/log/entries/1 POST /v1/images/omni-image 400 kling/omni-image.create"
    assert lines[1].startswith("    error: n.maximum at /n: is more than 9 [")
    assert lines[3].startswith("    warning: additionalProperties at /style")
    assert lines[-1] == "4 exchanges (kling 4): 3 keep the contract, 1 breaks it"
    assert run("validate", "-", stdin=har.read_bytes()).output == found.output


def test_warnings_break_the_contract_where_it_is_taken_strictly(tmp_path: Path) -> None:
    data = session('{"prompt": "A cat", "style": "x"}')
    assert run("validate", "-", stdin=data).exit_code == 0
    assert run("validate", "-", "--strict", stdin=data).exit_code == 1


def test_an_answer_that_the_contract_does_not_know_breaks_it(har: Path) -> None:
    document = json.loads(har.read_text())
    content = document["log"]["entries"][0]["response"]["content"]
    content["text"] = content["text"].replace('"submitted"', '"begun"')
    found = run("validate", "-", stdin=json.dumps(document).encode())
    assert found.exit_code == 1
    assert "answer: " in found.output
    assert "/data/task_status" in found.output


def test_exchanges_of_other_hosts_are_left_out_and_counted(har: Path) -> None:
    document = json.loads(har.read_text())
    other = json.loads(json.dumps(document["log"]["entries"][0]).replace("localhost", "example.com"))
    other["request"]["url"], other["_mockserver"] = "https://example.com/fonts", {}
    document["log"]["entries"].append(other)
    assert run("validate", "-", stdin=json.dumps(document).encode()).output.endswith("; left out: 1 of other hosts\n")
    document["log"]["entries"] = [other]
    nothing = run("validate", "-", stdin=json.dumps(document).encode())
    assert nothing.exit_code == 2
    assert "no exchange with a service" in nothing.stderr


def test_an_archive_is_reported_as_verdicts_are(har: Path, tmp_path: Path) -> None:
    run("validate", str(har), "--report", str(tmp_path / "out"))
    assert JUnitXml.fromfile(str(tmp_path / "out" / "junit.xml")).failures == 1
    (result,) = [
        each
        for each in json.loads((tmp_path / "out" / "results.sarif").read_text())["runs"][0]["results"]
        if each["level"] == "error"
    ]
    assert result["ruleId"] == "n.maximum"
    assert "/log/entries/1" in result["message"]["text"]


@pytest.mark.parametrize("data", [b"", b"\x00\xff", b"{}", b"[" * 9999, b'{"log": {"entries": [7]}}'])
@pytest.mark.parametrize("words", [("validate",), ("readings", "--from")])
def test_what_is_no_archive_is_told_in_a_line(words: tuple[str, ...], data: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.har").write_bytes(data)
    found = run(*words, str(tmp_path / "bad.har"))
    assert found.exit_code == 2
    assert found.stderr.count("\n") == 1
    assert "bad.har" in found.stderr


def test_readings_are_written_and_never_over_those_of_the_user(tmp_path: Path) -> None:
    source, output = tmp_path / "a.har", tmp_path / "mockserver.toml"
    source.write_bytes(session(readings={"missing-task": "404-1203"}))
    output.write_text('pace = "instant"\n')
    found = run("readings", "--from", str(source), "--output", str(output))
    assert "kling/missing-task=404-1203" in found.output
    first = tomllib.loads(output.read_text())
    assert (first["pace"], first["readings"]["kling/missing-task"]) == ("instant", "404-1203")
    source.write_bytes(session())
    again = run("readings", "--from", str(source), "--output", str(output))
    assert "is left as it is" in again.stderr
    assert '"kling/missing-task" = "400-1201"' in again.output
    assert tomllib.loads(output.read_text()) == first
    run("readings", "--from", str(source), "--output", str(output), "--force")
    assert tomllib.loads(output.read_text())["readings"]["kling/missing-task"] == "400-1201"


def test_readings_as_json_have_every_exchange(tmp_path: Path) -> None:
    (tmp_path / "a.har").write_bytes(session())
    found = json.loads(run("readings", "--from", str(tmp_path / "a.har"), "--json").output)
    (missing,) = [each for each in found if each["question"] == "missing-task"]
    assert missing["seen"][0] == {
        "at": "/log/entries/0",
        "pointer": "",
        "said": "HTTP 400",
        "supports": ["400-1201"],
        "rules_out": ["404-1203"],
    }


def test_exchanges_that_are_too_many_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.adapters.comparison.recording.MOST", 1)
    (tmp_path / "a.har").write_bytes(session())
    found = run("readings", "--from", str(tmp_path / "a.har"))
    assert "of kling, only the first 1 exchanges that say something new are compared" in found.stderr
