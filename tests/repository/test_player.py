"""The player of pages sees what is not as a page says; a page that it plays wrongly would prove nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pages.page import When, blocks
from tests.support.pages.playing import play
from tests.support.pages.sameness import is_same
from tests.support.survivors import survivors


def played(folder: Path, text: str) -> None:
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    play(page, folder)


def block(kind: str, text: str, before: str = "") -> str:
    return f"{before}\n\n```{kind}\n{text}\n```\n"


def test_variables_folders_files_and_the_last_status_go_on_from_block_to_block(tmp_path: Path) -> None:
    played(
        tmp_path,
        block("sh", "mkdir below\ncd below\nname=Tom")
        + block("text", "$name is here", "Save this as `note.txt`:")
        + block(
            "console",
            "$ cat note.txt\n$name is here\n$ ls ../below\nnote.txt\n$ echo $name\nTom\n$ false\n$ echo $?\n1",
        )
        + block("console", "$ for each in a b; do\n>   echo $each\n> done\na\nb"),
    )


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("console", "$ echo cat\ndog", "-dog\n+cat"),
        ("console", "$ echo cat", "+cat"),
        ("console", "$ echo one; echo two; echo three\none\n…\nfour", "-four"),
        ("sh", "true\nls nowhere", "nowhere"),
        ("python", "assert 1 == 2", "AssertionError"),
        ("python", "def test_it():\n    assert 1 == 2", "1 failed"),
        ("json", "{", "Expecting property name"),
        ("cobol", "STOP RUN.", "'cobol'"),
        ("", "nothing is said of it", "''"),
        ("sh", "echo 'no end", "is not whole"),
    ],
)
def test_what_is_not_as_the_page_says_is_told_with_its_line(kind: str, text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError) as found:
        played(tmp_path, block(kind, text, "# A page"))
    assert said in str(found.value)
    assert found.value.__notes__ == ["line 3 of the page"]


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ('{"task_id":"756247381086029497"}', '{"task_id":"100814832281575704"}'),
        ("ready on http://127.0.0.1:43121", "ready on http://127.0.0.1:39719"),
        ("1 passed in 0.31s", "1 passed in 12.02s"),
        ("17:01:13 GET /", "09:30:00 GET /"),
        ("one\n…\nfour", "one\ntwo\nthree\nfour\n"),
        ("…, 0 findings, …", "35 checks, 0 findings, 10 not checked."),
    ],
)
def test_what_is_new_each_time_and_what_is_left_out_makes_no_difference(shown: str, printed: str) -> None:
    assert is_same(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("code 1201", "code 1303"),
        ('{"task_id":"756247381086029497"}', '{"task_id":756247381086029497}'),
        ("one\n…\nfour", "one\ntwo\nthree"),
        ("0 findings", "10 findings"),
        ("one", "one\ntwo"),
        ("", "one"),
    ],
)
def test_anything_else_does(shown: str, printed: str) -> None:
    assert not is_same(shown, printed)


def test_a_comment_decides_when_a_block_is_run() -> None:
    page = block("sh", "docker run", "<!-- not run: it needs\nDocker -->") + block("sh", "true")
    assert [(each.when, each.reason) for each in blocks(page)] == [(When.NEVER, "it needs Docker"), (When.ALWAYS, "")]


def test_nothing_that_a_page_has_started_outlives_it(tmp_path: Path) -> None:
    started = block("console", "$ sleep 1000 &\n$ mockserver serve --log off\n…")
    asked = block("console", "$ curl localhost:8080/_mock/health\n{…}\n$ echo $TERMINAL >../mark")
    played(tmp_path, started + asked)
    assert survivors(f"TERMINAL={(tmp_path / 'mark').read_text().strip()}") == []
