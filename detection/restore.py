"""Putting values back: placeholders of this exchange become what they stand for, where they may.

A placeholder stays as it is inside a link, an image or another address (its value would leave with
the request), inside a command, and wherever the policy of the text says so. What decides is the
text to its left and the rest of its own word, so the outcome does not depend on how the answer is
cut; the only characters held are a beginning of a placeholder and the word around a whole one.
"""

import re
from collections.abc import Callable, Mapping

from .addresses import Addresses
from .commands import Commands
from .pieces import Piece
from .vault import LONGEST, PREFIX, Minted

WORD = 256
"""Longest rest of a word that is waited for; longer than any host name."""

_MOST_UNREAD = 256
"""Pieces that wait until a placeholder asks what stood before it."""

_INVISIBLE = "\u00ad\u200b-\u200d\u2060\ufeff"
"""Characters that names of hosts lose on their way to the network."""
_WORD_REST = re.compile(rf"[\w.@%{_INVISIBLE}-]*")
_HOST_REST = re.compile(rf"[.@][\w{_INVISIBLE}]")


class Restorer:
    """Restores the placeholders in one text of an answer.

    Args:
        tokens: the exchange's placeholders.
        allowed: whether a value may stand in this text at all.
    """

    def __init__(self, tokens: Mapping[str, Minted], allowed: Callable[[Minted], bool]):
        self._tokens = tokens
        self._allowed = allowed
        self._held = ""
        self._unread: list[str] = []
        self._addresses = Addresses()
        self._commands = Commands()
        self._lengths = sorted({len(token) for token in tokens}, reverse=True)

    def feed(self, text: str, final: bool) -> list[Piece]:
        """Take the next characters; return pieces for those that are decided, in order."""
        if not self._tokens:
            return [Piece(len(text))] if text else []
        pieces: list[Piece] = []
        if not self._held and PREFIX[0] not in text:
            if text:
                self._keep(text, pieces)
            return pieces
        buffer, self._held = self._held + text, ""
        position = 0
        while position < len(buffer):
            at = self._next(buffer, position)
            if at > position:
                self._keep(buffer[position:at], pieces)
            if at == len(buffer):
                break
            taken = self._token(buffer, at, final, pieces)
            if taken == 0:
                self._held = buffer[at:]
                break
            position = at + taken
        return pieces

    def _next(self, buffer: str, position: int) -> int:
        """Return where a placeholder may begin; the buffer's end when nowhere."""
        at = buffer.find(PREFIX, position)
        if at >= 0:
            return at
        for length in range(len(PREFIX) - 1, 0, -1):
            if len(buffer) - length >= position and buffer.endswith(PREFIX[:length]):
                return len(buffer) - length
        return len(buffer)

    def _token(self, buffer: str, at: int, final: bool, pieces: list[Piece]) -> int:
        """Deal with a possible placeholder at `at`; return the characters taken, 0 to wait."""
        for length in self._lengths:
            token = buffer[at : at + length]
            if token in self._tokens:
                rest = _WORD_REST.match(buffer, at + length, at + length + WORD)
                end = rest.end() if rest else at + length
                if end == len(buffer) and not final and end - at - length < WORD:
                    return 0
                self._place(token, buffer[at + length : end], pieces)
                return length
        beginning = buffer[at : at + LONGEST]
        if not final and at + len(beginning) == len(buffer) and self._may_become(beginning):
            return 0
        self._keep(buffer[at], pieces)
        return 1

    def _may_become(self, beginning: str) -> bool:
        return any(token.startswith(beginning) for token in self._tokens)

    def _place(self, token: str, rest: str, pieces: list[Piece]) -> None:
        self._read()
        minted = self._tokens[token]
        free = (
            self._allowed(minted)
            and not _HOST_REST.search(rest)
            and len(rest) < WORD
            and not self._addresses.inside()
            and not self._commands.inside()
        )
        if free:
            pieces.append(Piece(len(token), minted.value))
            self._unread.append(token)
        else:
            self._keep(token, pieces)

    def _keep(self, text: str, pieces: list[Piece]) -> None:
        if pieces and pieces[-1].text is None:
            pieces[-1] = Piece(pieces[-1].count + len(text))
        else:
            pieces.append(Piece(len(text)))
        self._unread.append(text)
        if len(self._unread) > _MOST_UNREAD:
            self._read()

    def _read(self) -> None:
        """Follow what went by since the last time."""
        text = "".join(self._unread)
        self._unread.clear()
        self._addresses.take(text)
        self._commands.take(text)
