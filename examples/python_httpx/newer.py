"""The client for Kling's newer standard: mockserver check client -- python examples/python_httpx/newer.py"""

from client import Kling, TaskFailed
from testee import serve

PATHS = {"kling-2/omni-video-3.0": "/omni-video/kling-3.0-omni", "kling-2/omni-video-o1": "/omni-video/kling-o1"}


class Newer(Kling):
    """A path for each model, one query for the tasks of all, and API keys alone."""

    paths = PATHS

    def place(self, path, task_id):
        return f"/tasks?task_ids={task_id}"

    def task(self, data):
        return next(iter(data), None) if isinstance(data, list) else data

    def id(self, data):
        return data["id"]

    def urls(self, data):
        if data["status"] == "failed":
            raise TaskFailed(data["message"])
        return [item["url"] for item in data["outputs"]] if data["status"] == "succeeded" else None


if __name__ == "__main__":
    serve(Newer, ["token"])
