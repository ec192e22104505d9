"""The reference: a client without faults, in methods so small that a mutant changes only one of them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import jwt

Answer = dict[str, Any]

ENDS = ("succeed", "failed")


class Reference:
    """A testee. ``request`` and ``path`` hold what it was asked for, and ``task_id`` the task, once there is one."""

    pause = 0.08
    tries = 3
    patience = 60.0
    task_id: str | None = None
    url = ""
    paths: Mapping[str, str] = {
        "kling/omni-image": "/v1/images/omni-image",
        "kling/omni-video": "/v1/videos/omni-video",
    }

    def hello(self) -> Answer:
        return {
            "name": "reference",
            "operations": list(self.paths),
            "callbacks": True,
            "credentials": ["token", "jwt"],
            "big_numbers": True,
        }

    def listen(self) -> Answer:
        self.bell, self.ended = threading.Event(), set[str]()
        client = self

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(200)
                self.end_headers()
                client.called_back(json.loads(body))

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        return {"url": self.url}

    def called_back(self, data: Answer) -> None:
        """Take note of a callback. Only an end of its task wakes the client, which then asks whether it is true."""
        if data.get("task_status") in ENDS:
            self.ended.add(data["task_id"])
            self.bell.set()

    def callback_url(self, payload: Answer) -> Any:
        return payload.get("callback_url")

    def generate(self, request: Answer) -> Answer:
        self.request, self.path, self.task_id = request, self.paths[request["operation"]], None
        self.deadline = time.monotonic() + self.limit()
        self.is_called_back = self.callback_url(request["payload"]) == self.url
        try:
            # No fake speaks TLS, and to read all certificates for each play takes longer than to play.
            with httpx.Client(base_url=request["base_url"], timeout=self.patience, verify=False) as self.http:
                return self.job(request["payload"])
        except httpx.TransportError as error:
            return self.lost(error)
        finally:
            if self.is_called_back:
                self.server.shutdown()
                self.server.server_close()

    def limit(self) -> float:
        return float(self.request["timeout"])

    def lost(self, error: Exception) -> Answer:
        return {"outcome": "error", "message": f"no answer: {error!r}", **self.known()}

    def job(self, payload: Answer) -> Answer:
        answer = self.create(self.body(payload))
        data = self.data(answer)
        if data is None:
            return self.refusal(answer)
        self.task_id = data["task_id"]
        while time.monotonic() < self.deadline:
            self.rest()
            answer = self.look()
            data = self.data(answer)
            if data is None:
                return self.unusable(answer)
            outcome = self.outcome(data)
            if outcome is not None:
                self.over()
                return outcome
        return self.given_up()

    def create(self, body: Answer) -> httpx.Response:
        return self.send("POST", self.path, self.written(body))

    def look(self) -> httpx.Response:
        return self.send("GET", self.place())

    def rest(self) -> None:
        if self.is_called_back:
            while self.task_id not in self.ended and self.bell.wait(self.deadline - time.monotonic()):
                self.bell.clear()
            self.ended.discard(self.task_id or "")
        else:
            time.sleep(self.pause)

    def over(self) -> None:
        """Do what there is to do after the end: nothing."""

    def body(self, payload: Answer) -> Answer:
        return payload

    def written(self, body: Answer) -> bytes:
        return json.dumps(body).encode()

    def place(self) -> str:
        return f"{self.path}/{self.task_id}"

    def kind(self) -> dict[str, str]:
        return {"content-type": "application/json"}

    def query(self) -> dict[str, str]:
        return {}

    def authorization(self) -> str:
        return f"Bearer {self.token()}"

    def token(self) -> str:
        given = self.request["credentials"]
        return given["token"] if "token" in given else self.signed(given["access_key"], given["secret_key"])

    def signed(self, access_key: str, secret_key: str) -> str:
        return jwt.encode(self.claims(access_key, int(time.time())), secret_key)

    def claims(self, access_key: str, now: int) -> dict[str, Any]:
        return {"iss": access_key, "exp": now + 1800, "nbf": now - 5}

    def send(self, method: str, path: str, content: bytes | None = None) -> httpx.Response:
        """Retry what is worth it. A create without an answer is not: there may be a task."""
        tries = 0
        while True:
            headers = {"authorization": self.authorization(), **(self.kind() if content else {})}
            response: httpx.Response | None = None
            error: httpx.TransportError | None = None
            try:
                response = self.http.request(method, path, content=content, headers=headers, params=self.query())
            except httpx.TransportError as found:
                error = found
            tries += 1
            again = self.is_worth_it(method, response)
            wait = self.wait(response, tries)
            if again and tries < self.tries and time.monotonic() + wait < self.deadline:
                time.sleep(wait)
            elif response is None:
                raise error or AssertionError
            else:
                return response

    def is_worth_it(self, method: str, response: httpx.Response | None) -> bool:
        if response is None:
            return method == "GET"
        if response.status_code == 401:
            return self.read(response).get("code") == 1004
        return response.status_code in (429, 500, 503, 504) or (response.status_code == 502 and method == "GET")

    def wait(self, response: httpx.Response | None, tries: int) -> float:
        after = response.headers.get("retry-after", "") if response is not None else ""
        if after.isdigit():
            return self.seconds(after)
        return self.date(after) if after else 0.45 * tries

    def seconds(self, text: str) -> float:
        return float(text)

    def date(self, text: str) -> float:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time()) + 0.1

    def read(self, response: httpx.Response) -> Answer:
        try:
            body = response.json()
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    def data(self, response: httpx.Response) -> Answer | None:
        body = self.read(response)
        return body.get("data") if response.status_code == 200 and body.get("code") == 0 else None

    def outcome(self, data: Answer) -> Answer | None:
        if data["task_status"] == "failed":
            return self.failure(data)
        return self.success(data) if self.is_done(data["task_status"]) else None

    def is_done(self, status: str) -> bool:
        return status == "succeed"

    def failure(self, data: Answer) -> Answer:
        return {"outcome": "failed", "message": data.get("task_status_msg", ""), **self.known()}

    def success(self, data: Answer) -> Answer:
        return {"outcome": "succeed", "urls": self.urls(data["task_result"]), **self.known()}

    def urls(self, result: Mapping[str, Any]) -> list[str]:
        items = result.get("series_images") or result.get("images") or result.get("videos") or []
        return [item["url"] for item in items]

    def refusal(self, response: httpx.Response) -> Answer:
        body = self.read(response)
        return {
            "outcome": "error",
            "http_status": response.status_code,
            "code": body.get("code"),
            "message": body.get("message") or f"no JSON: {response.text[:100]}",
            "request_id": body.get("request_id"),
        }

    def unusable(self, response: httpx.Response) -> Answer:
        return {**self.refusal(response), **self.known()}

    def given_up(self) -> Answer:
        return {"outcome": "timeout", **self.known()}

    def known(self) -> Answer:
        return {"task_id": self.task_id} if self.task_id else {}
