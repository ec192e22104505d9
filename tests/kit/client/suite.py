"""A test suite as a user may have one, with tests of refusals among the others: ``mockserver run -- python suite.py``.

It says which refusals it means, in each of the three ways. What is right in it, and what must stay a finding, is one
function each; those that are named on the command line are run, or all that are right.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import jwt

SERVICES = {
    "kling": ("/v1/images/omni-image", "/v1/images/omni-image", "GET /v1/account/costs"),
    "chainhub": ("/chainhub/kling/v1/images/omni-image",) * 2 + ("POST /chainhub/kling/v1/videos/image2video",),
    "yutoai": ("/yutoai/kling/v1/images/omni-image",) * 2 + ("POST /yutoai/kling/v1/images/generations",),
    "useapi": ("/v1/kling/images/omni", "/v1/kling/tasks", "GET /v1/kling/videos/effects"),
}
"""Where each service creates, where it shows a task, and what the fake does not serve."""

SERVICE = os.environ.get("SUITE_SERVICE", "kling")
CREATE, TASKS, UNSERVED = SERVICES[SERVICE]
IS_KLING = SERVICE == "kling"
MODEL = {"model_name": "kling-image-o1"} if SERVICE in ("chainhub", "yutoai") else {}
TOO_MANY = {"imageCount": 99} if SERVICE == "useapi" else {"n": 99}

BUSY = "too-fast" if SERVICE == "useapi" else "1303"
"""The fault that is HTTP 429."""

http = httpx.Client(base_url=os.environ["KLING_BASE_URL"], trust_env=False, timeout=60)

RIGHT: dict[str, Callable[[], None]] = {}
WRONG: dict[str, Callable[[], None]] = {}


def right(test: Callable[[], None]) -> Callable[[], None]:
    RIGHT[test.__name__] = test
    return test


def wrong(test: Callable[[], None]) -> Callable[[], None]:
    WRONG[test.__name__] = test
    return test


def bearer(token: str = "key-of-mine", **more: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", **{name.replace("_", "-"): value for name, value in more.items()}}


def signed(issuer: str = "access-key-of-mine", **claims: Any) -> str:
    now = int(time.time())
    return jwt.encode(
        {"iss": issuer, "exp": now + 1800, "nbf": now - 5, **claims}, "a secret of thirty-two characters!!"
    )


def post(body: dict[str, Any], headers: dict[str, str] | None = None) -> httpx.Response:
    return http.post(CREATE, json={**MODEL, **body}, headers=headers or bearer())


def look(id: str, headers: dict[str, str] | None = None, **more: str) -> httpx.Response:
    return http.get(f"{TASKS}/{id}", headers=headers or bearer(), params=more)


def id_of(answer: httpx.Response) -> str:
    body = answer.json()
    return str(body["task"]["id"] if SERVICE == "useapi" else body["data"]["task_id"])


def state_of(answer: httpx.Response) -> str:
    body = answer.json()
    return str(body["status_name"] if SERVICE == "useapi" else body["data"]["task_status"])


def done(id: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """Poll as a client does, but no longer than a test would."""
    for _ in range(12):
        answer = look(id, headers)
        if state_of(answer) == "succeed":
            break
        time.sleep(0.06)
    return answer


def control(path: str, body: Any) -> None:
    assert http.post(f"/_mock/{path}", json=body).status_code == 200


@right
def a_task_is_made_and_found() -> None:
    id = id_of(post({"prompt": "A cat"}))
    done(id)
    done(id)


@right
def a_finished_task_is_read_by_two_tests() -> None:
    id = id_of(post({"prompt": "A lion"}))
    done(id)
    for _ in range(2):
        assert look(id).status_code == 200


@right
def an_access_key_signs() -> None:
    headers = bearer(signed())
    id = id_of(post({"prompt": "A dog"}, headers))
    done(id, bearer(signed(jti=str(uuid4()))) if IS_KLING else headers)


@right
def another_key_asks_for_the_task() -> None:
    id = id_of(post({"prompt": "A horse"}))
    assert look(id, bearer("another-key-of-mine")).status_code >= 400
    assert look(id, bearer(signed())).status_code >= 400
    assert look(id).status_code == 200


@right
def an_unknown_id_is_not_found() -> None:
    assert look("123456789").status_code >= 400
    assert look(str(uuid4())).status_code >= 400


@right
def the_next_id_is_not_found() -> None:
    assert look(str(int(id_of(post({"prompt": "A pony"}))) + 1)).status_code >= 400


@right
def a_mistake_is_refused_by_a_header() -> None:
    for _ in range(3):
        refused = post({"prompt": "A cat", **TOO_MANY}, bearer(mockserver_expect="refusal"))
        assert refused.status_code == 400


@right
def a_mistake_is_refused_by_a_prompt() -> None:
    for _ in range(3):
        assert post({"prompt": "A cat [[mock: expect refusal]]", **TOO_MANY}).status_code == 400


@right
def a_mistake_is_refused_by_a_name() -> None:
    for headers in (bearer("mine-expect-refusal-1"), bearer(signed("ak-expect-refusal"))):
        for _ in range(2):
            assert post({"prompt": "A cat", **TOO_MANY}, headers).status_code == 400
        assert http.post(CREATE, content=b"prompt=A+cat", headers=headers).status_code == 400
        assert http.get(f"{CREATE}/no/such/path", headers=headers).status_code in (404, 405)


@right
def a_key_that_is_none_is_refused() -> None:
    assert http.get(TASKS, headers={"mockserver-expect": "refusal"}).status_code == 401
    assert http.get(TASKS, headers={"authorization": "Basic QQ==", "mockserver-expect": "refusal"}).status_code == 401
    assert http.get(TASKS, headers={"mockserver-expect": "refusal"}, params={"api_key": "1234"}).status_code == 401


@right
def a_second_region_is_tried_after_401() -> None:
    expired = bearer(signed(exp=int(time.time()) - 600) if IS_KLING else "")
    if not IS_KLING:
        control("faults", {"fault": f"bad-credentials x2 on {SERVICE}/omni-image.create", "account": "region"})
        expired = bearer("region")
    for region in (http, httpx.Client(base_url=os.environ["MOCKSERVER_URL"], trust_env=False)):
        assert region.post(CREATE, json={**MODEL, "prompt": "A cow"}, headers=expired).status_code == 401


@right
def a_path_that_is_not_served_is_asked_for() -> None:
    assert http.request(*UNSERVED.split(), headers=bearer()).status_code in (404, 405)


@right
def a_fault_is_survived() -> None:
    control("faults", {"fault": f"{BUSY} x1 on {SERVICE}/omni-image.create", "account": "busy"})
    assert post({"prompt": "A bird"}, bearer("busy")).status_code == 429
    time.sleep(0.31)
    assert post({"prompt": "A bird"}, bearer("busy")).status_code == 200


@right
def a_refusal_for_moderation_is_no_broken_rule() -> None:
    fault = "subscription" if SERVICE == "useapi" else "1301"
    control("faults", {"fault": f"{fault} x3 on {SERVICE}/omni-image.create", "account": "moderated"})
    for _ in range(3):
        assert post({"prompt": "Something rude"}, bearer("moderated")).status_code in (400, 402)


@right
def tests_run_side_by_side() -> None:
    def job(number: int) -> None:
        headers = bearer(f"worker-{number % 2}")
        id = id_of(post({"prompt": "The same cat"}, headers))
        done(id, headers)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(job, range(8)))


@right
def tests_side_by_side_find_a_busy_service() -> None:
    control("faults", {"fault": f"{BUSY} x2 on {SERVICE}/omni-image.create", "account": "crowd"})
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: post({"prompt": "A crowd"}, bearer("crowd")), range(2)))
    assert {answer.status_code for answer in answers} == {429}


@right
def a_list_shows_the_task() -> None:
    post({"prompt": "A cat in a list"})
    for _ in range(3):
        http.get(TASKS, headers=bearer())


@right
def a_test_resets_its_account() -> None:
    headers = bearer("resets-itself")
    id = id_of(post({"prompt": "A cat"}, headers))
    control("reset", {"account": "resets-itself"})
    assert look(id, headers).status_code >= 400


@right
def a_test_resets_everything() -> None:
    id = id_of(post({"prompt": "A cat"}))
    control("reset", {})
    assert look(id).status_code >= 400


@right
def somebody_waits_for_the_server() -> None:
    http.head("/")
    http.get("/health")
    http.request("OPTIONS", CREATE)


@wrong
def asks_on_no_path() -> None:
    http.get(f"/v1/nowhere/{id_of(post({'prompt': 'A cat'}))}", headers=bearer())


@wrong
def asks_on_the_path_of_another() -> None:
    http.get(f"/v1/videos/omni-video/{id_of(post({'prompt': 'A cat'}))}", headers=bearer())


@wrong
def asks_where_older_images_are() -> None:
    http.get(f"/v1/images/generations/{id_of(post({'prompt': 'A cat'}))}", headers=bearer())


@wrong
def sends_a_form() -> None:
    http.post(CREATE, data={"prompt": "A cat"}, headers=bearer())


@wrong
def polls_on() -> None:
    id = id_of(post({"prompt": "A cat"}))
    done(id)
    for _ in range(8):
        look(id)


@wrong
def has_its_key_in_the_url() -> None:
    http.post(CREATE, json={**MODEL, "prompt": "A cat"}, headers=bearer(), params={"api_key": "1234"})


@wrong
def has_no_bearer() -> None:
    http.post(CREATE, json={"prompt": "A cat"}, headers={"authorization": "Basic QUs6U0s="})


@wrong
def breaks_a_rule() -> None:
    post({"prompt": "A cat", **TOO_MANY})


@wrong
def repeats_its_mistake() -> None:
    for _ in range(3):
        post({"prompt": "A cat", **TOO_MANY}, bearer(idempotency_key="one-call"))


@wrong
def may_repeat_its_mistake() -> None:
    for _ in range(3):
        post({"prompt": "A cat", **TOO_MANY})


@wrong
def loses_a_task() -> None:
    control("faults", {"fault": f"reset-after x1 on {SERVICE}/omni-image.create", "account": "loser"})
    for _ in range(2):
        try:
            post({"prompt": "A cat"}, bearer("loser", idempotency_key="one-call"))
        except httpx.TransportError:
            continue


@wrong
def may_lose_a_task() -> None:
    control("faults", {"fault": f"reset-after x1 on {SERVICE}/omni-image.create", "account": "loser"})
    for _ in range(2):
        try:
            post({"prompt": "A cat"}, bearer("loser"))
        except httpx.TransportError:
            continue


@wrong
def gives_no_rest() -> None:
    control("faults", {"fault": f"{BUSY} x12 on {SERVICE}/omni-image.create", "account": "hasty"})
    for _ in range(12):
        post({"prompt": "A cat"}, bearer("hasty", idempotency_key="one-call"))


@wrong
def comes_back_too_early() -> None:
    fault = f"{BUSY} retry-after 5 x1 on {SERVICE}/omni-image.create"
    control("faults", {"fault": fault, "account": "hasty"})
    for _ in range(2):
        post({"prompt": "A cat"}, bearer("hasty", idempotency_key="one-call"))


if __name__ == "__main__":
    for name in sys.argv[1:] or RIGHT:
        {**RIGHT, **WRONG}[name]()
