"""The words around a finding, with everything masked that nobody should read."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from ...detection.types import Finding, Span

_AROUND = 32
_LONGEST = 96
_OPEN = frozenset({"prompt_attack", "exfiltration", "code", "deny"})
"""Families whose matches are no secret: they are shown as they stand."""


class Excerpts:
    """Shows findings of one text without their values.

    Args:
        text: the text.
        findings: all that was found in it, not only what will be shown.
    """

    def __init__(self, text: str, findings: Iterable[Finding]):
        self._text = text
        self._hidden = _merged(item for item in findings if item.family not in _OPEN)
        self._starts = [span.start for span, _ in self._hidden]

    def around(self, span: Span) -> str:
        """Return a part of the line or lines in which a finding stands, fit to be shown to anybody.

        Every value that reaches into it is replaced by its category in brackets; an attack is shown,
        cut in its middle where it is long. Control and bidirectional characters become dots.
        """
        text = self._text
        left, right = max(0, span.start - _AROUND), min(len(text), span.end + _AROUND)
        left = max(left, text.rfind("\n", left, span.start) + 1)
        ending = text.find("\n", span.end, right)
        right = right if ending < 0 else ending
        hidden = self._reaching(left, right)
        done = min([left, *(value.start for value, _ in hidden)])
        right = max([right, *(value.end for value, _ in hidden)])
        parts = []
        for value, name in hidden:
            parts += [text[done : value.start], f"[{name}]"]
            done = value.end
        return _shortened(_printable("".join([*parts, text[done:right]])))

    def _reaching(self, left: int, right: int) -> list[tuple[Span, str]]:
        first = max(0, bisect_right(self._starts, left) - 1)
        last = bisect_left(self._starts, right)
        return [item for item in self._hidden[first:last] if item[0].end > left]


def _merged(findings: Iterable[Finding]) -> list[tuple[Span, str]]:
    """Return the values in order, those that overlap as one, each with the category of its first."""
    found: list[tuple[Span, str]] = []
    for item in sorted(findings, key=lambda item: item.span):
        if found and item.span.start < found[-1][0].end:
            span, name = found[-1]
            found[-1] = Span(span.start, max(span.end, item.span.end)), name
        else:
            found.append((item.span, item.category.rpartition(".")[2]))
    return found


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\N{MIDDLE DOT}" for character in text)


def _shortened(text: str) -> str:
    whole = _LONGEST + 2 * _AROUND
    return text if len(text) <= whole else f"{text[:_LONGEST]} ... {text[-_AROUND:]}"
