"""The file: where it is found, and what is told of one that is wrong."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from mockserver.configuration.environment import isolated
from mockserver.configuration.file import File, found
from mockserver.errors import BadSetting

PLAIN = '[project]\nname = "x"\ndependencies = ["kling-mockserver"]\n[tool.other]\nmockserver = 1\n'


def write(folder: Path, text: str, name: str = "mockserver.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def the(folder: Path | None = None) -> File:
    file = found(folder)
    assert file is not None
    return file


def refused(folder: Path | None = None) -> str:
    with pytest.raises(BadSetting) as caught:
        found(folder)
    (line,) = str(caught.value).splitlines()
    return line


def test_without_one_there_is_none(here: Path) -> None:
    write(here, PLAIN, "pyproject.toml")
    assert found() is None


def test_the_nearest_counts_up_to_the_folder_of_the_repository(here: Path) -> None:
    inner = here / "a" / "b"
    inner.mkdir(parents=True)
    write(here, 'pace = "real"')
    assert the(inner).table == {"pace": "real"}
    write(here / "a", '[tool.mockserver]\npace = "fast"\n', "pyproject.toml")
    assert the(inner).table == {"pace": "fast"}
    (inner / ".git").touch()  # a file in a worktree of git
    assert found(inner) is None


def test_of_two_in_one_folder_our_own_counts(here: Path) -> None:
    shared = write(here, '[tool.mockserver]\npace = "fast"\n', "pyproject.toml")
    own = write(here, 'pace = "real"')
    assert (the().path, the().table, the().ignored) == (own, {"pace": "real"}, shared)
    write(here, PLAIN, "pyproject.toml")
    assert the().ignored is None


@pytest.mark.parametrize(
    "text",
    [
        "[tool.mockserver]\npace = 'x'",
        '[tool."mockserver"]\npace = "x"',
        "[ tool . mockserver ]\npace = 'x'",
        "[tool]\nmockserver.pace = 'x'",
        "tool.mockserver.pace = 'x'",
        "[tool]\nmockserver = { pace = 'x' }",
        "tool.'mockserver' = { pace = 'x' }",
    ],
)
def test_its_table_may_be_written_in_any_way(here: Path, text: str) -> None:
    write(here, text, "pyproject.toml")
    assert (the().table, the().line(("pace",))) == ({"pace": "x"}, text.count("\n") + 1)


def test_a_folder_that_was_deleted_has_none(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(here, "pace = 1")
    gone = here / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert found() is None


def test_whoever_is_isolated_has_none(here: Path) -> None:
    write(here, "pace = 1")
    with isolated():
        assert found() is None
    assert found() is not None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"pace = ", "it is not TOML: Invalid value (at end of document)"),
        (b"pace = 1\npace = 2\n", "it is not TOML: Cannot overwrite a value (at line 2, column 9)"),
        (b"pace = '\xff'", "it is not TOML: 'utf-8' codec can't decode"),
        (b"a = " + b"[" * 5000, "it is not TOML"),
    ],
)
@pytest.mark.parametrize(("name", "before"), [("mockserver.toml", b""), ("pyproject.toml", b"[tool.mockserver]\n")])
def test_what_is_not_toml_is_told_in_one_line(here: Path, name: str, before: bytes, content: bytes, told: str) -> None:
    (here / name).write_bytes(before + content)
    line = refused()
    assert line.startswith(f"{here / name}: it is not TOML: ")
    assert line.endswith("Put it right, or use --isolated.")
    assert told.partition(" (")[0] in line


def test_what_is_wrong_elsewhere_in_a_shared_file_is_not_ours(here: Path) -> None:
    (here / "pyproject.toml").write_bytes(b"name = '\xff'")
    assert found() is None
    write(here, "pace = 1")
    (here / "pyproject.toml").write_text("[tool.mockserver", encoding="utf-8")
    assert the().ignored is None


def test_a_file_that_cannot_be_read_is_told(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    write(here, "pace = 1")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert refused().endswith("it cannot be read: Permission denied. Let it be read, or use --isolated.")


def test_a_folder_of_its_name_is_no_file(here: Path) -> None:
    (here / "mockserver.toml").mkdir()
    assert found() is None


@pytest.mark.parametrize(
    ("text", "keys", "line"),
    [
        ("pace = 1", ("pace",), 1),
        ("# pace\n[serve]\npace = 1\n\n[run]\npace = 2\n", ("run", "pace"), 6),
        ("fault = [\n  'pace',\n]\npace = 1", ("pace",), 4),
        ("fault = '''\npace = 2\n'''\npace = 1", ("pace",), 4),
        ("fault = [\n  'a',\n  'fault',\n]", ("fault",), 1),
        ("[serve.readings]\nmissing-task = '1'", ("serve", "readings", "missing-task"), 2),
        ("serve.pace = 1", ("serve", "pace"), 1),
        ('"p\\u0061ce" = 1', ("pace",), None),
        ("fault = 'a\u2028b'\npace = 1", ("pace",), 2),
    ],
)
def test_a_key_has_a_line(here: Path, text: str, keys: tuple[str, ...], line: int | None) -> None:
    write(here, text)
    assert the().line(keys) == line


def test_folders_are_beside_it(here: Path) -> None:
    write(here, 'schemas = ["contracts", "/elsewhere"]\n')
    assert the().schemas == (str(here / "contracts"), "/elsewhere")
