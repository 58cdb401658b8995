"""Whether the next character of a text would stand in a command that someone may run as it is.

Shell blocks and inline code in Markdown, lines behind a prompt sign, and lines that call a program
which sends data. A fold over the characters: it does not depend on how the text is cut.
"""

import re

from .addresses import narrowed, narrowed_end
from .automaton import Automaton

_HEAD = 256
"""Characters of a line's or a code's beginning that are looked at."""
_TAIL = 64

_MARGIN = r"(?:\s|>|[-*+]\s|\d{1,9}[.)]\s)*"
"""What lists and quotes put before a line."""
_FENCE = re.compile(_MARGIN + r"(?P<fence>`{3,}|~{3,})\s*\{?\.?(?P<language>[\w+-]*)(?P<more>.*)", re.DOTALL)
_SHELLS = frozenset(
    """ash bash bat batch cmd console csh dash fish ksh nu nushell powershell ps1 pwsh sh shell
    shellsession tcsh terminal zsh""".split()
)
_PROMPT_SIGN = re.compile(_MARGIN + r"(?:\$|PS [^>]*>|[\w.-]+@[\w.-]+[:~ ][^$#]*[$#])\s+")
_SENDERS = r"(?:curl|wget|ssh|scp|sftp|rsync|nc|ncat|netcat|powershell|pwsh|iwr|irm|invoke-\w{1,30})"
_SENDING = re.compile(rf"{_MARGIN}(?:sudo\s+)?{_SENDERS}\s", re.IGNORECASE)
"""Programs that begin a line of prose about as often as never."""
_SENDING_LATER = re.compile(
    rf"[|;&(>`]\s?(?:sudo\s)?{_SENDERS}\s|\b{_SENDERS}\s(?:-|https?:|\")", re.IGNORECASE
)
_COMMAND = re.compile(
    r"\s*(?:bash|sh|zsh|chmod|kubectl|docker|psql|mysql|aws|gcloud|az|python3?|node|npm|pip|git|echo|export)\s"
    rf"|\s*(?:sudo\s+)?{_SENDERS}\s",
    re.IGNORECASE,
)
_TICKS = re.compile("`+")
_SENDER = Automaton(rf"(?i){_SENDERS}[\s\v\x1c-\x1f]")
"""Stands in whatever `_SENDING_LATER` matches; much faster, for ASCII alone."""


def _may_send(seen: str) -> bool:
    """Say whether a text may call a program that sends."""
    return not seen.isascii() or _SENDER.search(seen.encode(), 0) is not None


class Commands:
    """Follows a text and knows whether it stands inside of a command."""

    def __init__(self) -> None:
        self._fence = ""
        self._shell = False
        self._physical = ""
        self._begin_line()

    def _begin_line(self) -> None:
        self._head = self._tail = self._code = self._end = ""
        self._coding = self._sends = False

    def take(self, text: str) -> None:
        """Go on over these characters."""
        *lines, rest = text.split("\n")
        for line in lines:
            if self._head or line.endswith(("\\", "\\\r")):
                self._go_on(line)
                self._end_line()
            elif "```" in line or "~~~" in line:  # of a line that is over only its fence matters
                self._read_fence(line[:_HEAD])
        self._go_on(rest)

    def inside(self) -> bool:
        """Say whether the next character would be part of a command."""
        return bool(
            self._shell
            or self._sends
            or _PROMPT_SIGN.match(self._head)
            or _SENDING.match(self._head)
            or (self._coding and _COMMAND.match(self._code))
        )

    def _go_on(self, part: str) -> None:
        if not part:
            return
        self._head = (self._head + part)[:_HEAD]
        self._physical = (self._physical + part)[:_HEAD]
        known = len(self._tail)
        seen = self._tail + part
        if self._sends or not _may_send(seen):
            seen = narrowed_end(seen)
        else:
            seen = narrowed(seen)
            self._sends = any(found.end() > known for found in _SENDING_LATER.finditer(seen))
        self._tail = seen[-_TAIL:]
        self._read_code(part)
        self._end = (self._end + part)[-2:]

    def _read_code(self, part: str) -> None:
        """Follow inline code: a run of ticks begins it or ends it."""
        if "`" not in part and not self._coding:
            return
        position = 0
        for run in _TICKS.finditer(part):
            position = run.end()
            if run.start() or self._end[-1:] != "`":
                self._coding = not self._coding
            self._code = ""
        if self._coding:
            self._code = (self._code + part[position:])[:_HEAD]

    def _end_line(self) -> None:
        self._read_fence(self._physical)
        self._physical = ""
        if self._end.removesuffix("\r").endswith("\\"):
            self._go_on(" ")
            self._physical = ""
        else:
            self._begin_line()

    def _read_fence(self, line: str) -> None:
        found = _FENCE.match(line)
        if found is None:
            return
        fence, language, more = found["fence"], found["language"].lower(), found["more"]
        if self._fence:
            if fence.startswith(self._fence) and not language and not more.strip():
                self._fence, self._shell = "", False
        elif fence[0] == "~" or "`" not in more:
            self._fence = fence
            self._shell = any(part in _SHELLS for part in re.split("[-_+]", language))
