"""Where the answers and requests of a service keep what a task is about, as ``layout`` in its ``service.json`` says.

The kit reads answers by it, so it needs no code for a new dialect.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self

from mockserver.contract.places import without
from mockserver.types import JSON, Path, Payload, value

STATES = ("submitted", "processing", "succeed", "failed")
"""The states of a task, in order, as Kling spells them; the last two are final, and exclude each other."""


@value
class ResultNames:
    """How a service calls what it says of a result; ``None`` for what it does not say.

    * ``index``: its place among the results, from 0; ``seconds``: a film's length
    * ``width`` and ``height``: in pixels
    """

    index: str | None = None
    seconds: str | None = None
    width: str | None = None
    height: str | None = None


@value
class PageFields:
    """The fields by which a client asks for a part of a list; ``None`` for what cannot be asked for.

    * ``size``: at most so many tasks; ``number``: which page, from 1
    * ``after`` and ``before``: bounds of the time of creation, in Unix milliseconds
    """

    size: str
    number: str | None = None
    after: str | None = None
    before: str | None = None


@value
class Echo:
    """Where a task repeats what was asked for: lists of objects, each with the name of a field and its value.

    * ``at``: the places of such lists in a task; ``name`` and ``value``: what the two are called
    * ``fields``: the name that stands there for each place of the request
    * ``rewritten``: a text that has this in it is repeated in other words; ``None`` if every text is repeated as it is
    * ``operations``: the names of the operations whose tasks do; nothing means all
    """

    at: tuple[Path, ...]
    name: str
    value: str
    fields: Mapping[str, str]
    rewritten: str | None = None
    operations: tuple[str, ...] = ()

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Self:
        """Read one of the ``echoes`` of a layout."""
        read = {"at": tuple(map(path, data["at"])), "fields": MappingProxyType(data["fields"])}
        return cls(**{**data, **read, "operations": tuple(data.get("operations", ()))})

    def is_of(self, operation: str) -> bool:
        """Whether the tasks of an operation of this name repeat their requests so."""
        return not self.operations or operation in self.operations


@value
class JobFields:
    """Where a service that tells what runs says it; a job is a task that runs.

    * ``running`` and ``executing``: the jobs in the answers of the operations that do ``running`` and ``available``
    * ``id``, ``external_id``, ``callback``, ``account``: in a job
    * ``available``: beside ``executing``, what each ``account`` could take: it may run so many jobs at ``most``, is
      ``busy`` with so many, and ``free`` for so many
    """

    running: Path
    executing: Path
    available: Path
    id: str
    external_id: str
    callback: str
    account: str
    most: str
    busy: str
    free: str

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Self:
        """Read the ``jobs`` of a layout."""
        places: dict[str, Any] = {name: path(data[name]) for name in ("running", "executing", "available")}
        return cls(**{**data, **places})


@value
class UploadFields:
    """Where a service that takes files says where they are.

    * ``urls``: the places that may hold a file's URL in the answer to its upload
    * ``listed``: the URLs in the list of files
    * ``reference``: the place in a request that may name such a URL
    """

    urls: tuple[Path, ...]
    listed: Path
    reference: str

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Self:
        """Read the ``uploads`` of a layout."""
        return cls(tuple(map(path, data["urls"])), path(data["listed"]), data["reference"])


@value
class Layout:
    """The places of the parts of a task. In a path, ``*`` stands for each item of a list.

    * ``task`` and ``tasks``: where one task may be in the answer to a query, the first place first, and the list of
      tasks in the answer to a list
    * ``created_id``: the id in the answer to a create, where there is no task as in a query; ``None`` if there is one
    * ``id``, ``status``, ``created_at``, ``updated_at``, ``reason``: in a task; ``None`` of the last three if it says
      none of it
    * ``external_id``: the places in a task that may hold the client's own name for it
    * ``units``: the place in a task that has ended of what it has cost, in units; ``None`` if no task says it
    * ``results``: the URLs of what was made; ``watermark``: the name of the watermarked twin's URL, beside it
    * ``result``: the names of what else is said of a result, beside its URL
    * ``request_id``: the field of each answer by which support finds a request; ``None`` if answers have none
    * ``states``: the state that each word of the wire means
    * ``external_id_field`` and ``callback_field``: the places in a request for the client's own name, and for the URL
      that is called back; ``None`` if there is none
    * ``account_field``: the place in requests that names one of several accounts; ``None`` if there is only one
    * ``pages``: the fields that choose a part of a list; ``None`` if a list comes only as a whole
    * ``finds_external_id``: a task is also found by the client's own name, so that name is unique
    * ``error_code`` and ``error_message``: in the body of an error; ``None`` if the service sends no code
    * ``echoes``: where a task repeats what was asked for
    * ``jobs`` and ``uploads``: where it is told what runs, and where files are; ``None`` if the service does not tell
    """

    task: tuple[Path, ...]
    tasks: Path
    created_id: Path | None
    id: Path
    status: Path
    created_at: Path | None
    updated_at: Path | None
    reason: Path | None
    external_id: tuple[Path, ...]
    units: str | None
    results: tuple[Path, ...]
    watermark: str | None
    result: ResultNames
    request_id: str | None
    states: Mapping[str, str]
    external_id_field: str | None
    callback_field: str | None
    account_field: str | None
    pages: PageFields | None
    finds_external_id: bool
    error_code: Path | None
    error_message: Path
    echoes: tuple[Echo, ...]
    jobs: JobFields | None
    uploads: UploadFields | None

    def unheard(self, payload: Mapping[str, JSON]) -> Payload:
        """Return a payload without a URL for callbacks."""
        return dict(payload) if self.callback_field is None else without(self.callback_field, payload)

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Self:
        """Read the ``layout`` of a ``service.json``, which its meta-schema has checked."""
        error = data["error"]
        spelled = {state: state for state in STATES} | data.get("states", {})
        return cls(
            task=tuple(map(path, [data["task"]] if isinstance(data["task"], str) else data["task"])),
            tasks=path(data.get("tasks", "")),
            created_id=_known(data, "created_id"),
            id=path(data["id"]),
            status=path(data["status"]),
            created_at=_known(data, "created_at"),
            updated_at=_known(data, "updated_at"),
            reason=_known(data, "reason"),
            external_id=tuple(map(path, data.get("external_id", ()))),
            units=data.get("units"),
            results=tuple(map(path, data.get("results", ()))),
            watermark=data.get("watermark"),
            result=ResultNames(**data.get("result", {})),
            request_id=data.get("request_id"),
            states=MappingProxyType(
                {
                    word: state
                    for state, words in spelled.items()
                    for word in ([words] if isinstance(words, str) else words)
                }
            ),
            external_id_field=data.get("external_id_field"),
            callback_field=data.get("callback_field"),
            account_field=data.get("account_field"),
            pages=PageFields(**data["pages"]) if "pages" in data else None,
            finds_external_id=data.get("finds_external_id", False),
            error_code=path(error["code"]) if "code" in error else None,
            error_message=path(error["message"]),
            echoes=tuple(map(Echo.parse, data.get("echoes", ()))),
            jobs=JobFields.parse(data["jobs"]) if "jobs" in data else None,
            uploads=UploadFields.parse(data["uploads"]) if "uploads" in data else None,
        )


def _known(data: Mapping[str, Any], name: str) -> Path | None:
    return path(data[name]) if name in data else None


def path(text: str) -> Path:
    """Return the steps of a place: ``images[].url`` is ``("images", "*", "url")``, and ``""`` the whole."""
    return tuple(text.replace("[]", ".*").split(".")) if text else ()
