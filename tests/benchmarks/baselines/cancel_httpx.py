"""The same two requests with an async httpx client, which dfui stands on: `cancel_httpx.py URL ID`."""

import asyncio
import os
import sys

import httpx


async def main() -> None:
    url = f"{sys.argv[1]}/downloads/{sys.argv[2]}"
    headers = {"Authorization": f"Bearer {os.environ['DATAFINITI_TOKEN']}"}
    async with httpx.AsyncClient(headers=headers) as client:
        (await client.delete(url)).raise_for_status()
        print((await client.get(url)).json()["status"])


asyncio.run(main())
