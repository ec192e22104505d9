"""A testee around client.py: mockserver check client -- python examples/python_httpx/testee.py"""

import json
import sys

from client import Kling, KlingError


def answer(ask, kind, credentials):
    if ask["do"] == "hello":
        operations = list(kind.paths)
        about = {"operations": operations, "credentials": credentials, "big_numbers": True}
        return {"name": f"example-httpx-{kind.__name__.lower()}", "version": "1", **about}
    if ask["do"] == "generate":
        client = kind(ask["base_url"], ask["credentials"], ask["timeout"])
        try:
            task_id, urls = client.generate(ask["operation"], ask["payload"])
        except KlingError as error:
            return {"outcome": error.outcome, "message": str(error), **error.facts}
        return {"outcome": "succeed", "task_id": task_id, "urls": urls}
    return {"outcome": "unsupported", "reason": "it takes no callbacks"}


def serve(kind, credentials):
    """Answer each line; the operations of a kind of client say which generation of the API it speaks."""
    for line in sys.stdin:
        ask = json.loads(line)
        print(json.dumps({"id": ask["id"], **answer(ask, kind, credentials)}), flush=True)


if __name__ == "__main__":
    serve(Kling, ["token", "jwt"])
