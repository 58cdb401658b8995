"""A regular expression over the value, linear in its length."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import re2

from .base import Given, plain_label

LONGEST = 256
"""Characters of an expression and of a replacement."""

_MEMORY = 1 << 20
"""Bytes that an expression may take when it is compiled."""
_MOST = 4096
"""Characters by which a replacement may be longer than the value."""
_STEP = re.compile(r"\\([0-9\\])|(\\)|([^\\]+)")


@dataclass(frozen=True, slots=True)
class Rewrite:
    r"""Replaces every match of `pattern` in the value by `to`, where ``\1`` is the first group.

    A value in which nothing matches is not let through: the label stands in its place.
    """

    pattern: str
    to: str
    name: ClassVar[str] = "regex"

    def __post_init__(self) -> None:
        """Raise `ValueError` for an expression or a replacement that cannot work."""
        if not 0 < len(self.pattern) <= LONGEST or len(self.to) > LONGEST:
            raise ValueError(f"pattern must have 1 to {LONGEST} characters and to at most {LONGEST}")
        if _compiled(self.pattern).fullmatch(""):
            raise ValueError("pattern matches the empty text")
        groups = max([part for part in _parts(self.to) if isinstance(part, int)], default=0)
        if groups > _compiled(self.pattern).groups:
            raise ValueError(f"to speaks of group {groups}, which pattern does not have")

    def replace(self, given: Given) -> str:
        """Return the rewritten value."""
        value, made = given.value, "".join(self._pieces(given.value))
        return plain_label(given) if value in made or len(made) > len(value) + _MOST else made

    def _pieces(self, value: str) -> Iterator[str]:
        at = 0
        try:
            found = list(_compiled(self.pattern).finditer(value))
        except UnicodeEncodeError:  # a lone surrogate: nothing can be said about it
            found = []
        for match in found:
            yield value[at : match.start()]
            for part in _parts(self.to):
                yield part if isinstance(part, str) else match.group(part) or ""
            at = match.end()
        yield value[at:]


@lru_cache(256)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors, options.max_mem = False, _MEMORY
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        words = error.args[0] if error.args else ""
        reason = words.decode() if isinstance(words, bytes) else str(words)
        raise ValueError(f"pattern is no expression of RE2: {reason}") from None


@lru_cache(256)
def _parts(text: str) -> tuple[str | int, ...]:
    r"""Read a replacement: texts, and numbers of groups. Raises `ValueError` for a stray ``\``."""
    parts: list[str | int] = []
    for escaped, stray, plain in _STEP.findall(text):
        if stray:
            raise ValueError(r"to holds a \ that neither a digit nor another \ follows")
        parts.append(int(escaped) if escaped.isdigit() else escaped or plain)
    return tuple(parts)
