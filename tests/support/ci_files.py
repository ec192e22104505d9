"""Files that CI servers and container engines read: whether the schema that is published for them allows one."""

from __future__ import annotations

from pathlib import Path

from check_jsonschema import main
from click.testing import CliRunner


def check(kind: str, file: Path) -> None:
    """Demand that a file keeps a schema: ``github-actions``, ``github-workflows``, ``gitlab-ci``, ``compose-spec``."""
    ended = CliRunner().invoke(main, ["--builtin-schema", f"vendor.{kind}", "--no-cache", str(file)])
    assert ended.exit_code == 0, ended.output
