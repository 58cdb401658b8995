"""Words in any case for RE2: what the two engines and Python take for the same letter.

RE2 folds as Unicode says (simple folding); only in the family of `i` it stops short of the Turkish letters.
"""

import re
from collections.abc import Iterable

_I = "iI\u0130\u0131"
"""Letters that count as `i` in any case: those with and without a dot."""


def either_case(words: Iterable[str]) -> str:
    """Write an expression for any of some words in any case."""
    return f"(?i:{'|'.join(map(_word, words))})"


def _word(word: str) -> str:
    return "".join(f"[{_I}]" if char in _I else re.escape(char) for char in word)
