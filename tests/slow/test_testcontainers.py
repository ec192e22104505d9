"""docs/containers.md, Testcontainers: the recipe for Python plays with a process for a container; Node reads the other.

No engine is here. What the library would ask one for is answered by ``Engine``; all else is the library's own.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from tests.support.pages.page import ROOT, blocks
from tests.support.process import Process, started
from tests.support.programs import lack, need

pytestmark = pytest.mark.torture

RECIPES = {
    block.kind: block.text
    for block in blocks((ROOT / "docs" / "containers.md").read_text(encoding="utf-8"))
    if "test_testcontainers" in block.reason
}


class Engine:
    """An engine with one container, which is a process on this machine."""

    status, id, short_id = "running", "mockserver", "mockserver"

    def __init__(self, mode: object) -> None:
        self._mode, self._stack = mode, ExitStack()
        self._start: Callable[[], AbstractContextManager[Process]] | None = None
        self._process: Process | None = None

    def create(
        self, image: str, command: str, environment: Mapping[str, str], ports: Mapping[str, None], **_: Any
    ) -> Self:
        assert (image, [*ports]) == ("mockserver", ["8080"])
        token = environment["MOCKSERVER_CONTROL_TOKEN"]
        self._start = lambda: started(*shlex.split(command), "--control-token", token)
        return self

    def start(self, _: object) -> None:
        assert self._start is not None
        self._process = self._stack.enter_context(self._start())

    def remove(self, **_: Any) -> None:
        self._stack.close()

    def port(self, _: str, port: int) -> int:
        assert port == 8080
        assert self._process is not None
        return self._process.port

    def get_connection_mode(self) -> object:
        return self._mode

    def host(self) -> str:
        return "127.0.0.1"

    def reload(self) -> None:
        """Look at the container again."""

    def close(self) -> None:
        """Close the connection to the engine."""

    @property
    def client(self) -> Self:
        return self


def test_the_recipe_for_python_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        from testcontainers.core import container as library
        from testcontainers.core.config import ConnectionMode, testcontainers_config
    except ModuleNotFoundError:
        lack("Testcontainers, which make torture installs")
    engine = Engine(ConnectionMode.docker_host)
    monkeypatch.setattr(library, "DockerClient", lambda **_: engine)
    monkeypatch.setattr(testcontainers_config, "ryuk_disabled", True)
    names: dict[str, Any] = {}
    recipe = RECIPES["python"].replace('@pytest.fixture(scope="session")', "@contextmanager")
    exec(recipe.replace("import pytest", "from contextlib import contextmanager"), names)
    with names["kling_url"]() as url:
        headers = {"authorization": "Bearer of-these-tests"}
        assert httpx.get(f"{url}/_mock/settings", headers=headers).json()["pace"] == "instant"
        assert httpx.get(f"{url}/_mock/settings").status_code == 403
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/_mock/ready")


def test_the_recipe_for_node_is_javascript(tmp_path: Path) -> None:
    need("node")
    file = tmp_path / "kling.mjs"
    file.write_text(RECIPES["js"], encoding="utf-8")
    assert subprocess.run(["node", "--check", str(file)], check=False).returncode == 0
