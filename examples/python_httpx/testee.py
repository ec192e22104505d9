"""A testee around client.py: mockserver check client -- python examples/python_httpx/testee.py"""

import json
import sys

from client import PATHS, Kling

HELLO = {
    "name": "example-httpx",
    "version": "1",
    "operations": list(PATHS),
    "credentials": ["token", "jwt"],
    "big_numbers": True,
}


def answer(ask):
    if ask["do"] == "hello":
        return HELLO
    if ask["do"] == "generate":
        client = Kling(ask["base_url"], ask["credentials"], ask["timeout"])
        return client.generate(ask["operation"], ask["payload"])
    return {"outcome": "unsupported", "reason": "it takes no callbacks"}


for line in sys.stdin:
    ask = json.loads(line)
    print(json.dumps({"id": ask["id"], **answer(ask)}), flush=True)
