"""Engines of one's own: by patterns, by a model, or both."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import re2

from ...detection.function_scanners import Found, FunctionScanner
from ...detection.types import Level
from .state import add_engine


class BaseEngine:
    """An engine: subclass it and find spans in a text.

    `name` is what it is chosen by; letters, digits and underscores. `tier` and `owasp` are for people
    to read. `fail` says what an exception comes to, see `register_engine` of the library: in both
    cases the text is not called safe.
    """

    name: ClassVar[str] = ""
    tier: ClassVar[int] = 1
    owasp: ClassVar[str] = ""
    level: ClassVar[Level] = Level.HIGH

    def find(self, text: str) -> Iterator[Found]:
        """Yield what is found."""
        raise NotImplementedError


class PatternEngine(BaseEngine):
    """Finds expressions and words, in any case.

    `PATTERNS` are expressions that can be searched in linear time, `KEYWORDS` are taken literally.

    Raises:
        ValueError: an expression is none, or needs look-around or back-references.
    """

    PATTERNS: ClassVar[Sequence[str]] = ()
    KEYWORDS: ClassVar[Sequence[str]] = ()

    def __init__(self) -> None:
        options = re2.Options()
        options.case_sensitive = False
        options.log_errors = False
        self._compiled: list[re.Pattern[str]] = []
        for pattern in (*self.PATTERNS, *map(re2.escape, self.KEYWORDS)):
            try:
                self._compiled.append(re2.compile(pattern, options))
            except re2.error as error:
                raise ValueError(f"engine {self.name}: {pattern}: {error}") from None

    def find(self, text: str) -> Iterator[Found]:
        """Yield every match."""
        for pattern in self._compiled:
            for match in pattern.finditer(text):
                if match.end() > match.start():
                    yield Found(match.start(), match.end(), score=1.0)


class MLEngine(BaseEngine):
    """Asks a model about a text as a whole: subclass it and predict."""

    threshold: ClassVar[float] = 0.5

    def predict(self, text: str) -> float:
        """Return how sure the model is that the text is a threat, 0 to 1."""
        raise NotImplementedError

    def find(self, text: str) -> Iterator[Found]:
        """Yield the whole text if the model is sure enough."""
        score = self.predict(text) if text else 0.0
        if score >= self.threshold:
            yield Found(0, len(text), score=float(score))


class HybridEngine(PatternEngine, MLEngine):
    """Finds patterns first; where there are none, a model is asked."""

    def find(self, text: str) -> Iterator[Found]:
        """Yield the matches, else what the model says."""
        found = [*PatternEngine.find(self, text)]
        yield from found or MLEngine.find(self, text)


def register_engine(engine: Any) -> None:
    """Let an engine run beside the built-in ones.

    Args:
        engine: a `BaseEngine`, or its class; or any object with a ``name`` and a ``find``.

    Raises:
        BadRule: its name has no usable form.
        ValueError: see `PatternEngine`.
    """
    made = engine() if isinstance(engine, type) else engine
    level = getattr(made, "level", Level.HIGH)
    add_engine(FunctionScanner(made.name, made.find, level=level))
