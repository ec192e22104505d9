"""A client of httpx."""

import sys
import time

import httpx

ORIGIN = sys.argv[1] if len(sys.argv) > 1 else "https://api-singapore.klingai.com"
IMAGES, ME = f"{ORIGIN}/v1/images/omni-image", {"Authorization": "Bearer me"}

with httpx.Client(timeout=60) as client:
    task = client.post(IMAGES, json={"prompt": "A cat"}, headers=ME).json()["data"]["task_id"]
    while (data := client.get(f"{IMAGES}/{task}", headers=ME).json()["data"])["task_status"] != "succeed":
        time.sleep(0.1)
    url = data["task_result"]["images"][0]["url"]
    print(url, client.get(url).content[1:4].decode())
