"""What a Python that is intercepted runs as it starts, as its ``sitecustomize``: aiohttp asks no proxy by itself.

It knows only the standard library, and whatever Python starts it. The machine's own ``sitecustomize`` runs as well.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

TYPE_CHECKING = False  # a start should not wait for typing
if TYPE_CHECKING:
    from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - a start should not wait for pathlib


class _Watcher:
    """Notices when aiohttp is imported, and lets its sessions ask the proxy of the environment."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Find aiohttp as Python would, and nothing else."""
        if name != "aiohttp.client":
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def exec_module(module: Any) -> None:
                run(module)
                _trust(module.ClientSession)

            vars(spec.loader)["exec_module"] = exec_module
        return spec


def _trust(session: Any) -> None:
    begin = session.__init__

    def __init__(self: Any, *args: Any, **named: Any) -> None:  # noqa: N807 - it takes that one's place
        named["trust_env"] = True
        begin(self, *args, **named)

    session.__init__ = __init__


def _run_the_next() -> None:
    """Run the ``sitecustomize`` that would have been found without us."""
    others = [each for each in sys.path if os.path.abspath(each or ".") != _HERE]  # noqa: PTH100
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


if __name__ == "sitecustomize":
    sys.meta_path.insert(0, _Watcher())
    _run_the_next()
