"""Uploads: a picture that a service takes, and files that it must refuse."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mockserver.contract.places import with_value
from mockserver.contract.service import Operation
from mockserver.kit.server.evidence import Attempt, Beside, Purpose
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.scenarios.scenario import Scenario
from mockserver.kit.server.watched_tasks import small_picture
from mockserver.kit.task_view import at
from mockserver.types import JSON

PICTURE = "image/png"
"""The type of the picture that the kit makes."""

GOOD = "a picture"
WRONG_TYPES = {
    "a text": "text/plain",
    "any bytes": "application/octet-stream",
    "a form": "multipart/form-data; boundary=x",
}
"""Types that no service takes a picture as, by what they call it."""

NO_CREDENTIALS = "no credentials"
"""The cases that a check names."""

_MEGABYTE_RATIO = 1.05
"""A limit in megabytes may mean 1 000 000 or 1 048 576 bytes: so much more is above both."""

_UNKNOWN_ACCOUNT = "nobody-of-mockserver-check@example.com"
"""An account that nobody has configured."""


class Upload(NamedTuple):
    """An upload, what it is called, and what is sent."""

    case: str
    content: bytes
    media_type: str | None = PICTURE
    account: Mapping[str, JSON] | None = None
    headers: Mapping[str, str | None] = {}


def upload_files(probe: Probe) -> None:
    """Where a service takes files, upload a picture, look for it, and upload what must be refused. Raises ``Spent``."""
    operation = probe.expectations.operation_that("upload")
    if operation is None or PICTURE not in operation.uploads:
        return
    url = uploaded_url(probe, upload_picture(probe, operation, Purpose.UPLOAD, case=GOOD))
    uploaded = probe.expectations.operation_that("uploaded")
    if url is not None and uploaded is not None:
        probe.ask(uploaded, probe.account_fields(uploaded) or None, Purpose.UPLOAD, Beside(url, None), case=GOOD)
    for upload in _wrong_uploads(probe.expectations, operation):
        probe.budget.check()
        probe.upload(
            operation, upload.content, upload.media_type, Purpose.UPLOAD,
            case=upload.case, account=upload.account, headers=upload.headers,
        )  # fmt: skip


def upload_picture(probe: Probe, operation: Operation, purpose: Purpose, *, case: str) -> Attempt:
    """Upload a picture that every service takes."""
    return probe.upload(operation, _picture(), PICTURE, purpose, case=case)


def uploaded_url(probe: Probe, attempt: Attempt) -> str | None:
    """Return the URL of a file that was uploaded; ``None`` if it was refused, or the answer has no URL."""
    fields = probe.expectations.layout.uploads
    if fields is None or not attempt.is_accepted:
        return None
    found = (at(attempt.exchange.received, place) for place in fields.urls)
    return next((url for url in found if isinstance(url, str) and url), None)


def _wrong_uploads(expectations: Expectations, operation: Operation) -> Iterator[Upload]:
    """Yield what must be refused under every reading that is possible."""
    picture, limit = _picture(), operation.uploads[PICTURE]["bytes"]
    for case, media_type in WRONG_TYPES.items():
        yield Upload(f"the type of {case}", picture, media_type)
    yield Upload("no type", picture, None)
    yield Upload("an empty file", b"")
    yield Upload("a file that is too large", picture + bytes(round(limit * _MEGABYTE_RATIO) - len(picture)))
    yield Upload(NO_CREDENTIALS, picture, headers={"authorization": None})
    field = expectations.layout.account_field
    if field is None:
        return
    if any(expectations.is_refused(operation, rule, {}) for rule in operation.rules):
        yield Upload("no account", picture, account={})
    has_several = "one" not in expectations.possible("several-accounts")
    if has_several and "accepted" not in expectations.possible(f"unknown-{field}"):
        yield Upload("an account that is not configured", picture, account=with_value(field, {}, _UNKNOWN_ACCOUNT))


def _picture() -> bytes:
    return b64decode(small_picture())


UPLOADS = Scenario("uploads", upload_files, frozenset({Purpose.UPLOAD}))
