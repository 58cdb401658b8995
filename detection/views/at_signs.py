"""The rules' own words with an ``@`` in place of an a: what makes an attack look like an e-mail address.

An address alone is no sign of leetspeak, or every text with one would be read twice.
"""

from collections.abc import Iterable, Iterator

import hyperscan

from ..database_cache import Expression
from ..patterns import Pattern
from ..regular import Chars, Choice, Node, Repeat, Sequence
from .leet import LEET
from .reading import View

_SHORTEST = 5
"""Letters of a word that hardly any address holds by chance."""


def words_with_at_signs(patterns: Iterable[Pattern]) -> Iterator[tuple[View, Expression]]:
    """Yield what shows that an ``@`` stands for a letter inside of a word, each once."""
    nodes = [pattern.node for pattern in patterns if not pattern.rule.label]
    words = {word for node in nodes for word in _words(node)}
    signs = {f"{word[:at]}@{word[at + 1 :]}" for word in words for at in _inside(word)}
    for sign in sorted(signs):
        yield LEET, Expression(sign.encode(), int(hyperscan.HS_FLAG_CASELESS))


def _inside(word: str) -> Iterator[int]:
    return (at for at in range(1, len(word) - 1) if word[at] == "a")


def _words(node: Node) -> Iterator[str]:
    """Yield the fixed words of an expression, in small letters."""
    match node:
        case Sequence(parts):
            yield from _of_parts(parts)
        case Choice(options):
            for option in options:
                yield from _words(option)
        case Repeat(body):
            yield from _words(body)
        case Chars():
            pass


def _of_parts(parts: Iterable[Node]) -> Iterator[str]:
    word = ""
    for part in parts:
        letter = _letter(part)
        word += letter
        if not letter:
            if len(word) >= _SHORTEST:
                yield word
            word = ""
            yield from _words(part)
    if len(word) >= _SHORTEST:
        yield word


def _letter(node: Node) -> str:
    """Return the small ASCII letter that alone matches; nothing for anything else."""
    if isinstance(node, Chars) and len(node.ranges) == 1 and node.ranges[0][0] == node.ranges[0][1]:
        letter = chr(node.ranges[0][0]).lower()
        return letter if letter.isascii() and letter.isalpha() else ""
    return ""
