"""Messages out of the frames of one WebSocket, and frames out of messages (RFC 6455). Sans-io.

The frames are read and written by `websockets`, whose parser does no input or output: it unmasks in C and
takes 5 us for a small message there and back where `wsproto` takes 13, and 6 where that takes 34 for one of
20 KB. Extensions are never offered or accepted, so no message is larger in memory than on the wire.
"""

import logging

from websockets.exceptions import InvalidState, PayloadTooBig
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, SEND_EOF, Protocol

from ...middleware.live_ends import BROKEN, INVALID, TOO_BIG, Closing, Message, sendable

SILENT = logging.getLogger("sluicegate.realtime.frames")
SILENT.setLevel(logging.CRITICAL + 1)
"""The parser tells its log what the frames say, at its lowest level."""


class Wire:
    """Reads and writes one connection.

    Args:
        protocol: of our side, open or still shaking hands; it bounds the size of messages.
    """

    __slots__ = ("_broke", "_pieces", "_text", "protocol")

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self._pieces: list[bytes] = []
        self._text = True
        self._broke: Closing | None = None

    def feed(self, data: bytes) -> list[Message]:
        """Take bytes, cut anywhere; return the messages that are whole now."""
        self.protocol.receive_data(data)
        return self._read()

    def feed_end(self) -> None:
        """The other end sends no more bytes."""
        self.protocol.receive_eof()

    def say(self, message: Message) -> None:
        """Write a message; one to a connection that is closing is lost, as it would be on the way."""
        try:
            if message.is_text:
                self.protocol.send_text(message.content)
            else:
                self.protocol.send_binary(message.content)
        except InvalidState:
            return

    def ping(self) -> None:
        """Ask for a sign of life."""
        if self.open:
            self.protocol.send_ping(b"")

    def close(self, code: int, reason: str = "") -> None:
        """Begin to close; a code that nobody may send becomes the one for no reason at all."""
        if self.open:
            self.protocol.send_close(*sendable(code, reason))

    def out(self) -> tuple[bytes, bool]:
        """Return the bytes to send now, and whether no more will come."""
        pieces = self.protocol.data_to_send()
        return b"".join(pieces), SEND_EOF in pieces

    @property
    def open(self) -> bool:
        """Whether messages may be said."""
        return self.protocol.state is OPEN

    @property
    def closing(self) -> Closing | None:
        """How it ended; None as long as the other end did not say, and broke no rule."""
        said = self.protocol.close_rcvd
        if self._broke is not None:
            return self._broke
        if self.protocol.parser_exc is not None:
            big = isinstance(self.protocol.parser_exc, PayloadTooBig)
            return Closing(TOO_BIG if big else BROKEN, broke=True)
        return Closing(said.code, said.reason) if said is not None else None

    @property
    def confirmed(self) -> bool:
        """Whether both ends said that it ends."""
        return self.protocol.close_rcvd is not None and self.protocol.close_sent is not None

    @property
    def failed(self) -> bool:
        """Whether the other end broke the rules, or is gone without a word."""
        return self._broke is not None or self.protocol.parser_exc is not None

    def _read(self) -> list[Message]:
        messages: list[Message] = []
        for frame in self.protocol.events_received():
            if isinstance(frame, Frame) and frame.opcode <= Opcode.BINARY:
                self._take(frame, messages)
            if self._broke is not None:
                break
        return messages

    def _take(self, frame: Frame, messages: list[Message]) -> None:
        if frame.opcode is not Opcode.CONT:
            self._text = frame.opcode is Opcode.TEXT
        if frame.data:
            self._pieces.append(bytes(frame.data))
        if not frame.fin:
            return
        content = b"".join(self._pieces)
        self._pieces = []
        if self._text and not _is_text(content):
            self._broke = Closing(INVALID, broke=True)
            self.protocol.fail(INVALID)
            return
        messages.append(Message(content, self._text))


def _is_text(content: bytes) -> bool:
    if content.isascii():
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
