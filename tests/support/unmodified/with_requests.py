"""A client of requests."""

import sys
import time

import requests

ORIGIN = sys.argv[1] if len(sys.argv) > 1 else "https://api-singapore.klingai.com"
IMAGES, ME = f"{ORIGIN}/v1/images/omni-image", {"Authorization": "Bearer me"}

with requests.Session() as session:
    task = session.post(IMAGES, json={"prompt": "A cat"}, headers=ME, timeout=60).json()["data"]["task_id"]
    while (data := session.get(f"{IMAGES}/{task}", headers=ME, timeout=60).json()["data"])["task_status"] != "succeed":
        time.sleep(0.1)
    url = data["task_result"]["images"][0]["url"]
    print(url, requests.get(url, timeout=60).content[1:4].decode())
