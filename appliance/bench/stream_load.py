"""Paced streams, all at once: when each frame came, and when the words in it did."""

import asyncio
import re
import time
from array import array
from itertools import accumulate

import httptools

from .stamps import Stamps
from .whole_load import Tally
from .workload import PADDING, stream_pieces

_NUMBER = re.compile(rb'"obfuscation": ?"' + PADDING.encode() + rb'([0-9]+)"')
_CONTENT = re.compile(rb'"content": ?"([^"\\]*)"')
_END = b"data: [DONE]"


class Course:
    """What all streams of a cell share: the words to come, the stamps, what was seen."""

    def __init__(self, stamps: Stamps, chunks: int, tally: Tally) -> None:
        pieces = stream_pieces(chunks)
        self.text = "".join(pieces).encode()
        self.ends = list(accumulate(len(piece) for piece in pieces))
        self.stamps = stamps
        self.tally = tally
        self.texts = array("q")


class StreamClient(asyncio.Protocol):
    """One connection with one stream at a time. `done` is set at its end, right or wrong."""

    def __init__(self, slot: int, request: bytes, course: Course) -> None:
        self._slot = slot
        self._request = request
        self._course = course
        self._transport: asyncio.Transport | None = None
        self.begin()

    def begin(self) -> None:
        """Forget the stream before."""
        self.done = asyncio.Event()
        self._parser = httptools.HttpResponseParser(self)
        self._rest = b""
        self._text = b""
        self._piece = 0
        self._frames = 0
        self._ended = False
        self._now = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; asking is told."""
        self._transport = transport  # type: ignore[assignment] # a stream protocol gets a stream transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Count an end in the middle as a fault."""
        if not self.done.is_set():
            self._fail("the connection was closed")

    def ask(self) -> None:
        """Send the request."""
        if self._transport is not None:
            self._transport.write(self._request)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Take bytes; all that is in them arrived now."""
        self._now = time.monotonic_ns()
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(f"not HTTP: {error}")

    def on_headers_complete(self) -> None:
        """Refuse what is no stream."""
        if self._parser.get_status_code() != 200:
            self._fail(f"status {self._parser.get_status_code()}")

    def on_body(self, body: bytes) -> None:
        """Take the events that are whole."""
        *events, self._rest = (self._rest + body).split(b"\n\n")
        for event in events:
            self._take(event)

    def on_message_complete(self) -> None:
        """Check the whole text."""
        if not self._ended:
            self._fail("the stream ended without its last line")
        elif self._text != self._course.text:
            at = next(
                (i for i, (a, b) in enumerate(zip(self._text, self._course.text, strict=False)) if a != b), -1
            )
            self._fail(f"the text is not what was sent, from character {at}")
        self.done.set()

    def _take(self, event: bytes) -> None:
        course = self._course
        if event.startswith(_END):
            self._ended = True
            return
        content = _CONTENT.search(event)
        if content is None or not content[1]:
            return
        # Who holds text back may drop a frame and keeps the numbers; who drops the numbers keeps the frames.
        number = _NUMBER.search(event)
        sent = self._frames if number is None else int(number[1])
        self._frames += 1
        if course.tally.counting:
            course.tally.latencies.append(self._now - course.stamps.read(self._slot, sent))
        self._text += content[1]
        self._note_words(len(self._text))

    def _note_words(self, arrived: int) -> None:
        course = self._course
        ends = course.ends
        while self._piece < len(ends) and ends[self._piece] <= arrived:
            if course.tally.counting:
                course.texts.append(self._now - course.stamps.read(self._slot, self._piece))
            self._piece += 1

    def _fail(self, error: str) -> None:
        self._course.tally.fail(error)
        self.done.set()
