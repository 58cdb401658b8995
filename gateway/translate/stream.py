"""A streamed answer in another format: bytes in, bytes out, however they are cut."""

from ...detection.errors import UpstreamFault
from ...detection.framing.base import FrameParser
from .deltas import Broke, Delta, Ended
from .formats import StreamReader, StreamWriter
from .refusals import unreadable

_DONE = b"[DONE]"


class StreamTranslation:
    """Translates one stream, sans-io. What a client gets is the same however the stream was cut.

    `ended`: nothing more will come. `fault` is raised by the next call: all before it was returned.
    """

    def __init__(self, parser: FrameParser, reader: StreamReader, writer: StreamWriter) -> None:
        self._parser = parser
        self._reader = reader
        self._writer = writer
        self.ended = False
        self.fault: UpstreamFault | None = None

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes and return what the client gets for them. Raises `UpstreamFault`."""
        return self._guarded(chunk, last=False)

    def close(self) -> bytes:
        """Say that no bytes follow, and return what is left. Raises `UpstreamFault` for a stream cut off."""
        return self._guarded(b"", last=True)

    def _guarded(self, chunk: bytes, *, last: bool) -> bytes:
        if self.fault is not None:
            raise self.fault
        written: list[bytes] = []
        try:
            if not self.ended:
                self._take(chunk, written)
            if last and not self.ended:
                self._finish(written)
        except UpstreamFault as fault:
            if not any(written):
                raise
            self.fault = fault
        return b"".join(written)

    def _take(self, chunk: bytes, written: list[bytes]) -> None:
        for event in self._parser.feed(chunk):
            self._event(event.data, written)

    def _finish(self, written: list[bytes]) -> None:
        rest = self._parser.close()
        if rest is not None:
            self._event(rest.data, written)
        if not self.ended:
            if not self._reader.finished:
                raise unreadable("was cut off")
            self._write(Ended(), written)

    def _event(self, data: bytes | None, written: list[bytes]) -> None:
        if data is None or self.ended:
            return
        if data == _DONE:
            self._write(Ended(), written)
            return
        for delta in self._reader.read(data):
            self._write(delta, written)

    def _write(self, delta: Delta, written: list[bytes]) -> None:
        if not self.ended:
            self.ended = isinstance(delta, Ended | Broke)
            written.append(self._writer.write(delta))
