"""openapi-python-client makes a client of each description, all of it, and the clients create tasks and poll them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract.catalog import load
from tests.slow.foreign.installed import command
from tests.support.process import ROOT, started

pytestmark = pytest.mark.torture

KEY = "key-of-mine"
PATIENCE_SECONDS = 300

BEGIN = """
import sys
from time import sleep
from client import AuthenticatedClient

client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2], raise_on_unexpected_status=True)
"""

OLDER = """
from client.api.omni_image import omni_image_create, omni_image_get
from client.models import EnvelopeStatus, OmniImageRequest

created = omni_image_create.sync(client=client, body=OmniImageRequest(prompt="A cat on the moon"))
assert created.code == 0, created
task = created.data
while task.task_status in (EnvelopeStatus.SUBMITTED, EnvelopeStatus.PROCESSING):
    sleep(0.05)
    task = omni_image_get.sync(id=task.task_id, client=client).data
assert task.task_status == EnvelopeStatus.SUCCEED, task
print(task.task_result.to_dict()["images"][0]["url"])
"""

NEWER = """
from client.api.tasks import tasks_get
from client.api.text_to_video_3_0 import text_to_video_3_0_create
from client.models import TextToVideo30Request

created = text_to_video_3_0_create.sync(client=client, body=TextToVideo30Request(prompt="A cat on the moon"))
assert created.code == 0, created
status = created.data.status
while status in ("submitted", "processing"):
    sleep(0.05)
    (task,) = tasks_get.sync(client=client, task_ids=[created.data.id]).data
    status = task.status
assert status == "succeeded", task
print(task.outputs[0].to_dict()["url"])
"""


def settings(service: str) -> dict[str, Any]:
    """Return what tells the generator to run no formatter, and which media types are files: it knows one."""
    operations = load().service(service).operations.values()
    kinds = {kind: "application/octet-stream" for operation in operations for kind in operation.uploads}
    return {"post_hooks": [], "content_type_overrides": kinds}


def generated(service: str, folder: Path) -> str:
    """Make a client of a service in ``folder/client``, and return what the generator says."""
    document, config = folder / "openapi.json", folder / "settings.json"
    config.write_text(json.dumps(settings(service)), encoding="utf-8")
    make = [sys.executable, "-m", "mockserver", "openapi", service, "--output", str(document)]
    subprocess.run(make, cwd=ROOT, check=True)
    words = [
        "--path",
        str(document),
        "--output-path",
        str(folder / "client"),
        "--meta",
        "none",
        "--config",
        str(config),
    ]
    done = subprocess.run(
        [command("openapi-python-client"), "generate", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("service", load().services)
def test_a_generator_leaves_nothing_out(service: str, tmp_path: Path) -> None:
    told = generated(service, tmp_path)
    assert told.splitlines() == [f"Generating {tmp_path / 'client'}"], told
    made = {path.stem for path in (tmp_path / "client" / "api").glob("*/*.py")} - {"__init__"}
    found = load().service(service)
    usual = {question.id: question.default for question in found.questions.values()}
    assert len(made) == sum(found.exists(operation, usual) for operation in found.operations)


@pytest.mark.parametrize(("service", "program"), [("kling", OLDER), ("kling-2", NEWER)])
def test_a_generated_client_creates_a_task_and_polls_it(service: str, program: str, tmp_path: Path) -> None:
    generated(service, tmp_path)
    (tmp_path / "program.py").write_text(BEGIN + program, encoding="utf-8")
    with started("--service", service, "--pace", "polls:2", "--key", KEY) as server:
        done = subprocess.run(
            [sys.executable, "program.py", server.url, KEY],
            cwd=tmp_path,
            env=dict(os.environ),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.startswith(f"{server.url}/results/")
