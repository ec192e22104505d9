"""The authority: made once, its key for its user alone; what cannot be used is told in a line."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import trustme

from mockserver.trust import authority
from mockserver.trust.authority import Authority, NoAuthority
from tests.support.process import ROOT


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "mockserver" / "authority"


def test_it_is_made_once(folder: Path) -> None:
    first, again = Authority.own(), Authority.own()
    assert first == again
    assert (first.certificate, first.pem) == (folder / "ca.pem", (folder / "ca.pem").read_text())
    assert [*folder.parent.iterdir()] == [folder]


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no modes")
def test_its_key_is_for_its_user_alone(folder: Path) -> None:
    own = Authority.own()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, own.key)] == [0o700, 0o600]


def test_processes_that_need_it_at_once_have_the_same(folder: Path) -> None:
    code = "from mockserver.trust.authority import Authority; print(Authority.own().pem)"
    started = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) for _ in range(4)]
    said = {process.communicate()[0] for process in started}
    assert said == {f"{Authority.own().pem}\n".encode()}
    assert [*folder.parent.iterdir()] == [folder]


def test_who_is_second_takes_what_is_there(folder: Path) -> None:
    own = Authority.own()
    authority._make(folder)
    assert Authority.own() == own
    assert [*folder.parent.iterdir()] == [folder]


def no_certificate(folder: Path) -> None:
    (folder / "ca.pem").write_text("no certificate")


def binary(folder: Path) -> None:
    (folder / "ca.pem").write_bytes(bytes(range(256)))


def cut(folder: Path) -> None:
    (folder / "ca.pem").write_text((folder / "ca.pem").read_text()[:200])


def empty(folder: Path) -> None:
    (folder / "ca.key").write_text("")


def of_another(folder: Path) -> None:
    (folder / "ca.key").write_bytes(trustme.CA().private_key_pem.bytes())


def gone(folder: Path) -> None:
    (folder / "ca.key").unlink()


def a_folder(folder: Path) -> None:
    (folder / "ca.pem").unlink()
    (folder / "ca.pem").mkdir()


def expired(folder: Path) -> None:
    leaf = trustme.CA().issue_cert("localhost", not_after=datetime(2020, 1, 1))  # noqa: DTZ001 - as trustme wants it
    (folder / "ca.pem").write_bytes(leaf.cert_chain_pems[0].bytes())
    (folder / "ca.key").write_bytes(leaf.private_key_pem.bytes())


def of_tomorrow(folder: Path) -> None:
    leaf = trustme.CA().issue_cert("localhost", not_before=datetime(2900, 1, 1))  # noqa: DTZ001 - as trustme wants it
    (folder / "ca.pem").write_bytes(leaf.cert_chain_pems[0].bytes())
    (folder / "ca.key").write_bytes(leaf.private_key_pem.bytes())


@pytest.mark.parametrize(
    "breaks",
    [no_certificate, binary, cut, empty, of_another, gone, a_folder, expired, of_tomorrow],
    ids=lambda f: f.__name__,
)
def test_files_that_cannot_be_used_are_refused_in_a_line(breaks: Callable[[Path], None], folder: Path) -> None:
    Authority.own()
    breaks(folder)
    with pytest.raises(NoAuthority) as refused:
        Authority.own()
    text = str(refused.value)
    assert text.startswith(f"the files in {str(folder)!r} cannot be used: ")
    assert text.endswith("Delete that folder: a new authority is made, and clients have to trust that one.")
    assert "\n" not in text


def test_a_place_where_nothing_can_be_written_is_told_in_a_line(folder: Path) -> None:
    folder.parent.write_text("a file in the place of the folder")
    with pytest.raises(NoAuthority, match=r"cannot be written: .*\. Let this user write there, or name another place"):
        Authority.own()
