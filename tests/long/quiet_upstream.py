"""An upstream that begins streams and then says nothing, and that takes files of any size."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

WORDS = ("Water ", "waits ", "behind ", "the ", "gate ", "until ")
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class QuietUpstream:
    """`port` it listens on; `received` is how many bytes of bodies came."""

    def __init__(self) -> None:
        self.port = 0
        self.received = 0
        self._writers: set[asyncio.StreamWriter] = set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._body(head.lower(), reader)
                if b"/files" in head.split(b"\r\n")[0]:
                    told = b'{"id":"file-1","object":"file","filename":"a.jsonl","purpose":"batch"}'
                    kind = b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(told)
                    writer.write(b"HTTP/1.1 200 OK\r\n" + kind + told)
                else:
                    writer.write(_HEAD + b"".join(map(_chunk, WORDS)))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self._writers.discard(writer)

    async def _body(self, head: bytes, reader: asyncio.StreamReader) -> None:
        if b"chunked" in head:
            while size := int(await reader.readline(), 16):
                self.received += len(await reader.readexactly(size + 2)) - 2
            await reader.readline()
            return
        rest = int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
        while rest > 0 and (piece := await reader.read(min(rest, 1 << 20))):
            rest -= len(piece)
            self.received += len(piece)

    async def main(self, started: threading.Event, over: asyncio.Event) -> None:
        """Serve until it is over."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        async with server:
            await over.wait()
            server.close()
        left = list(self._writers)
        for writer in left:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in left), return_exceptions=True)


@contextmanager
def quiet_upstream() -> Iterator[QuietUpstream]:
    """Serve in a thread while the block runs."""
    upstream, started, loop, over = (
        QuietUpstream(),
        threading.Event(),
        asyncio.new_event_loop(),
        asyncio.Event(),
    )
    thread = threading.Thread(target=lambda: loop.run_until_complete(upstream.main(started, over)))
    thread.start()
    started.wait()
    try:
        yield upstream
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def _chunk(word: str) -> bytes:
    choice = {"index": 0, "delta": {"content": word}, "finish_reason": None}
    told = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [choice],
    }
    event = b"data: " + json.dumps(told).encode() + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(event), event)
