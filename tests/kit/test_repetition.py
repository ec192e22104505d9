"""Scripts: they send what was sent, take what answers have this time, and obey nobody but the kit."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.kit.repetition import MARK, Step, Taken, script
from mockserver.secrecy.curl import SERVE_URL, curl
from mockserver.types import Request

ORIGIN = "http://a.test"
EVIL = "\"; echo obeyed > obeyed; '$(echo obeyed > obeyed)`echo obeyed > obeyed`\n echo obeyed > obeyed #\r\x1b !! 猫"


def request(body: bytes = b"", path: str = "/v1/x", **headers: str) -> Request:
    return Request("POST", path, "", {"host": "a.test", "content-type": "application/json", **headers}, body)


def run(text: str, folder: Path, curl_is: str) -> str:
    """Run a script with something else in the place of curl."""
    (folder / "curl").write_text(f"#!/bin/sh\n{curl_is}\n")
    (folder / "curl").chmod(0o755)
    path = f"{folder}:/usr/bin:/bin"
    done = subprocess.run(
        ["sh"], input=text.encode(), cwd=folder, env={"PATH": path}, capture_output=True, check=False, timeout=60
    )
    return (done.stdout + done.stderr).decode(errors="replace")


def test_whatever_is_in_a_request_or_a_finding_a_script_sends_it_and_does_nothing_else(tmp_path: Path) -> None:
    step = Step(EVIL, request(EVIL.encode(), authorization=f"{EVIL} key"), variables={f"{EVIL} key": "made up"})
    told = run(script([step], ORIGIN, [EVIL, EVIL], {}), tmp_path, 'for each do printf "<%s>\\n" "$each"; done')
    assert f"<{EVIL}>" in told
    assert not (tmp_path / "obeyed").exists()
    assert "authorization: made up" in told


BODIES = [b"", b"{}", EVIL.encode(), b"\0" * 64, b'{"x":"\xff\xfe"}', b"@file", b"%s %d \\n \\101", b"x" * 200_000]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:12]))
def test_a_body_arrives_byte_by_byte_from_a_line_and_from_a_script(body: bytes, tmp_path: Path) -> None:
    """In the place of curl is what writes down the body: its last argument, or its standard input for @-."""
    curl_is = (
        'last=""; for each do before=$last; last=$each; done\n'
        'case "$before $last" in\n'
        '"--data-binary @-") cat > got;; "--data-raw "*) printf %s "$last" > got;; *) : > got;; esac'
    )
    for text in (curl(request(body)), script([Step("x", request(body))], ORIGIN, [], {})):
        run(text, tmp_path, curl_is)
        assert (tmp_path / "got").read_bytes() == body


ANSWERS = [
    ('{"code":0,"data":{"task_id":"8480","task_status":"submitted"}}', "8480"),
    ('{"code": 0,\n "data": {\n  "task_id" : 8480\n}}', "8480"),
    ('{"task_id":null,"data":{"task_id":"first","inner":{"task_id":"8480"}}}', "8480"),
    ('{"url":"http:\\/\\/a.test\\/x.png?a=1&b=2"}', "http://a.test/x.png?a=1&b=2"),
    ('{"id":"","id":"8480"}', "8480"),
    ('{"a":{"id":{"id":"8480"}}}', "8480"),
]


@pytest.mark.parametrize(("answer", "value"), ANSWERS)
def test_a_script_takes_from_an_answer_what_was_found_there(answer: str, value: str, tmp_path: Path) -> None:
    taken = Taken.of("it", value, answer.encode())
    assert taken is not None
    (tmp_path / "answer").write_text(f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{answer}")
    second = Step("then", request(path=f"/v1/{value}"), variables={value: "${it}"})
    told = run(
        script([Step("first", request(), takes=(taken,)), second], ORIGIN, [], {}),
        tmp_path,
        f'for each do case "$each" in "$url"*/v1/*) printf "<%s>" "$each";; esac; done; cat {tmp_path}/answer',
    )
    assert f"<{ORIGIN}/v1/{value}>" in told


@given(st.text(), st.text(min_size=1))
def test_what_cannot_be_taken_is_not(answer: str, value: str) -> None:
    taken = Taken.of("it", value, answer.encode(errors="replace"))
    assert taken is None or value in answer.replace("\\/", "/")


def test_an_answer_without_the_id_ends_the_script_with_the_reason(tmp_path: Path) -> None:
    steps = [Step("first", request(), takes=(Taken("it", "task_id", 1),)), Step("then", request())]
    told = run(script(steps, ORIGIN, [], {}), tmp_path, "echo nothing")
    assert "the answer has no task_id" in told
    assert "2. then" not in told


def test_what_was_sent_at_once_is_sent_at_once(tmp_path: Path) -> None:
    steps = [Step(str(number), request(), is_parallel=number in (2, 3)) for number in (1, 2, 3, 4)]
    lines = script(steps, ORIGIN, [], {}).splitlines()
    assert [line.endswith(" &") for line in lines if line.startswith("ask ")] == [False, True, True, False]
    assert lines.count("wait") == 1
    assert lines[1] == MARK


def test_pauses_are_those_that_the_kit_made() -> None:
    text = script(
        [Step("1", request()), Step("2", request(), pause=1234), Step("3", request(), pause=3)], ORIGIN, [], {}
    )
    assert [line for line in text.splitlines() if line.startswith("sleep")] == ["sleep 1.2"]


def test_a_script_needs_its_variables_and_takes_another_server(tmp_path: Path) -> None:
    text = script([Step("x", request())], ORIGIN, [], {"MOCKSERVER_TOKEN": "?set it to your key"})
    assert "MOCKSERVER_TOKEN: set it to your key" in run(text, tmp_path, "echo asked")
    assert f"url=${{1:-{ORIGIN}}}" in text


def test_a_script_is_read_by_a_plain_shell() -> None:
    if (checker := shutil.which("dash")) is None:
        pytest.skip("dash is not installed")
    step = Step("x", request(b"\0"), takes=(Taken("it", "id", 1),), is_file=False)
    text = script([step, Step("y", request(), is_file=True)], ORIGIN, ["x"], {"A": "=b"})
    assert subprocess.run([checker, "-n"], input=text.encode(), check=False).returncode == 0


def test_a_line_may_be_for_a_fake_that_is_started_anew() -> None:
    line = curl(request(authorization="Bearer my-key"), base_url=SERVE_URL)
    assert line == (
        "curl -X POST http://127.0.0.1:8080/v1/x -H 'content-type: application/json'"
        ' -H "authorization: Bearer $MOCKSERVER_TOKEN"'
    )


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("", "'authorization;'"),
        ("my-key", '"authorization: $MOCKSERVER_TOKEN"'),
        ("Token my-key", '"authorization: Token $MOCKSERVER_TOKEN"'),
        ("Bearer my-key", '"authorization: Bearer $MOCKSERVER_TOKEN"'),
    ],
)
def test_credentials_keep_their_form_and_not_their_secret(value: str, told: str) -> None:
    line = curl(request(authorization=value))
    assert line.endswith(f"-H {told}")
    assert "my-key" not in line
