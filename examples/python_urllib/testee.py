"""A testee: it has a client carry out what it is asked to, a line of JSON each.

In this folder: mockserver check client -- python testee.py
"""

import json
import sys

from client import PATHS, Kling, KlingError

HELLO = {"name": "my-client", "version": "1", "operations": list(PATHS), "big_numbers": True}


def generate(ask):
    client = Kling(ask["base_url"], ask["credentials"]["token"], ask["timeout"])
    try:
        task_id, urls = client.generate(ask["operation"], ask["payload"])
    except KlingError as error:
        return {"outcome": error.outcome, "message": str(error), **error.facts}
    return {"outcome": "succeed", "task_id": task_id, "urls": urls}


for line in sys.stdin:
    ask = json.loads(line)
    answer = HELLO if ask["do"] == "hello" else generate(ask)
    print(json.dumps({"id": ask["id"], **answer}), flush=True)
