"""The client for Kling's newer standard: mockserver check client -- python examples/python_httpx/newer.py"""

from client import Kling
from testee import serve

PATHS = {"kling-2/omni-video-3.0": "/omni-video/kling-3.0-omni", "kling-2/omni-video-o1": "/omni-video/kling-o1"}


class Newer(Kling):
    """A path for each model, one query for the tasks of all, and API keys alone."""

    paths = PATHS

    def place(self, path, task_id):
        return f"/tasks?task_ids={task_id}"

    def data(self, response):
        found = super().data(response)
        return next(iter(found), None) if isinstance(found, list) else found

    def id(self, data):
        return data["id"]

    def end(self, data):
        if data["status"] == "failed":
            return {"outcome": "failed", "message": data["message"]}
        if data["status"] == "succeeded":
            return {"outcome": "succeed", "urls": [item["url"] for item in data["outputs"]]}
        return None


if __name__ == "__main__":
    serve(Newer, ["token"])
