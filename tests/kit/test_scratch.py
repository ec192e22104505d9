"""The scratch folder: neither judge leaves anything where it is run, and Hypothesis is as before."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis.configuration import storage_directory

from mockserver.kit.scratch import scratch_folder
from tests.conftest import PATIENCE
from tests.support.process import ROOT

JUDGES = {
    "client": """
from mockserver.kit import check_client
verdict = check_client("tests.mutants.clients.reference:Reference", operations=["kling/omni-image"], examples=1,
                       only=["payload-arrives-unchanged", "mistakes-are-not-repaired"])
""",
    "server": """
from mockserver.adapters.testing.live import live
from mockserver.kit import check_server
with live(pace="instant") as server:
    verdict = check_server(server.url, operations=["kling/omni-image"], only=["stateful"])
""",
}


@pytest.mark.torture
@pytest.mark.parametrize("judge", JUDGES)
def test_a_judge_leaves_nothing_where_it_is_run(judge: str, tmp_path: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}){JUDGES[judge]}assert verdict.status == 0, verdict"
    command = [sys.executable, "-B", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, "")
    assert [*tmp_path.iterdir()] == []


def home() -> Path:
    return storage_directory(intent_to_write=False).path


def test_those_who_draw_side_by_side_have_one_folder_until_the_last_is_done() -> None:
    before = home()
    is_in, may_leave = threading.Event(), threading.Event()

    def draw() -> None:
        with scratch_folder():
            is_in.set()
            may_leave.wait(PATIENCE)

    other = threading.Thread(target=draw)
    with scratch_folder():
        other.start()
        assert is_in.wait(PATIENCE)
        inside = home()
        assert (inside.is_dir(), inside == before) == (True, False)
    assert home() == inside
    may_leave.set()
    other.join()
    assert home() == before
    assert not inside.exists()


def test_after_an_error_hypothesis_is_at_home_again() -> None:
    before = home()
    with pytest.raises(ZeroDivisionError), scratch_folder():
        raise ZeroDivisionError
    assert home() == before
