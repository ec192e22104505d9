"""The environment of a program whose calls of the real hosts are to reach a fake: a proxy, and whom to trust."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from mockserver.contract.catalog import load
from mockserver.contract.service import Service
from mockserver.kit.client.child import unproxied
from mockserver.trust.authority import Authority
from mockserver.trust.bundle import BUNDLES, bundle, whole
from mockserver.types import value

_HERE = Path(__file__).parent

_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")

_EXTRA = "NODE_EXTRA_CA_CERTS"


@value
class Interception:
    """What is prepared for programs while they run.

    * ``hosts``: those whose calls reach the fake
    """

    hosts: tuple[str, ...]
    _folder: Path

    def variables(self, proxy: str, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return the variables that a program gets besides those that it would have; ``proxy`` is the fake's URL."""
        ours = [each for each in (str(self._folder / "python"), environment.get("PYTHONPATH", "")) if each]
        node = f'--require "{_escaped(self._folder / "node.cjs")}"'
        return {
            **dict.fromkeys(_PROXIES, proxy),
            **_unproxied(environment, self.hosts),
            **dict.fromkeys(BUNDLES, str(self._folder / "authorities.pem")),
            _EXTRA: str(self._folder / "extra.pem"),
            "NODE_OPTIONS": f"{node} {environment.get('NODE_OPTIONS', '')}".strip(),
            "PYTHONPATH": os.pathsep.join(ours),
        }


@contextmanager
def interception(
    services: Sequence[Service] | None = None,
    public_url: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Iterator[Interception]:
    """Write the files that intercepted programs need; they are gone in the end. Raises ``MockserverError``.

    ``services``: those whose calls are intercepted, by default all; ``public_url``: the origin of their results.
    """
    among = load().services.values() if services is None else services
    hosts = dict.fromkeys(host for service in among for host in service.hosts)
    if public_url is not None:
        hosts[urlsplit(public_url).hostname or ""] = None
    own = Authority.own().pem
    with TemporaryDirectory(prefix="mockserver-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "authorities.pem").write_text(whole(own, environment), encoding="latin-1")
        (folder / "extra.pem").write_text(bundle(own, environment, _EXTRA), encoding="latin-1")
        (folder / "node.cjs").write_text(
            f"require({json.dumps(str(_HERE / 'startup.cjs'))}).intercept({json.dumps([*hosts])});\n", encoding="utf-8"
        )
        (folder / "python").mkdir()
        shutil.copy(_HERE / "startup.py", folder / "python" / "sitecustomize.py")
        yield Interception(tuple(hosts), folder)


@contextmanager
def set_for_a_while(variables: Mapping[str, str]) -> Iterator[None]:
    """Let variables count in this process, for a testee that is an object in it."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, text in before.items():
            if text is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = text


def base_url(service: Service) -> str | None:
    """Return where clients have the service in their code; ``None`` if it has no host."""
    return f"https://{service.hosts[0]}" if service.hosts else None


def _unproxied(environment: Mapping[str, str], hosts: Sequence[str]) -> dict[str, str]:
    """Return what goes past the proxy: what does so already, and this machine, but for the hosts of the services."""
    known = [part.strip() for name in ("NO_PROXY", "no_proxy") for part in environment.get(name, "").split(",")]
    kept = [part for part in known if not any(_means(part, host) for host in hosts)]
    return unproxied({"NO_PROXY": ",".join(kept)})


def _means(part: str, host: str) -> bool:
    """Whether a part of NO_PROXY is about a host: by its name, the end of it, or a star."""
    name = part.partition(":")[0].lower().removeprefix("*").strip(".")
    return part == "*" or (bool(name) and f".{host}".endswith(f".{name}"))


def _escaped(path: Path) -> str:
    """Return a path as it stands between quotes in NODE_OPTIONS."""
    return str(path).replace("\\", "\\\\").replace('"', '\\"')
