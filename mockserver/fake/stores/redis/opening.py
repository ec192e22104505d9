"""Opening a store in Redis: what the server has to be, and one sentence with what to do where it is not."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from redis import exceptions
from redis.backoff import NoBackoff
from redis.connection import AbstractConnection, Connection, parse_url
from redis.retry import Retry

from mockserver.errors import BadSetting
from mockserver.fake.stores.redis.server import ANSWER_SECONDS, CONNECT_SECONDS, Server, reason, sources

_OPTION = "--store"

_SCHEMES = ("redis", "rediss", "valkey", "valkeys", "unix")

_LEAST_VERSION = (6, 2)
"""XADD and XRANGE with open ends, and commands with a time limit in the form that we write, are as old."""

_SCHEMA_KEY, _SCHEMA = "{mockserver}:schema", 1
"""Which form our data have. The key stays the same in all of them."""


def opened(url: str) -> Server:
    """Return the server that a URL names. Raises ``BadSetting``."""
    options, address = _options(url)
    connect = _connect(options)
    try:
        connection = connect()
    except exceptions.RedisError as error:
        raise BadSetting(_OPTION, _refusal(address, error, options)) from None
    except (TypeError, ValueError, OSError) as error:
        # The client checks its options itself; what it says may repeat the URL.
        raise BadSetting(_OPTION, f"{address}: these parameters cannot be used ({type(error).__name__}).") from None
    try:
        _check(connection, address)
    except exceptions.RedisError as error:
        raise BadSetting(_OPTION, _refusal(address, error, options)) from None
    finally:
        connection.disconnect()
    return Server(connect, address)


def _options(url: str) -> tuple[dict[str, Any], str]:
    """Return what a URL asks for, and what we call its server: never with a password."""
    example = "Write redis://HOST:PORT/DB, such as redis://127.0.0.1:6379/0."
    try:
        parts = urlsplit(url)
        scheme = parts.scheme.lower()
        address = parts.path if scheme == "unix" else f"{parts.hostname or 'localhost'}:{parts.port or 6379}"
        if scheme not in _SCHEMES or (scheme != "unix" and not re.fullmatch(r"(?:/\d{0,9})?", parts.path)):
            raise ValueError
        options = dict(
            parse_url(f"{scheme.replace('valkeys', 'rediss').replace('valkey', 'redis')}{url[len(scheme) :]}")
        )
    except ValueError:
        raise BadSetting(_OPTION, f"this is no URL of a Redis database. {example}") from None
    return options, address


def _connect(options: dict[str, Any]) -> Callable[[], AbstractConnection]:
    own = {
        "protocol": 2,
        "retry": Retry(NoBackoff(), 0),
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
    }
    kind = options.get("connection_class", Connection)
    given = {name: value for name, value in options.items() if name != "connection_class"}

    def connect() -> AbstractConnection:
        connection: AbstractConnection = kind(**{**given, **own})
        try:
            connection.connect()
            _claim(connection)
        except BaseException:
            connection.disconnect()
            raise
        return connection

    return connect


def _claim(connection: AbstractConnection) -> None:
    """Say which form our data have, where there are none yet. Raises ``ResponseError`` where they have another."""
    _ask(connection, "SET", _SCHEMA_KEY, _SCHEMA, "NX")
    schema = _ask(connection, "GET", _SCHEMA_KEY)
    for source in sources():
        _ask(connection, "SCRIPT", "LOAD", source)
    if schema != b"%d" % _SCHEMA:
        raise _OtherSchema(schema.decode(errors="replace"))


class _OtherSchema(exceptions.ResponseError):
    """The data in the database are in a form that this version does not know."""


def _check(connection: AbstractConnection, address: str) -> None:
    try:
        told = _info(connection)
    except exceptions.NoPermissionError:
        _warn(f"{address} does not tell its version (INFO is forbidden). It has to be Redis 6.2 or Valkey, or newer.")
        return
    version = re.match(r"(\d+)\.(\d+)", told.get("redis_version", ""))
    if version and (int(version[1]), int(version[2])) < _LEAST_VERSION:
        raise BadSetting(_OPTION, f"{address} is Redis {told['redis_version']}. It has to be 6.2 or newer, or Valkey.")
    policy = told.get("maxmemory_policy")
    if policy is None:
        _warn(f"{address} does not tell its maxmemory-policy. It has to be noeviction, or tasks get lost.")
    elif policy != "noeviction":
        text = f"{address} drops data when its memory is full (maxmemory-policy {policy}), so tasks would get lost."
        raise BadSetting(_OPTION, f"{text} Set it to noeviction: redis-cli CONFIG SET maxmemory-policy noeviction.")


def _info(connection: AbstractConnection) -> dict[str, str]:
    told: dict[str, str] = {}
    for section in ("server", "memory"):
        text = _ask(connection, "INFO", section).decode(errors="replace")
        told |= dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return told


def _ask(connection: AbstractConnection, *command: Any) -> Any:
    connection.send_command(*command)
    return connection.read_response()


def _refusal(address: str, error: exceptions.RedisError, options: dict[str, Any]) -> str:
    """Say why a server cannot be used, and what to do."""
    text = str(error)
    if isinstance(error, _OtherSchema):
        return f"{address}: this database is of another version of mockserver (schema {text}). Name another DB."
    if isinstance(error, exceptions.AuthenticationError | exceptions.AuthenticationWrongNumberOfArgsError):
        if options.get("password"):
            return f"{address} does not accept this user and password."
        return f"{address} wants a password: redis://USER:PASSWORD@HOST:PORT/DB."
    if "DB index" in text or "Invalid Database" in text or "SELECT is not allowed" in text:
        return f"{address} has no database {options.get('db')}. Name a lower number, such as 0."
    if text.startswith("MOVED"):
        return f"{address} is a node of a cluster that does not hold our keys. Name {text.rsplit(maxsplit=1)[-1]}."
    if isinstance(error, exceptions.InvalidResponse) or "Protocol Error" in text:
        return f"{address} is no Redis server: it answers in another language."
    if isinstance(error, exceptions.TimeoutError):
        return f"{address} does not answer in time. Is it a Redis server, and can it be reached from here?"
    if isinstance(error, exceptions.ConnectionError) and not isinstance(error, exceptions.BusyLoadingError):
        return f"nothing answers at {address} as Redis does. Start a Redis server there, or name another."
    return f"{address}: {reason(error)}"


def _warn(sentence: str) -> None:
    with suppress(OSError, ValueError):  # stderr may be closed
        sys.stderr.write(f"mockserver: {sentence}\n")
