"""HTML cut into tags and text, in one pass and linear time.

The library's parser reads unclosed comments and quotes again and again (quadratic time, fixed only in
later versions). This one reads what the HTML standard (https://html.spec.whatwg.org, section 13.2.5)
calls data, tags, attributes, comments and raw text, and drops nothing a reader could not see: what is
left of an unclosed comment, quote or element is given as a comment.
"""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

RAW = {name: re.compile(f"</{name}", re.IGNORECASE | re.ASCII) for name in ("script", "style")}
"""Elements whose content is no markup, and what ends it."""
MOST_ATTRIBUTES = 64
"""Attributes of one tag that are looked at."""

_NAME = re.compile(r"[A-Za-z][^\s/>]{0,63}")
_ATTRIBUTE = re.compile(r"[\s/]*([^\s=>/]{1,128})\s{0,8}(=?)\s{0,8}(['\"]?)")
_NO_CHARACTER = re.compile(r"&#[0-9]{9,}")
_BARE = re.compile(r"[^\s>]*")


class Tag(NamedTuple):
    """A tag: lower-case name, whether it closes, attributes by lower-case name."""

    name: str
    closes: bool
    attributes: dict[str, str]


class Words(NamedTuple):
    """Text between tags, decoded; or the text of a comment."""

    text: str
    comment: bool = False


def tokens(source: str) -> Iterator[Tag | Words]:
    """Cut HTML into tags and words."""
    at = 0
    while at < len(source):
        opened = source.find("<", at)
        if opened < 0:
            yield Words(_decoded(source[at:]))
            return
        if opened > at:
            yield Words(_decoded(source[at:opened]))
        if source.startswith(("<!", "<?"), opened):
            token, at = _declaration(source, opened)
            yield token
            continue
        closes = source.startswith("</", opened)
        name = _NAME.match(source, opened + 1 + closes)
        if name is None:
            yield Words("<")
            at = opened + 1
            continue
        tag, at = _tag(source, name, closes)
        yield tag
        if tag.name in RAW and not closes:
            ended = RAW[tag.name].search(source, at)
            end = ended.start() if ended else len(source)
            yield Words(source[at:end])
            at = end


def _decoded(text: str) -> str:
    """Decode character references; a number that is no character at all becomes U+FFFD."""
    return html.unescape(_NO_CHARACTER.sub("\ufffd", text)) if "&" in text else text


def _declaration(source: str, opened: int) -> tuple[Words, int]:
    """Read a comment or what looks like one."""
    comment = source.startswith("<!--", opened)
    begin, mark = (opened + 4, "-->") if comment else (opened + 2, ">")
    end = source.find(mark, begin)
    if end < 0:
        return Words(source[begin:], comment=True), len(source)
    return Words(source[begin:end], comment=True), end + len(mark)


def _tag(source: str, name: re.Match[str], closes: bool) -> tuple[Tag, int]:
    attributes: dict[str, str] = {}
    at = name.end()
    while True:
        found = _ATTRIBUTE.match(source, at)
        if found is None:
            end = source.find(">", at)
            at = len(source) if end < 0 else end + 1
            return Tag(name[0].lower(), closes, attributes), at
        value, at = _value(source, found)
        if len(attributes) < MOST_ATTRIBUTES:
            attributes.setdefault(found[1].lower(), _decoded(value))


def _value(source: str, found: re.Match[str]) -> tuple[str, int]:
    if not found[2]:
        return "", found.end(1)
    if not found[3]:
        bare = _BARE.match(source, found.end())
        return (bare[0], bare.end()) if bare else ("", found.end())
    end = source.find(found[3], found.end())
    if end < 0:
        return source[found.end() :], len(source)
    return source[found.end() : end], end + 1
