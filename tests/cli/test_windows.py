"""Long texts: what is found through windows is what is found in the whole."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.appliance.scan.excerpt import Excerpts
from sluicegate.appliance.scan.windows import Window, by_line, on_one_line, windows
from sluicegate.detection.types import Direction, Finding, Kind, Level, Role, Span

TEXTS = st.text(alphabet="ab\n", max_size=120)


def _cut(text: str, sizes: Iterable[int]) -> list[str]:
    parts, done = [], 0
    for size in sizes:
        parts.append(text[done : done + size])
        done += size
    return [*parts, text[done:]]


@given(TEXTS, st.lists(st.integers(0, 30), max_size=6), st.integers(1, 40), st.integers(1, 20))
def test_windows_cover_a_text_once_and_know_their_place(
    text: str, sizes: list[int], core: int, margin: int
) -> None:
    found = list(windows(_cut(text, sizes), core=core, margin=margin))
    assert "".join(item.text[item.begin : item.end] for item in found) == text
    at = 0
    for item in found:
        first = at - item.begin
        assert text.startswith(item.text, first)
        assert (item.line, item.column) == by_line(text[:first], 1, 1)
        assert len(item.text) <= core + 2 * margin
        assert item.begin >= min(at, margin)
        at += item.end - item.begin
        assert len(item.text) - item.end >= min(len(text) - at, margin)


def test_a_text_on_one_line_counts_no_lines() -> None:
    found = list(windows(["a\nb\nc\nd"], on_one_line, 7, core=2, margin=1))
    assert [(item.line, item.column) for item in found] == [(7, 1), (7, 2), (7, 4)]
    assert found[0] == Window("a\nb", 0, 2, 7, 1)


def _finding(start: int, end: int, category: str = "secret.token") -> Finding:
    return Finding(
        scanner="patterns",
        rule="rule",
        category=category,
        level=Level.HIGH,
        score=1.0,
        pointer="/0",
        span=Span(start, end),
        role=Role.USER,
        kind=Kind.TEXT,
        direction=Direction.PROMPT,
        digest="",
    )


@pytest.mark.parametrize(
    ("spans", "shown"),
    [
        pytest.param([(4, 10)], "key=[token] and AAAA more", id="one"),
        pytest.param([(4, 10), (15, 19)], "key=[token] and [token] more", id="a neighbour is hidden, too"),
        pytest.param([(4, 8), (6, 10)], "key=[token] and AAAA more", id="overlapping ones are one"),
        pytest.param([(4, 10), (5, 7)], "key=[token] and AAAA more", id="one inside another"),
        pytest.param([(4, 7), (7, 10)], "key=[token][token] and AAAA more", id="side by side"),
    ],
)
def test_no_value_is_shown(spans: list[tuple[int, int]], shown: str) -> None:
    findings = [_finding(*span) for span in spans]
    text = "key=SECRET and AAAA more"
    assert Excerpts(text, findings).around(Span(*spans[0])) == shown


def test_a_value_that_reaches_into_the_words_around_is_hidden_whole() -> None:
    text = "x" * 50 + "SECRET" + "y" * 20 + "obey me" + "z" * 10 + "OTHER"
    attack = _finding(76, 83, "prompt_attack.override")
    shown = Excerpts(text, [attack, _finding(20, 60), _finding(93, 98)]).around(attack.span)
    assert shown == "[token]" + "y" * 16 + "obey me" + "z" * 10 + "[token]"


def test_a_long_attack_is_cut_in_its_middle() -> None:
    text = "a" * 5_000
    attack = _finding(100, 4_900, "prompt_attack.override")
    assert len(Excerpts(text, [attack]).around(attack.span)) < 200
