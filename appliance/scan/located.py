"""A finding with its place in a file, and nothing of its value."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...detection.types import Action, Decided, Level
from .excerpt import Excerpts
from .windows import Place, Window


@dataclass(frozen=True, slots=True)
class Located:
    """What was found, and where. Lines and columns count characters from 1; ends are exclusive.

    `view` is the reading of the text in which it was seen. `excerpt` holds no value of a secret or of
    personal data.
    """

    source: str
    line: int
    column: int
    end_line: int
    end_column: int
    rule: str
    category: str
    level: Level
    score: float
    action: Action
    view: str
    excerpt: str


def locate(source: str, window: Window, decided: Sequence[Decided], place: Place) -> Iterator[Located]:
    """Return the findings that are a window's own and do not pass, in the order in which they begin."""
    own = [
        item
        for item in decided
        if window.begin <= item.finding.span.start < window.end and item.action is not Action.PASS
    ]
    if not own:
        return
    excerpts = Excerpts(window.text, (item.finding for item in decided))
    done, line, column = 0, window.line, window.column
    for finding, action in sorted(own, key=lambda item: item.finding.span):
        start, end = finding.span
        line, column = place(window.text[done:start], line, column)
        done = start
        end_line, end_column = place(window.text[start:end], line, column)
        yield Located(
            source=source,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            rule=finding.rule,
            category=finding.category,
            level=finding.level,
            score=round(finding.score, 4),
            action=action,
            view=finding.view,
            excerpt=excerpts.around(finding.span),
        )
