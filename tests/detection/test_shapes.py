"""Rules known by their shape, and where alarms send the exact search."""

import pytest

from sluicegate.detection.alarms import Alarms
from sluicegate.detection.database_cache import Expression, compile_database
from sluicegate.detection.encoded import Encoded
from sluicegate.detection.fixed import fixed, head_of
from sluicegate.detection.patterns import Pattern
from sluicegate.detection.regular import parse
from sluicegate.detection.ruleset import Ruleset
from sluicegate.detection.shapes import is_shape
from tests.detection.oracle import find
from tests.detection.support import RULES

SHAPES = [rule for rule in RULES if is_shape(Pattern(rule))]


@pytest.mark.parametrize(
    ("pattern", "bytes_in_a_row"),
    [
        ("[0-9]{4}", 0),
        ("T[0-9]{3}", 1),
        ("A(?:KI|SI)A[0-9]", 4),
        ("(?:ab)?c", 1),
        ("ab?cd", 2),
        ("(?:abc|d)", 1),
        ("[0-9]@", 2),
        ("忘", 3),
        ("gh[pousr]_", 4),
    ],
)
def test_the_fixed_bytes_of_an_expression_are_counted(pattern: str, bytes_in_a_row: int) -> None:
    assert fixed(parse(pattern)) == bytes_in_a_row


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        ("eyJ[a-z]{9}", "eyJ"),
        ("[0-9]{9}", None),
        ("[0-9]{2}abcd", "[0-9]{2}abc"),
        ("abc", None),
        ("a{70}bcd", None),
    ],
)
def test_the_first_word_of_an_expression_is_its_shortest_beginning(pattern: str, word: str | None) -> None:
    assert head_of(parse(pattern)) == (parse(word) if word else None)


def test_alarms_close_together_share_a_span() -> None:
    alarms = Alarms(compile_database([Expression(b"ab", 0), Expression(b"x", 0)]), [4, 4])
    assert alarms.scan(b"ab ab" + b" " * 9 + b"ab x") == {0: [2, 5, 16, 16], 1: [18, 18]}
    assert alarms.scan(b"nothing") == {}


def found(ruleset: Ruleset, text: str) -> set[tuple[str, int, int]]:
    encoded = Encoded("\n" + text)
    matches = ruleset.matches(encoded, 1, ruleset.hits(encoded))
    return {(match.rule.id, match.start - 1, match.end - 1) for match in matches}


def test_shapes_are_found_where_they_stand_close_together() -> None:
    text = "\u00e9\n" + " ".join(example for rule in SHAPES for example in rule.examples * 3)
    expected = {(rule.id, start, end) for rule in SHAPES for start, end in find(rule, text)}
    assert found(Ruleset([Pattern(rule) for rule in SHAPES]), text) == expected
    assert len(expected) > len(SHAPES)


def test_shapes_are_found_where_they_stand_alone() -> None:
    ruleset = Ruleset([Pattern(rule) for rule in SHAPES])
    for rule in SHAPES:
        for example in rule.examples:
            text = "no end of words " * 40 + example + " and more" * 60
            expected = {(rule.id, start, end) for start, end in find(rule, text)}
            assert expected
            assert expected <= found(ruleset, text), example
