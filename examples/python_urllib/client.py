"""A client of the Kling API on Python's standard library. Put your own in its place."""

import json
import time
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PATHS = {"kling/omni-image": "/v1/images/omni-image", "kling/omni-video": "/v1/videos/omni-video"}

POLL_SECONDS = 0.1  # the real service wants some 5
ANSWER_SECONDS = 5
TRIES = 4

REFUSED = {429, 500, 503}  # there is no task: a create may be sent again
LOST = {502, 504, None}  # there may be a task, so only a query may be sent again


class KlingError(Exception):
    """There is no result. `facts`: http_status, code and request_id of an answer, and the task_id once there is one."""

    def __init__(self, message, outcome="error", **facts):
        super().__init__(message)
        self.outcome, self.facts = outcome, facts


class Kling:
    def __init__(self, base_url, token, timeout):
        self.base_url, self.token = base_url, token
        self.deadline = time.monotonic() + timeout

    def generate(self, operation, payload):
        """Create a task and wait for its end. Return its id and the URLs of its results."""
        path = PATHS[operation]
        task_id = self.ask("POST", path, payload)["task_id"]
        try:
            return task_id, self.results(f"{path}/{task_id}")
        except KlingError as error:
            error.facts["task_id"] = task_id
            raise

    def results(self, path):
        """Poll a task to its end."""
        while self.seconds_left() > 0:
            time.sleep(POLL_SECONDS)
            task = self.ask("GET", path)
            if task["task_status"] == "failed":
                raise KlingError(task["task_status_msg"], "failed")
            if task["task_status"] == "succeed":
                result = task["task_result"]
                items = result.get("series_images") or result.get("images") or result["videos"]
                return [item["url"] for item in items]
        raise KlingError("the task has not ended in time", "timeout")

    def ask(self, method, path, payload=None):
        """Send a request, and again where that may help. Return the data of the last answer."""
        passing = REFUSED if method == "POST" else REFUSED | LOST
        attempt = 1
        while True:
            status, headers, text = self.send(method, path, payload)
            pause = seconds(headers.get("retry-after"), 0.25 * 2**attempt)
            if status not in passing or attempt == TRIES or pause > self.seconds_left():
                return data(status, text)
            time.sleep(pause)
            attempt += 1

    def send(self, method, path, payload):
        """Return the status, the headers and the text of an answer. The status is None if there is none."""
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        body = None if payload is None else json.dumps(payload).encode()
        request = Request(self.base_url + path, body, headers, method=method)
        try:
            try:
                response = urlopen(request, timeout=ANSWER_SECONDS)
            except HTTPError as error:  # an answer like any other
                response = error
            with response:
                return response.status, response.headers, response.read().decode(errors="replace")
        except (OSError, HTTPException) as error:
            return None, {}, f"no answer: {error!r}"

    def seconds_left(self):
        return self.deadline - time.monotonic()


def seconds(retry_after, otherwise):
    """Read the header, in either of its forms."""
    if retry_after is None:
        return otherwise
    if retry_after.isdigit():
        return int(retry_after)
    return max(0, parsedate_to_datetime(retry_after).timestamp() - time.time()) + 0.1


def data(status, text):
    """Return what an answer says of a task. One that says nothing is an error, even with status 200."""
    try:
        body = json.loads(text)
        if status == 200 and body["code"] == 0:
            return body["data"]
        message, facts = body["message"], {name: body.get(name) for name in ("code", "request_id")}
    except (ValueError, TypeError, LookupError):
        message, facts = f"not an answer of the service: {text[:100]}", {}
    raise KlingError(message, http_status=status, **facts)
