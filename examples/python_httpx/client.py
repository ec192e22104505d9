"""A small client of the Kling API on httpx: signs JWTs, waits as it is told, and never loses a task's id."""

import time
from email.utils import parsedate_to_datetime

import httpx
import jwt

PATHS = {"kling/omni-image": "/v1/images/omni-image", "kling/omni-video": "/v1/videos/omni-video"}
WORTH_ANOTHER_TRY = {401, 429, 500, 502, 503, 504}
PAUSE = 0.06  # seconds; the real service wants some 5


class KlingError(Exception):
    """There is no result. ``facts``: http_status, code and request_id of an answer, and a task_id if there is one."""

    outcome = "error"

    def __init__(self, message, **facts):
        super().__init__(message)
        self.facts = facts


class TaskFailed(KlingError):
    outcome = "failed"


class TimedOut(KlingError):
    outcome = "timeout"


class Kling:
    paths = PATHS

    def __init__(self, base_url, credentials, timeout):
        self.credentials, self.deadline = credentials, time.monotonic() + timeout
        self.http = httpx.Client(base_url=base_url, timeout=5)

    def generate(self, operation, payload):
        """Make a task and wait for its end; return its id and the URLs of its results."""
        path = self.paths[operation]
        task_id = self.id(self.data(self.send("POST", path, payload)))
        try:
            while self.left() > 0:
                time.sleep(PAUSE)
                urls = self.urls(self.data(self.send("GET", self.place(path, task_id))))
                if urls is not None:
                    return task_id, urls
            raise TimedOut("the time is over")
        except KlingError as error:
            error.facts["task_id"] = task_id
            raise

    def place(self, path, task_id):
        return f"{path}/{task_id}"

    def task(self, data):
        return data

    def id(self, data):
        return data["task_id"]

    def urls(self, data):
        """Return the results of a task; nothing as long as it has not ended."""
        if data["task_status"] == "failed":
            raise TaskFailed(data["task_status_msg"])
        if data["task_status"] == "succeed":
            found = data["task_result"]
            items = found.get("series_images") or found.get("images") or found["videos"]
            return [item["url"] for item in items]
        return None

    def send(self, method, path, payload=None):
        """Try again what is worth it; a create without an answer is not, for the task may exist."""
        for tries in range(4):
            headers = {"authorization": f"Bearer {self.token()}"}
            try:
                response = self.http.request(method, path, json=payload, headers=headers)
            except httpx.TransportError as error:
                if method == "POST" or tries == 3:
                    raise KlingError(f"no answer: {error!r}") from error
                response = None
            if response is not None and not self.is_worth_it(method, response):
                return response
            wait = pause(response, tries)
            if tries == 3 or wait > self.left():
                break
            time.sleep(wait)
        if response is None:
            raise KlingError("no answer")
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
        """Return the task that an answer shows; one without a task is an error, also with status 200."""
        body = self.body(response)
        if response.status_code == 200 and body.get("code") == 0 and (task := self.task(body.get("data"))):
            return task
        message = body.get("message") or f"no JSON: {response.text[:100]}"
        said = {name: body.get(name) for name in ("code", "request_id")}
        raise KlingError(message, http_status=response.status_code, **said)


def pause(response, tries):
    after = response.headers.get("retry-after", "") if response is not None else ""
    if after.isdigit():
        return float(after)
    if after:
        return max(0.0, parsedate_to_datetime(after).timestamp() - time.time()) + 0.1
    return 0.35 * 2**tries
