"""Putting values back: placeholders of this exchange become what they stand for, where they may.

A placeholder stays as it is inside a link, an image or another address (its value would leave with
the request), inside a command, and wherever the policy of the text says so. What decides is the
text to its left and the rest of its own word, so the outcome does not depend on how the answer is
cut; the only characters held are a beginning of a placeholder and the word around a whole one.
"""

import re
from collections.abc import Callable, Mapping

from .pieces import Piece
from .vault import LONGEST, PREFIX, Minted

LEFT = 2048
"""Characters to the left that are looked at. A word longer than this counts as an address."""
WORD = 256
"""Longest rest of a word that is waited for; longer than any host name."""

_WORD_REST = re.compile(r"[A-Za-z0-9._-]*")
_HOST_REST = re.compile(r"\.[A-Za-z0-9]")
_WORD_LEFT = re.compile(r"[^\s<>\"'`]*")
_ADDRESS = re.compile(
    r"://|\bwww\.|\b(?:mailto|tel|sms|data|javascript|vbscript|file|blob|magnet|ftp|wss?|https?):"
    r"|\b(?:href|src|srcset|action|formaction|poster|cite|background|data)=|\.[a-z]{2,24}(?::\d+)?[/?#]|\\\\",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"(?:\b(?:href|src|srcset|action|formaction|poster|cite|background|data|style)\s*=|url\(|@import)\s*$",
    re.IGNORECASE,
)
_TARGET = re.compile(r"\]\s*[(:]\s*<?\s*$|\burl\(\s*$", re.IGNORECASE)
_FENCE = re.compile(r"\s{0,3}(?:```+|~~~+)\s*([\w+-]*)")
_SHELLS = frozenset("bash bat batch cmd console fish ksh powershell ps1 pwsh sh shell terminal zsh".split())
_PROMPT_SIGN = re.compile(r"\s*(?:\$|PS [^>]*>|[\w.-]+@[\w.-]+[:~ ][^$#]*[$#])\s+")
_SENDING = re.compile(
    r"\s*(?:sudo|curl|wget|ssh|scp|sftp|rsync|nc|ncat|netcat|powershell|pwsh|iwr|irm|invoke-\w+)\s",
    re.IGNORECASE,
)
"""Commands that begin a line of prose about as often as never."""
_COMMAND = re.compile(
    r"\s*(?:bash|sh|zsh|chmod|kubectl|docker|psql|mysql|aws|gcloud|az|python3?|node|npm|pip|git|echo|export)\s"
    rf"|{_SENDING.pattern}",
    re.IGNORECASE,
)


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
        self._left = ""
        self._shell = self._fenced = False
        self._lengths = sorted({len(token) for token in tokens}, reverse=True)

    def feed(self, text: str, final: bool) -> list[Piece]:
        """Take the next characters; return pieces for those that are decided, in order."""
        if not self._tokens:
            return [Piece(len(text))] if text else []
        buffer, self._held = self._held + text, ""
        pieces: list[Piece] = []
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
        minted = self._tokens[token]
        free = (
            self._allowed(minted)
            and not _HOST_REST.search(rest)
            and len(rest) < WORD
            and not in_address(self._left)
            and not self._in_command()
        )
        if free:
            pieces.append(Piece(len(token), minted.value))
            self._remember(token)
        else:
            self._keep(token, pieces)

    def _keep(self, text: str, pieces: list[Piece]) -> None:
        if pieces and pieces[-1].text is None:
            pieces[-1] = Piece(pieces[-1].count + len(text))
        else:
            pieces.append(Piece(len(text)))
        self._remember(text)

    def _remember(self, text: str) -> None:
        if "\n" in text:
            *lines, _ = (self._left.rpartition("\n")[2] + text).split("\n")
            for line in lines:
                self._end_line(line)
        self._left = (self._left + text)[-LEFT:]

    def _end_line(self, line: str) -> None:
        fence = _FENCE.match(line)
        if fence:
            self._fenced = not self._fenced
            self._shell = self._fenced and fence[1].lower() in _SHELLS

    def _in_command(self) -> bool:
        line = self._left.rpartition("\n")[2]
        if self._shell or _PROMPT_SIGN.match(line) or _SENDING.match(line):
            return True
        before, tick, code = line.rpartition("`")
        return bool(tick) and before.count("`") % 2 == 0 and bool(_COMMAND.match(code))


def in_address(left: str) -> bool:
    """Say whether text that follows `left` directly would be part of a link or another address."""
    found = _WORD_LEFT.match(left[::-1])
    length = found.end() if found else 0
    word = left[len(left) - length :]
    if length >= LEFT or _ADDRESS.search(word) or _in_target(word) or _TARGET.search(left[-64:]):
        return True
    quote = max(left.rfind('"'), left.rfind("'"))
    return quote >= 0 and _ATTRIBUTE.search(left[max(0, quote - 64) : quote]) is not None


def _in_target(word: str) -> bool:
    opened = word.rfind("](")
    return opened >= 0 and ")" not in word[opened:]
