"""A testee around a small client on httpx: takes tokens and JWTs, waits as it is told, keeps the task's id."""

import json
import sys
import time
from email.utils import parsedate_to_datetime

import httpx
import jwt

PATHS = {"kling/omni-image": "/v1/images/omni-image", "kling/omni-video": "/v1/videos/omni-video"}
PAUSE = 0.1


def token(credentials):
    if "token" in credentials:
        return credentials["token"]
    now = int(time.time())
    claims = {"iss": credentials["access_key"], "exp": now + 1800, "nbf": now - 5}
    return jwt.encode(claims, credentials["secret_key"], headers={"typ": "JWT"})


def pause(response, tries):
    after = response.headers.get("retry-after", "") if response is not None else ""
    if after.isdigit():
        return float(after)
    if after:
        return max(0.0, parsedate_to_datetime(after).timestamp() - time.time()) + 0.05
    return 0.5 * 2**tries


def body_of(response):
    try:
        body = response.json()
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {}


def refused(response, task_id=None):
    body = body_of(response)
    said = {"http_status": response.status_code, "code": body.get("code"), "request_id": body.get("request_id")}
    message = body.get("message") or f"no JSON: {response.text[:200]}"
    return {"outcome": "error", "message": message, **said, **({"task_id": task_id} if task_id else {})}


def create(client, ask, deadline):
    for tries in range(4):
        try:
            response = client.post(PATHS[ask["operation"]], json=ask["payload"])
        except httpx.TransportError as error:
            return None, {"outcome": "error", "message": f"the answer was lost: {error!r}"}
        body = body_of(response)
        if response.status_code == 200 and body.get("code") == 0:
            return body["data"]["task_id"], None
        wait = pause(response, tries)
        if response.status_code not in (429, 500, 503, 504) or tries == 3 or time.monotonic() + wait > deadline:
            return None, refused(response)
        time.sleep(wait)


def generate(ask):
    deadline = time.monotonic() + ask["timeout"]
    headers = {"authorization": f"Bearer {token(ask['credentials'])}"}
    with httpx.Client(base_url=ask["base_url"], headers=headers, timeout=5) as client:
        task_id, refusal = create(client, ask, deadline)
        if refusal:
            return refusal
        bad = 0
        while time.monotonic() < deadline:
            time.sleep(PAUSE)
            try:
                response = client.get(f"{PATHS[ask['operation']]}/{task_id}")
            except httpx.TransportError:
                response = None
            body = body_of(response) if response is not None else {}
            if response is not None and response.status_code == 401 and body.get("code") == 1004 and bad == 0:
                client.headers["authorization"] = f"Bearer {token(ask['credentials'])}"
            if response is None or response.status_code != 200 or body.get("code") != 0:
                bad += 1
                if bad > 4 or (response is not None and response.status_code in (400, 403, 404)):
                    return refused(response, task_id) if response is not None else gone(task_id)
                time.sleep(min(pause(response, bad), max(0.0, deadline - time.monotonic())))
                continue
            data = body["data"]
            if data["task_status"] == "failed":
                return {"outcome": "failed", "task_id": task_id, "message": data.get("task_status_msg", "")}
            if data["task_status"] == "succeed":
                result = data["task_result"]
                items = result.get("series_images") or result.get("images") or result.get("videos") or []
                return {"outcome": "succeed", "task_id": task_id, "urls": [item["url"] for item in items]}
        return {"outcome": "timeout", "task_id": task_id}


def gone(task_id):
    return {"outcome": "error", "task_id": task_id, "message": "the service does not answer"}


def main():
    for line in sys.stdin:
        ask = json.loads(line)
        if ask["do"] == "hello":
            answer = {"name": "example-httpx", "version": "1", "operations": list(PATHS), "credentials": ["token", "jwt"]}
        elif ask["do"] == "generate":
            answer = generate(ask)
        else:
            answer = {"outcome": "unsupported", "reason": "no callbacks"}
        print(json.dumps({"id": ask["id"], **answer}), flush=True)


if __name__ == "__main__":
    main()
