"""Assets at useapi: files that an account uploads so that requests can refer to them (useapi 3)."""

from __future__ import annotations

from urllib.parse import urlsplit

from mockserver.fake.answering.refusal import Refused
from mockserver.fake.call import Call
from mockserver.fake.dialects.useapi_accounts import is_of, meant
from mockserver.fake.dialects.useapi_task import BLANK, Work, made, source, work
from mockserver.fake.intake.auth import user
from mockserver.fake.intake.bodies import media_type
from mockserver.fake.media import results
from mockserver.fake.media.origin import origin
from mockserver.fake.media.uploads import Measure, Upload, is_upload, measured
from mockserver.fake.world import World
from mockserver.types import JSON

_VENDORS = ("klingai.com", "useapi.net")
_STATUS = {"image": 3, "video": 1, "audio": 3}


def upload(world: World, call: Call) -> dict[str, JSON]:
    """Keep a file and say where it is. Raises ``Refused``."""
    kind = media_type(call.request, call.operation, {})
    may_be = call.operation.uploads[kind]
    found = Upload(
        id=str(world.ids.integer()),
        service=call.service.id,
        account=call.account,
        email=meant(world, call),
        kind=may_be["kind"],
        content_type=kind,
        suffix=may_be["suffix"],
        base_url=origin(call.request, world.settings),
        created_at=call.now,
        measure=_checked(call, kind),
    )
    world.uploads.add(found, call.request.body)
    answer: dict[str, JSON] = {"status": _STATUS[found.kind], "message": "", "fileName": found.name}
    if found.kind == "video":
        return {**answer, "resourceUrl": found.url, "coverUrl": found.cover_url}
    return {**answer, "url": found.url}


def listed(world: World, call: Call) -> list[JSON]:
    """Return a page of an account's uploads."""
    asked = {**call.operation.defaults, **call.payload}
    email = meant(world, call)
    found = [
        each
        for each in world.uploads
        if (each.service, each.account) == (call.service.id, call.account)
        and email in ("", each.email)
        and asked.get("contentType") in (None, each.kind)
        and asked.get("fileName", "") in each.name
    ]
    ordered = found if asked["sort"] == "desc" else found[::-1]
    start = (asked["pageNum"] - 1) * asked["pageSize"]
    return [_shown(each) for each in ordered[start : start + asked["pageSize"]]]


def discarded(world: World, call: Call) -> list[str]:
    """Forget an account's uploads that a query names, and return the ids of those that were there."""
    wanted, email = call.payload["id"].split(","), meant(world, call)
    found = [
        each
        for each in world.uploads
        if (each.service, each.account) == (call.service.id, call.account)
        and each.id in wanted
        and (not email or each.email in ("", email))
    ]
    for each in found:
        world.uploads.drop(each)
    return [each.id for each in found]


def download(world: World, call: Call) -> str:
    """Return the URL of the works that a query names. Raises ``Refused`` for one that is not there."""
    email, files = meant(world, call), []
    for id in call.payload["workIds"].split(","):
        found = work(world, call.service.id, call.account, int(id))
        if found is None or not is_of(found.task, email):
            raise Refused("missing-asset")
        files.append((found.task, made(world, found)))
    types = (call.payload.get("fileTypes") or "").upper().split(",")
    wanted = [each for each in files if types == [""] or each[1].suffix[1:].upper() in types]
    if not wanted:
        raise Refused("invalid", message="Invalid parameters")
    is_one = len(files) == 1 and len(types) == 1
    return results.url(*wanted[0]) if is_one else results.archive_url(wanted)


def checked_inputs(world: World, call: Call, email: str) -> Work | None:
    """Return the work that a payload goes on with. Raises ``Refused`` for it or a file that Kling would not find."""
    info, before = call.operation.info, None
    if "of" in info:
        before = source(world, call.operation, call.account, call.payload)
        if before is None or not is_of(before.task, email):
            raise Refused("missing-asset")
    for name in info.get("inputs", ()):
        url = call.payload.get(name)
        if url and not _is_found(world, call, email, url):
            raise Refused("missing-asset")
    return before


def _is_found(world: World, call: Call, email: str, url: str) -> bool:
    """Whether an image is there; one that was uploaded is there only for the account that did it (K-15)."""
    if is_upload(url):
        found = world.uploads.behind(url)
        return found is not None and found.account == call.account and (not email or found.email in ("", email))
    if call.readings["foreign-image"] == "accepted":
        return True
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return any(host == vendor or host.endswith("." + vendor) for vendor in _VENDORS)


def _checked(call: Call, kind: str) -> Measure:
    """Check a file against the limits of its type. Raises ``Refused``."""
    content, may_be = call.request.body, call.operation.uploads[kind]
    if not content:
        raise Refused("bad-asset", fact="it is empty")
    if len(content) > may_be["bytes"]:
        row = "large-asset" if call.readings["asset-too-large"] == "400" else "large-asset-413"
        raise Refused(row, reading="asset-too-large", limit=may_be["bytes"])
    measure = measured(may_be["kind"], may_be["suffix"], content)
    if measure is None:
        raise Refused("bad-asset", fact=f"it cannot be read as {kind}")
    if min(measure.width, measure.height) < may_be.get("side", 0):
        fact = f"{measure.width} x {measure.height} px, each side at least {may_be['side']}"
        raise Refused("bad-asset", fact=fact)
    seconds = may_be.get("seconds")
    # A film of ten seconds has a frame or a few samples more.
    if seconds is not None and measure.duration >= (seconds + 1) * 1000:
        raise Refused("bad-asset", fact=f"{measure.duration / 1000:g} s, at most {seconds}")
    return measure


def _shown(each: Upload) -> JSON:
    width, height, duration = each.measure
    resource = {"resource": each.url, "height": height, "width": width, "duration": duration, "resourceKey": ""}
    cover = {**BLANK, "resource": each.cover_url} if each.kind == "video" else BLANK
    return {
        "id": each.id,
        "name": each.name,
        "userId": user(each.account),
        "contentType": each.kind,
        "resource": resource,
        "cover": cover,
        "createTime": each.created_at,
        "updateTime": each.created_at,
        "favored": False,
        "extraInfo": "{}",
        "entrance": "",
    }
