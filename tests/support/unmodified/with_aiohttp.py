"""A client of aiohttp, whose sessions ask no proxy unless they are told."""

import asyncio
import sys

import aiohttp

ORIGIN = sys.argv[1] if len(sys.argv) > 1 else "https://api-singapore.klingai.com"
IMAGES, ME = f"{ORIGIN}/v1/images/omni-image", {"Authorization": "Bearer me"}


async def main() -> None:
    async with aiohttp.ClientSession() as session:
        async with session.post(IMAGES, json={"prompt": "A cat"}, headers=ME) as answer:
            task = (await answer.json())["data"]["task_id"]
        while True:
            async with session.get(f"{IMAGES}/{task}", headers=ME) as answer:
                data = (await answer.json())["data"]
            if data["task_status"] == "succeed":
                break
            await asyncio.sleep(0.1)
        url = data["task_result"]["images"][0]["url"]
        async with session.get(url) as answer:
            print(url, (await answer.read())[1:4].decode())


asyncio.run(main())
