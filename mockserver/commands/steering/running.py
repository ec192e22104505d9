"""A running fake, as the commands that steer it see it: its control API over HTTP."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

import click

from mockserver.destinations import is_loopback
from mockserver.errors import BadSetting, MockserverError
from mockserver.secrecy.curl import SERVE_URL
from mockserver.trust.authority import Authority, NoAuthority
from mockserver.types import JSON

_PATIENCE_SECONDS = 60.0
"""How long an answer may take: a fake whose clock is advanced waits for receivers of callbacks."""


class NoFake(MockserverError):
    """No fake answers, or what answers is none."""


class Refused(MockserverError):
    """A running fake refuses what it is asked; the text is its own."""


class Running:
    """The control API of a fake that runs already."""

    def __init__(self, url: str, token: str | None, *, shows_json: bool) -> None:
        """Raises ``BadSetting`` for what is no URL."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadSetting("--url", f"{url!r} is not an http or https URL. Write one such as {SERVE_URL}.")
        self.url, self._token, self.shows_json = url.rstrip("/").removesuffix("/_mock"), token, shows_json
        # What is on this machine is asked without a proxy, whatever the environment says.
        handlers: list[urllib.request.BaseHandler] = []
        if is_loopback(parts.hostname):
            handlers.append(urllib.request.ProxyHandler({}))
            if parts.scheme == "https":
                handlers.append(urllib.request.HTTPSHandler(context=_trusting()))
        self._opener = urllib.request.build_opener(*handlers)

    def get(self, path: str, **parameters: str) -> Any:
        """Ask for something. Raises ``NoFake`` and ``Refused``, as all others do."""
        return self._asked("GET", path, None, parameters)

    def post(self, path: str, body: JSON = None) -> Any:
        """Ask for something to be done."""
        return self._asked("POST", path, body, {})

    def delete(self, path: str, **parameters: str) -> Any:
        """Ask for something to be removed."""
        return self._asked("DELETE", path, None, parameters)

    def events(self) -> Iterator[JSON]:
        """Yield the state now and after each change, until the fake ends."""
        with self._opened("GET", "events", None, {}) as answer:
            try:
                for line in answer:
                    if line.startswith(b"data: "):
                        yield json.loads(line.removeprefix(b"data: "))
            except (OSError, ValueError) as error:
                raise NoFake(f"the fake at {self.url} has ended: {error}") from error

    def show(self, found: JSON, lines: Callable[[], Iterator[str]]) -> None:
        """Print what the fake has answered: as it is if JSON is wanted, and else a line for each thing."""
        if self.shows_json:
            click.echo(json.dumps(found, ensure_ascii=False))
        else:
            for line in lines():
                click.echo(line)

    def _asked(self, method: str, path: str, body: JSON, parameters: Mapping[str, str]) -> Any:
        with self._opened(method, path, body, parameters) as answer:
            try:
                return json.loads(answer.read())
            except ValueError as error:
                raise NoFake(f"what answers at {self.url} is no mockserver. Name another URL with --url.") from error

    def _opened(self, method: str, path: str, body: JSON, parameters: Mapping[str, str]) -> Any:
        query = f"?{urlencode(parameters)}" if parameters else ""
        request = urllib.request.Request(  # noqa: S310 # the scheme was checked
            f"{self.url}/_mock/{path}{query}", None if body is None else json.dumps(body).encode(), method=method
        )
        request.add_header("content-type", "application/json")
        if self._token is not None:
            request.add_header("authorization", f"Bearer {self._token}")
        try:
            return self._opener.open(request, timeout=_PATIENCE_SECONDS)
        except urllib.error.HTTPError as error:
            raise self._refused(error) from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            hint = "Start one with `mockserver serve`, or name its URL with --url."
            raise NoFake(
                f"no fake answers at {self.url}: {getattr(reason, 'strerror', None) or reason}. {hint}"
            ) from error

    def _refused(self, error: urllib.error.HTTPError) -> MockserverError:
        try:
            said = json.loads(error.read())["error"]
        except (OSError, ValueError, TypeError, KeyError):
            return NoFake(f"what answers at {self.url} is no mockserver: it answers HTTP {error.code}.")
        return Refused(str(said))


def _trusting() -> ssl.SSLContext:
    """Return a context that trusts this user's authority as well: a fake on this machine has a certificate of that."""
    context = ssl.create_default_context()
    with suppress(NoAuthority):
        context.load_verify_locations(cadata=Authority.own().pem)
    return context


def running(command: Callable[..., Any]) -> Callable[..., Any]:
    """Hand a command the fake that its options, ``RUNNING``, are about as its first argument."""

    @wraps(command)
    def with_running(url: str, control_token: str | None, shows_json: bool, **named: Any) -> Any:
        return command(Running(url, control_token, shows_json=shows_json), **named)

    return with_running
