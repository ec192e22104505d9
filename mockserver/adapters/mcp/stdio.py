"""The door over stdio: a program that an assistant starts, which finds a fake that runs or starts one of its own."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from urllib.parse import urlsplit

import anyio
import httpx2
from anyio import to_thread
from mcp.server.stdio import stdio_server

from mockserver.adapters.mcp.checking import Checking
from mockserver.adapters.mcp.door import door
from mockserver.adapters.mcp.pipe import Input, Output, Unanswered
from mockserver.adapters.mcp.steered import PATIENCE_SECONDS, NoFake, Reached, Steered
from mockserver.adapters.mcp.tool import Session
from mockserver.adapters.testing.live import live
from mockserver.contract.catalog import load
from mockserver.destinations import is_loopback
from mockserver.errors import BadSetting
from mockserver.secrecy.curl import SERVE_URL
from mockserver.suggestions import quoted

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Found:
    """The fake of an assistant: the one at a URL; or else that of ``mockserver serve``, if it runs; or else its own."""

    def __init__(self, url: str | None, token: str | None) -> None:
        """Raises ``BadSetting`` for what is no URL."""
        if url is not None and not _is_url(url):
            raise BadSetting("--url", f"{quoted(url)} is not an http or https URL. Write one such as {SERVE_URL}.")
        self._url, self._token = url, token
        self._reached: Reached | None = None
        self._lock, self._begun = anyio.Lock(), AsyncExitStack()

    async def reach(self) -> Reached:
        """Return it; it is looked for, or started, when it is first needed."""
        async with self._lock:
            if self._reached is None:
                self._reached = await self._found()
            return self._reached

    def lose(self) -> None:
        """Look for another next time."""
        self._reached = None

    async def close(self) -> None:
        """Close what was opened, and end its own, if there is one."""
        await self._begun.aclose()

    async def _found(self) -> Reached:
        if self._url is not None:
            return await self._at(self._url, "Start it there, or name another URL with `mockserver mcp --url`.")
        usual = await self._at(SERVE_URL)

        async def reach() -> Reached:
            return usual

        with suppress(NoFake):
            await Steered(reach).ask("health")
            return usual
        # Its own has no token, and what runs elsewhere cannot take its port.
        own = live()
        running = await to_thread.run_sync(own.__enter__)
        self._begun.push_async_callback(to_thread.run_sync, own.__exit__, None, None, None)
        return await self._at(running.url)

    async def _at(
        self, url: str, otherwise: str = "Ask again: one that runs is looked for, or one is started."
    ) -> Reached:
        headers = {} if self._token is None else {"authorization": f"Bearer {self._token}"}
        base = url.rstrip("/").removesuffix("/_mock")
        # What is on this machine is asked without a proxy, whatever the environment says.
        uses_proxies = not is_loopback(httpx2.URL(base).host)
        client = httpx2.AsyncClient(base_url=base, headers=headers, timeout=PATIENCE_SECONDS, trust_env=uses_proxies)
        return Reached(await self._begun.enter_async_context(client), base, otherwise)


def _is_url(text: str) -> bool:
    try:
        httpx2.URL(text)  # it refuses some that the standard library takes, and the other way round
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except (httpx2.InvalidURL, ValueError):
        return False


async def serve(url: str | None, token: str | None) -> None:
    """Answer on stdin and stdout until stdin ends or a signal comes."""
    found, checking = Found(url, token), Checking()
    server = door(Session(Steered(found.reach, found.lose), _services, checking))
    async with _ended_by_signals(found, checking):
        try:
            async with stdio_server() as (reading, writing):
                unanswered = Unanswered()
                sides = Input(reading, unanswered), Output(writing, unanswered)
                await server.run(*sides, server.create_initialization_options())
        except* (BrokenPipeError, anyio.BrokenResourceError):
            pass  # whoever reads has gone


@asynccontextmanager
async def _ended_by_signals(found: Found, checking: Checking) -> AsyncIterator[None]:
    """End at a signal, with all that was begun. A thread still waits for a line of stdin: the process does not."""

    async def end() -> None:
        await checking.end()
        await found.close()

    async def listen() -> None:
        if os.name == "nt":  # which cannot tell a loop of signals; there Ctrl-C ends the process as it is
            return
        numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
        with anyio.open_signal_receiver(*numbers) as signals:
            async for _ in signals:
                await end()
                sys.stderr.flush()
                os._exit(0)

    async with anyio.create_task_group() as group:
        group.start_soon(listen)
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await end()
            group.cancel_scope.cancel()


def _services() -> Mapping[str, str]:
    return {service.id: service.title for service in load().services.values()}
