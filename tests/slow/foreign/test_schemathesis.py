"""Schemathesis tests the fake with our own description of it, and finds nothing that is true."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.description.openapi import openapi
from mockserver.contract.readings import settled
from tests.slow.foreign.installed import command
from tests.support.process import ROOT, started

pytestmark = pytest.mark.torture

CATALOG = load()
KEY = "key-of-mine"
EXAMPLES = 5
"""As many of each operation are drawn, beside the examples of the description and the edges of each field."""
PATIENCE_SECONDS = 900

SERVICES = ("kling", "kling-2", "useapi", "comfy", "new-api", "kie", "new-api-videos")
"""One service of each dialect, and of gateways those that wrap the answers, take forms or have another header. Each
takes a minute, and the others are the same code with other paths."""

NOT_DRAWN = {
    "kling": ("omni-video.create",),
    "comfy": ("omni-video.create",),
    "new-api": ("omni-video.create",),
    "useapi": ("omni-image.create", "omni-video.create"),
}
"""Of these it draws nothing: so many rules are too many for it. It tries their examples and the edges of each field."""


def test_every_dialect_has_a_stranger() -> None:
    dialects = {each.dialect for each in CATALOG.services.values()}
    assert {CATALOG.service(service).dialect for service in SERVICES} == dialects


def configuration(service: str) -> str:
    """Return the file that tells it what not to draw."""
    names = json.dumps(NOT_DRAWN.get(service, ()))
    part = f"[[operations]]\ninclude-operation-id = {names}\nphases.fuzzing.enabled = false\n"
    return part if service in NOT_DRAWN else ""


@pytest.mark.parametrize("service", SERVICES)
def test_a_stranger_finds_nothing_untrue_in_the_description(service: str, tmp_path: Path) -> None:
    found = CATALOG.service(service)
    document, report = tmp_path / "openapi.json", tmp_path / "report.json"
    readings = settled({service: found.questions}, {})[service]
    document.write_text(json.dumps(openapi(CATALOG, found, readings)), encoding="utf-8")
    settings = tmp_path / "schemathesis.toml"
    settings.write_text(configuration(service), encoding="utf-8")
    header = f"x-api-key: {KEY}" if found.credentials == ("x-api-key",) else f"Authorization: Bearer {KEY}"
    words = [
        "--seed",
        "1",
        "--max-examples",
        str(EXAMPLES),
        "--phases",
        "examples,coverage,fuzzing",
        "--continue-on-failure",
    ]
    words += ["--header", header, "--report", "json", "--report-json-path", str(report), "--no-color"]
    with started("--service", service, "--pace", "instant", "--key", KEY, "--seed", "1") as server:
        done = subprocess.run(
            [command("st"), "--config-file", str(settings), "run", str(document), "--url", server.url, *words],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "SCHEMATHESIS_HOOKS": "tests.slow.foreign.views",
                "SERVICE": service,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr + server.stderr
        assert "Traceback" not in server.stderr
    told = json.loads(report.read_text(encoding="utf-8"))
    assert told["operations"]["tested"] == sum(found.exists(operation, readings) for operation in found.operations)
    assert told["test_cases"]["generated"] > told["test_cases"]["without_checks"]
    assert (told["failures"], told["errors"]) == ([], [])
