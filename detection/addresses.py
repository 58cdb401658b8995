"""Whether the next character of a text would stand in a link, an image or another address.

What a chat shows as a link sends its text elsewhere, often without a click. Markdown, HTML, CSS and
LaTeX are read, and the bare addresses that renderers make links of. The answer is a fold over the
characters, so it does not depend on how the text is cut; in doubt it is yes.
"""

import re

LONGEST_WORD = 2048
"""A word with this many characters counts as an address."""
TAIL = 64
"""No expression of `_OPENING` matches more characters than this."""
_END = 2 * TAIL

_DELIMITERS = " \t\n\r\f\v<"
"""What ends a link in Markdown: nothing else does, neither quotes nor other scripts' spaces."""
_ADDRESS = re.compile(
    r"//|\\\\|\bwww\.|\b(?:mailto|xmpp|tel|sms|data|javascript|vbscript|file|blob|magnet|ftp|wss?|https?):"
    r"|\b(?:href|src|srcset|action|formaction|poster|cite|background|data)="
    r"|\.[^\W\d_][\w-]{1,62}(?::\d+)?[/?#\\]",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{1,31}:", re.IGNORECASE)
_TARGET = re.compile(r"(?:\]\s?[(:]\s?<?|\burl\(|\\(?:href|url|includegraphics)\{)\s?$", re.IGNORECASE)
_TARGET_ENDS = ("(", ":", "<", "{")
"""What `_TARGET` ends with but for white space."""
_OPENING = re.compile(
    r"""(?=(
        (?: \b(?:href|src|srcset|action|formaction|poster|cite|background|data|style|content)\s?=
          | \burl\( | @import ) \s? (?P<quote>["'])
      | \]\s?[(:]\s? (?P<angle><)
      | (?P<around>["'<({]) \s? (?:[a-z][a-z0-9+.-]{1,31}:)? //
      | \\(?:href|url|includegraphics) \s? (?P<brace>\{)
    ))""",
    re.IGNORECASE | re.VERBOSE,
)
"""What opens an address that may hold spaces."""
_OPENING_MARKS = ("=", "(", "@", "]", "//", "\\")
"""Whatever `_OPENING` matches holds one of these."""
_CLOSES = {"<": ">", "(": ")", "{": "}"}
_ESCAPED = re.compile(r"\\.")


def narrowed(text: str) -> str:
    """Write a blank for every run of white space."""
    # Of the printable characters only the blank is white space.
    if "  " not in text and text.isprintable():
        return text
    words = " ".join(text.split())
    if not words:
        return " " if text else ""
    return f"{' ' if text[0].isspace() else ''}{words}{' ' if text[-1].isspace() else ''}"


def narrowed_end(text: str) -> str:
    """Return what `narrowed` makes of the end of a text: at least `TAIL` characters where there are."""
    short = narrowed(text[-_END:])
    return short if len(short) > TAIL or len(text) <= _END else narrowed(text)


class Addresses:
    """Follows a text and knows whether it stands inside of an address."""

    def __init__(self) -> None:
        self._word = ""
        self._angle = False
        self._tail = ""
        self._open: frozenset[str] = frozenset()

    def take(self, text: str) -> None:
        """Go on over these characters."""
        cut = max(map(text.rfind, _DELIMITERS))
        if cut >= 0:
            self._word, self._angle = text[cut + 1 :][-LONGEST_WORD:], text[cut] == "<"
        else:
            self._word = (self._word + text)[-LONGEST_WORD:]
        seen = self._tail + text
        if self._open or _may_open(seen):
            seen = narrowed(seen)
            self._open = _still_open(self._open, seen, len(self._tail))
        else:
            seen = narrowed_end(seen)
        self._tail = seen[-TAIL:]

    def inside(self) -> bool:
        """Say whether the next character would be part of an address."""
        word = self._word
        return (
            bool(self._open)
            or len(word) >= LONGEST_WORD
            or _ADDRESS.search(word) is not None
            or (self._angle and _SCHEME.match(word) is not None)
            or _in_target(word)
            or (self._tail.rstrip()[-1:] in _TARGET_ENDS and _TARGET.search(self._tail) is not None)
        )


def _may_open(text: str) -> bool:
    for mark in _OPENING_MARKS:  # noqa: SIM110 - a generator costs three times as much
        if mark in text:
            return True
    return False


def _still_open(before: frozenset[str], seen: str, known: int) -> frozenset[str]:
    """Return the marks that would close the addresses open at the end of `seen`, of which `known` is old."""
    last: dict[str, int] = {}
    marks = {mark for mark in before if _last(mark, seen, last) < known}
    for found in _OPENING.finditer(seen):
        end = found.end(1)
        if end > known:
            opened = found["quote"] or found["angle"] or found["around"] or found["brace"]
            mark = _CLOSES.get(opened, opened)
            if _last(mark, seen, last) < end:
                marks.add(mark)
    return frozenset(marks)


def _last(mark: str, seen: str, known: dict[str, int]) -> int:
    """Return where an unescaped mark stands last, -1 for nowhere; `known` keeps what was found."""
    if mark not in known:
        at = seen.rfind(mark)
        while at > 0 and seen[at - 1] == "\\":
            at = seen.rfind(mark, 0, at)
        known[mark] = at
    return known[mark]


def _in_target(word: str) -> bool:
    opened = word.find("](")
    if opened < 0:
        return False
    depth = 0
    for mark in _ESCAPED.sub("", word[opened + 1 :]):
        depth = max(0, depth + (mark == "(") - (mark == ")"))
    return depth > 0
