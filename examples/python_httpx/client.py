"""A small client of the Kling API on httpx: signs JWTs, waits as it is told, and never loses a task's id."""

import time
from email.utils import parsedate_to_datetime

import httpx
import jwt

PATHS = {"kling/omni-image": "/v1/images/omni-image", "kling/omni-video": "/v1/videos/omni-video"}
WORTH_ANOTHER_TRY = {401, 429, 500, 502, 503, 504}
PAUSE = 0.06  # seconds; the real service wants some 5


class Kling:
    paths = PATHS

    def __init__(self, base_url, credentials, timeout):
        self.credentials, self.deadline = credentials, time.monotonic() + timeout
        self.http = httpx.Client(base_url=base_url, timeout=5)

    def generate(self, operation, payload):
        task_id, path = None, self.paths[operation]
        try:
            response = self.send("POST", path, payload)
            if data := self.data(response):
                task_id = self.id(data)
            else:
                return self.refused(response)
            while self.left() > 0:
                time.sleep(PAUSE)
                response = self.send("GET", self.place(path, task_id))
                if not (data := self.data(response)):
                    return {**self.refused(response), "task_id": task_id}
                if end := self.end(data):
                    return {**end, "task_id": task_id}
        except httpx.TransportError as error:
            known = {"task_id": task_id} if task_id else {}
            return {"outcome": "error", "message": f"no answer: {error!r}", **known}
        return {"outcome": "timeout", "task_id": task_id}

    def place(self, path, task_id):
        return f"{path}/{task_id}"

    def id(self, data):
        return data["task_id"]

    def end(self, data):
        """Return how a task ended; nothing as long as it has not."""
        if data["task_status"] == "failed":
            return {"outcome": "failed", "message": data["task_status_msg"]}
        if data["task_status"] == "succeed":
            found = data["task_result"]
            items = found.get("series_images") or found.get("images") or found["videos"]
            return {"outcome": "succeed", "urls": [item["url"] for item in items]}
        return None

    def send(self, method, path, payload=None):
        """Try again what is worth it; a create without an answer is not, for the task may exist."""
        for tries in range(4):
            headers = {"authorization": f"Bearer {self.token()}"}
            try:
                response = self.http.request(method, path, json=payload, headers=headers)
            except httpx.TransportError:
                if method == "POST" or tries == 3:
                    raise
                response = None
            if response is not None and not self.is_worth_it(method, response):
                return response
            wait = pause(response, tries)
            if tries == 3 or wait > self.left():
                break
            time.sleep(wait)
        return response

    def is_worth_it(self, method, response):
        if response.status_code == 401:
            return self.body(response).get("code") == 1004 and "secret_key" in self.credentials
        return response.status_code in WORTH_ANOTHER_TRY and (method == "GET" or response.status_code != 502)

    def token(self):
        if "token" in self.credentials:
            return self.credentials["token"]
        now = int(time.time())
        claims = {"iss": self.credentials["access_key"], "exp": now + 1800, "nbf": now - 5}
        return jwt.encode(claims, self.credentials["secret_key"])

    def left(self):
        return self.deadline - time.monotonic()

    def body(self, response):
        try:
            body = response.json()
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    def data(self, response):
        body = self.body(response) if response is not None and response.status_code == 200 else {}
        return body.get("data") if body.get("code") == 0 else None

    def refused(self, response):
        body = self.body(response)
        said = {name: body.get(name) for name in ("code", "request_id")}
        message = body.get("message") or f"no JSON: {response.text[:100]}"
        return {"outcome": "error", "http_status": response.status_code, "message": message, **said}


def pause(response, tries):
    after = response.headers.get("retry-after", "") if response is not None else ""
    if after.isdigit():
        return float(after)
    if after:
        return max(0.0, parsedate_to_datetime(after).timestamp() - time.time()) + 0.1
    return 0.35 * 2**tries
