"""Recordings: exchanges with a real service, kept as fixtures without credentials and personal fields.

The name of a file says what the answer is, which request it belongs to, and its number among the answers to this
request: ``kling/omni-image.get/processing-1f3a9c2b-2.json``. So a task that is polled becomes a row of files, and
recording the same again changes nothing.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema_rs

from mockserver.adapters.proxy.fixtures import known, outline, recorded_answer, recorded_request, wired
from mockserver.adapters.proxy.inspection import Exchange
from mockserver.adapters.proxy.redaction import Redactor
from mockserver.contract.differences import Difference
from mockserver.contract.routes import Match, NoMatch, Router
from mockserver.contract.service import Service
from mockserver.errors import MockserverError
from mockserver.files import check_writable, write
from mockserver.resources import folder
from mockserver.secrecy.mask import json_of, secrets
from mockserver.types import JSON, Millis, pointer

NOT_SERVED = "not-served"
"""The folder of exchanges that belong to no operation of the service."""

_MOST_SECRETS = 200
"""Credentials of earlier exchanges that are still removed; a proxy rarely sees more accounts."""

_NUMBER = re.compile(r"-([0-9]{1,9})$")


class BadRecording(MockserverError):
    """A folder or a file that cannot be used as a recording."""

    def __init__(self, file: object, fact: str) -> None:
        super().__init__(f"{file}: {fact}")


@dataclass(frozen=True, slots=True)
class Recording:
    """One exchange of a folder; a request with the same ``outline`` has the same answer."""

    name: str
    fixture: dict[str, Any]
    outline: dict[str, JSON]

    @property
    def id(self) -> str:
        """The same for all recordings of one request."""
        return identity(self.outline)


def identity(outline: dict[str, JSON]) -> str:
    """Return the name that all requests with this outline share."""
    return sha256(_canonical(outline).encode(errors="backslashreplace")).hexdigest()[:8]


def load(place: Path, service: Service, router: Router) -> list[Recording]:
    """Read the recordings of a service, those of one request in their order. Raises ``BadRecording``."""
    found = []
    for file in sorted((place / service.id).glob("*/*.json"), key=_order):
        fixture = read_fixture(file)
        if "request" in fixture:
            name = file.relative_to(place).with_suffix("").as_posix()
            found.append(Recording(name, fixture, outline(wired(fixture["request"]), router, Redactor())))
    return found


class Recorder:
    """Writes exchanges into a folder, except those that are there already."""

    def __init__(self, place: Path, service: Service, router: Router, host: str) -> None:
        """``host`` is the host that answers. Raises ``BadRecording`` for a folder that cannot be used."""
        self._place, self._service, self._router = place, service, router
        self.source = f"recorded at {host}"
        self._confidence = "observed" if host.partition(":")[0] in service.hosts else "gateway"
        self._secrets: deque[str] = deque(maxlen=_MOST_SECRETS)
        self._answers: dict[str, list[str]] = {}
        self._places: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        try:
            place.mkdir(parents=True, exist_ok=True)
            check_writable(place / "recording")
        except OSError as error:
            raise BadRecording(place, f"cannot be written to: {error.strerror}") from error
        for recording in load(place, service, router):
            self._answers.setdefault(recording.id, []).append(_said(recording.fixture["response"]))
            self._numbers[recording.id] = max(self._numbers.get(recording.id, 0), _number(recording.name))

    def record(self, exchange: Exchange, differences: tuple[Difference, ...], now: Millis = 0) -> str | None:
        """Write an exchange and return its name; ``None`` if it is not new, or not known as a whole.

        An answer is new if it is not among those that were recorded for the same request, from the last one on that
        was seen again. Raises ``OSError``.
        """
        if exchange.unknown or not exchange.request.path.startswith("/"):
            return None
        match = self._router.match(exchange.request.method, exchange.request.path, "")
        redactor = Redactor(self._known(exchange, match))
        request = recorded_request(exchange.request, match, redactor)
        response = recorded_answer(exchange.response, redactor)
        id, said = identity(outline(wired(request), self._router, Redactor())), _said(response)
        answers, place = self._answers.setdefault(id, []), self._places.get(id, 0)
        if said in answers[place:]:
            self._places[id] = answers.index(said, place)
            return None
        operation = match.operation.name if isinstance(match, Match) else NOT_SERVED
        number = self._numbers.get(id, 0) + 1
        name = f"{self._service.id}/{operation}/{_word(response)}-{id}-{number}"
        fixture = {"source": self.source, "confidence": self._confidence, "request": request, "response": response}
        self._write(name, fixture | _marks(differences) | ({"at": now} if now else {}))
        answers.append(said)
        self._places[id], self._numbers[id] = len(answers) - 1, number
        return name

    def _known(self, exchange: Exchange, match: Match | NoMatch) -> Iterator[str]:
        """Yield what must not be kept: the secrets of this exchange, and the credentials of those before it."""
        request, response = exchange.request, exchange.response
        self._secrets.extend(secrets(request.headers, {}, None))
        yield from self._secrets
        yield from known(request, match)
        yield from secrets(response.headers, {}, json_of(response.body))

    def _write(self, name: str, fixture: dict[str, JSON]) -> None:
        file = self._place / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(fixture, ensure_ascii=False, indent=2) + "\n"
        write(file, text.encode(errors="backslashreplace"))  # half a surrogate pair can only be escaped


def _marks(differences: tuple[Difference, ...]) -> dict[str, JSON]:
    """Mark a recording as one that the fake need not reproduce, and say where it differs from the contract."""
    why = "A recording: what came before it is not recorded here."
    wrong = [f"{found.pointer or '/'} ({found.keyword})" for found in differences if found.side == "answer"]
    if not wrong:
        return {"reproduced": False, "why": why}
    why += f" The contract says something else at {', '.join(wrong)}."
    return {"valid": False, "reproduced": False, "why": Redactor().text(why)}


def _word(response: dict[str, JSON]) -> str:
    """Return a word for an answer: the state of a task, a code, or a status."""
    body = response.get("body")
    fields: dict[str, JSON] = body if isinstance(body, dict) else {}
    if response["status"] >= 400:
        code = fields.get("code")
        return f"code-{code}" if isinstance(code, int) and 0 < code < 10_000 else f"http-{response['status']}"
    data = fields.get("data")
    word = (data if isinstance(data, dict) else {}).get("task_status", fields.get("status_name"))
    return word if isinstance(word, str) and re.fullmatch(r"[a-z]{1,20}", word) else f"http-{response['status']}"


def _said(response: dict[str, JSON]) -> str:
    """Return an answer without its request id, which is another one each time."""
    body = response.get("body")
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name != "request_id"}
    return _canonical({**response, "body": body})


def _canonical(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _order(file: Path) -> tuple[str, int, str]:
    return file.parent.name, _number(file.stem), file.stem


def _number(name: str) -> int:
    found = _NUMBER.search(name)
    return int(found[1]) if found else 0


def read_fixture(file: Path) -> dict[str, Any]:
    """Read a recording. Raises ``BadRecording`` for a file that is none."""
    try:
        fixture = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadRecording(file, f"cannot be read: {error}") from error
    for wrong in _form().iter_errors(fixture):
        raise BadRecording(file, f"{pointer(tuple(wrong.instance_path)) or '/'}: {wrong.message[:200]}")
    found: dict[str, Any] = fixture
    return found


@cache
def _form() -> Any:
    return jsonschema_rs.validator_for(json.loads((folder("fixtures") / "fixture.meta.json").read_text("utf-8")))
