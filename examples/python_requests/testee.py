"""A testee on requests, with urllib3's retries: mockserver check client -- python examples/python_requests/testee.py"""

import json
import sys
import time

import requests
from urllib3.util import Retry

PATHS = {"kling/omni-image": "/v1/images/omni-image", "kling/omni-video": "/v1/videos/omni-video"}
HELLO = {"name": "example-requests", "version": "1", "operations": list(PATHS), "big_numbers": True}
WAITING = {"total": 3, "backoff_factor": 0.4, "raise_on_status": False, "respect_retry_after_header": True}


class Patient(Retry):
    """urllib3 does not wait before its first retry."""

    def get_backoff_time(self):
        return max(0.4, super().get_backoff_time())


def session(token):
    found = requests.Session()
    found.headers["authorization"] = f"Bearer {token}"
    # A create is sent again only when it was refused; one without an answer may have made a task.
    create = Patient(read=0, other=0, status_forcelist=[429, 500, 503], allowed_methods=["POST"], **WAITING)
    poll = Patient(status_forcelist=[429, 500, 502, 503, 504], allowed_methods=["GET"], **WAITING)
    return found, requests.adapters.HTTPAdapter(max_retries=create), requests.adapters.HTTPAdapter(max_retries=poll)


def told(response):
    try:
        body = response.json()
    except ValueError:
        body = {"message": f"no JSON: {response.text[:100]}"}
    is_good = response.status_code == 200 and body.get("code") == 0
    said = {"http_status": response.status_code, "code": body.get("code"), "request_id": body.get("request_id")}
    return (body["data"], None) if is_good else (None, {"outcome": "error", "message": body["message"], **said})


def generate(ask):
    deadline, url = time.monotonic() + ask["timeout"], ask["base_url"] + PATHS[ask["operation"]]
    http, create, poll = session(ask["credentials"]["token"])
    task_id = None
    try:
        http.mount(ask["base_url"], create)
        data, refusal = told(http.post(url, json=ask["payload"], timeout=5))
        if refusal:
            return refusal
        task_id = data["task_id"]
        http.mount(ask["base_url"], poll)
        while time.monotonic() < deadline:
            time.sleep(0.1)
            try:
                data, refusal = told(http.get(f"{url}/{task_id}", timeout=5))
            except requests.exceptions.ChunkedEncodingError:
                continue  # cut in the middle of the body, where urllib3 does not look any more
            if refusal:
                return {**refusal, "task_id": task_id}
            if data["task_status"] == "failed":
                return {"outcome": "failed", "task_id": task_id, "message": data["task_status_msg"]}
            if data["task_status"] == "succeed":
                found = data["task_result"]
                items = found.get("series_images") or found.get("images") or found["videos"]
                return {"outcome": "succeed", "task_id": task_id, "urls": [item["url"] for item in items]}
    except requests.RequestException as error:
        return {"outcome": "error", "message": f"no answer: {error!r}", **({"task_id": task_id} if task_id else {})}
    return {"outcome": "timeout", "task_id": task_id}


for line in sys.stdin:
    ask = json.loads(line)
    verbs = {"hello": lambda _: HELLO, "generate": generate}
    answer = verbs.get(ask["do"], lambda _: {"outcome": "unsupported", "reason": "it takes no callbacks"})(ask)
    print(json.dumps({"id": ask["id"], **answer}), flush=True)
