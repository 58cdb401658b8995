"""A scanner of a tenant's own: words, an expression, or a definition for a model."""

from dataclasses import dataclass, field
from typing import Literal

from ..types import Direction, Level

FIRST_TAG = 100
"""Tags of custom scanners begin with S100, as OpenGuardrails numbers them."""

type Way = Literal["keyword", "regex", "genai"]


@dataclass(frozen=True, slots=True)
class CustomScanner:
    """What to look for and what to call it.

    `way` says which of the fields speak: `words` for ``keyword``, `pattern` (the regular subset that
    runs in linear time, see `regular`) and `max_length` for ``regex``, `definition` for ``genai``.
    A match is reported as `category`; `matches` and `near_misses` are tried when it is loaded.
    """

    name: str
    tag: str
    category: str
    way: Way
    level: Level
    words: tuple[str, ...] = field(default=(), repr=False)
    pattern: str = field(default="", repr=False)
    max_length: int | None = None
    definition: str = field(default="", repr=False)
    exact_case: bool = False
    directions: tuple[Direction, ...] = (Direction.PROMPT, Direction.ANSWER)
    score: float = 0.0
    """Confidence of a match; 0 stands for that of its level."""
    matches: tuple[str, ...] = field(default=(), repr=False)
    near_misses: tuple[str, ...] = field(default=(), repr=False)
