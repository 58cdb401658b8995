"""The upstream of the benchmark: a fixed chat completion, cheap and honest, in its own process.

It answers three kinds of request: a stream (paced words, each stamped when it is written), a
prompt that asks for itself back, and everything else, with the same prepared bytes. Run as
``python -m sluicegate.appliance.bench.upstream PORT STAMPS CHUNKS PACE``.
"""

import asyncio
import gc
import re
import sys
import time
from pathlib import Path

import uvloop

from .pacer import PacedStream, Pacer
from .stamps import Stamps
from .workload import ECHO, NUMBER, answer_body, fixed_answer, stream_frames

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_STREAM = re.compile(rb'"stream": ?true')
_SLOT = re.compile(rb"\[slot ([0-9]+)\]")
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n"
)
_ECHO_MARK = b"@@@"


class Material:
    """Everything that can be prepared: the bytes of answers and streams."""

    def __init__(self, stamps: Stamps, chunks: int, pace: float) -> None:
        self.stamps = stamps
        self.chunks = chunks
        self.pacer = Pacer(pace)
        self._count = 0
        self._head, _, self._tail = _whole(fixed_answer()).partition(NUMBER.encode())
        self._echo_head, _, self._echo_tail = answer_body(_ECHO_MARK.decode()).partition(_ECHO_MARK)
        *frames, end, last = stream_frames(chunks)
        self.frames = [*map(_chunk, frames), _chunk(end) + _chunk(last) + b"0\r\n\r\n"]

    def answer(self) -> bytes:
        """Return the fixed answer under another id than before."""
        self._count += 1
        return b"%b%07d%b" % (self._head, self._count % 10**7, self._tail)

    def echo(self, said: bytes) -> bytes:
        """Return an answer that says what was said."""
        return _whole(self._echo_head + said + self._echo_tail)


class Upstream(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment] # a stream protocol gets a stream transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop a stream that nobody reads."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Answer once a request is whole."""
        if self._buffer:
            data = self._buffer + data
        head = data.find(b"\r\n\r\n")
        length = _LENGTH.search(data, 0, head + 2) if head > 0 else None
        if head < 0 or (length is not None and len(data) < head + 4 + int(length[1])):
            self._buffer = data
            return
        self._buffer = b""
        self._answer(data, head)

    def _answer(self, data: bytes, head: int) -> None:
        if self._transport is None:
            return
        if _STREAM.search(data, head):
            self._stream(self._transport, _slot(data))
        elif ECHO.encode() in data:
            self._transport.write(self._material.echo(_said(data)))
        else:
            self._transport.write(self._material.answer())

    def _stream(self, transport: asyncio.Transport, slot: int) -> None:
        """Write the head and leave the rest to the pacer, on a descriptor of its own."""
        material = self._material
        transport.write(_STREAM_HEAD + material.frames[0])
        connection = transport.get_extra_info("socket").dup()

        def wrote(number: int) -> None:
            if number < material.chunks:
                material.stamps.write(slot, number, time.monotonic_ns())

        material.pacer.add(PacedStream(connection, material.frames[1:], wrote), slot)


def _said(data: bytes) -> bytes:
    """Return the prompt as it stands in the body. It has no quotes, so the next one ends it."""
    start = data.index(ECHO.encode())
    return data[start : data.index(b'"', start)]


def _chunk(frame: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(frame), frame)


def _slot(data: bytes) -> int:
    found = _SLOT.search(data)
    return int(found[1]) if found else 0


def _whole(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


async def _serve(port: int, material: Material) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Upstream(material), "127.0.0.1", port, backlog=1024)
    material.pacer.start()
    gc.collect()
    gc.freeze()
    await server.serve_forever()


def main() -> None:
    """Serve until killed."""
    port, stamps, chunks, pace = sys.argv[1:]
    uvloop.run(_serve(int(port), Material(Stamps(Path(stamps)), int(chunks), float(pace))))


if __name__ == "__main__":
    main()
