"""Follow a room live and miss nothing: python follow.py https://channel.example.org ROOM_ID TOKEN [AFTER]"""

import asyncio
import json
import sys
from urllib.error import URLError
from urllib.request import Request, urlopen

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


async def follow(base, room, token, after=0, epoch=None):
    stream, headers = f"room:{room}", {"Authorization": f"Bearer {token}"}
    async for socket in connect(base.replace("http", "ws", 1) + "/live", additional_headers=headers):
        try:  # however it ends, the loop connects again after a growing random wait
            more = True
            while more:  # first what was missed, from the log
                url = f"{base}/api/v1/streams/{stream}/events?after={after}"
                log = json.load(await asyncio.to_thread(urlopen, Request(url, headers=headers)))
                restored = epoch not in (None, log["epoch"])  # from a backup: begin afresh
                after, epoch, more = 0 if restored else after, log["epoch"], restored or log["next_cursor"]
                for event in [] if restored else log["items"]:
                    after = event["seq"]
                    yield event
            cursor = {"stream": stream, "after": after, "epoch": epoch}
            await socket.send(json.dumps({"type": "subscribe", "streams": [cursor]}))
            async for frame in socket:  # then what comes, from exactly there on
                event = json.loads(frame)
                if event["type"] == "subscribed" and event["streams"][0]["reset"]:
                    break  # restored since the log was read: read it again
                if event["type"] == "event":
                    after = event["seq"]
                    yield event
        except (ConnectionClosed, URLError) as end:
            code = end.rcvd.code if getattr(end, "rcvd", None) else getattr(end, "code", 0)
            if code in (401, 403, 404, 4001, 4004):  # signed out, or not allowed
                raise SystemExit(f"Not allowed: {code}") from None


async def main(base, room, token, after="0"):
    async for event in follow(base, room, token, int(after)):
        post = event["data"].get("post") or {}
        print(event["seq"], event["kind"], post.get("text") or post.get("teaser", ""), flush=True)


asyncio.run(main(*sys.argv[1:]))
