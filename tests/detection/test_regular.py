"""The regular subset: what it takes, what it refuses, and how long its matches are."""

import random
import re

import pytest

from sluicegate.detection.regular import (
    Chars,
    Choice,
    Node,
    NotRegular,
    Repeat,
    Sequence,
    parse,
    parse_class,
    width,
)


@pytest.mark.parametrize(
    ("pattern", "least", "most"),
    [
        ("abc", 3, 3),
        ("", 0, 0),
        ("ab?c*", 1, None),
        ("a{2,5}b{3}", 5, 8),
        ("(?:ab|c|)d", 1, 3),
        ("(?:a{2}){3}", 6, 6),
        ("(?:a+|b)", 1, None),
        ("a{3,}", 3, None),
        ("(?:){5,}x", 1, 1),
        (r"[A-Z]\d\s\W.\n", 6, 6),
        (r"\x{1f600}\x41\.", 3, 3),
        ("é{1,2}ü", 2, 3),
        ("ab{0}", 1, 1),
    ],
)
def test_the_width_is_the_true_bound(pattern: str, least: int, most: int | None) -> None:
    assert width(parse(pattern)) == (least, most)


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("(a)", id="capturing group"),
        pytest.param("(?=a)", id="look-ahead"),
        pytest.param("(?<!a)b", id="look-behind"),
        pytest.param("(?i)a", id="flag"),
        pytest.param("(?P<n>a)", id="named group"),
        pytest.param("^a", id="start anchor"),
        pytest.param("a$", id="end anchor"),
        pytest.param(r"\ba", id="word boundary"),
        pytest.param(r"(?:a)\1", id="back-reference"),
        pytest.param("a*?", id="lazy star"),
        pytest.param("a{1,2}?", id="lazy count"),
        pytest.param("a++", id="possessive plus"),
        pytest.param("a**", id="repeat of a repeat"),
        pytest.param("a{201}", id="count too large"),
        pytest.param("a{1,201}", id="upper count too large"),
        pytest.param("a{3,2}", id="count upside down"),
        pytest.param("{2}", id="count of nothing"),
        pytest.param("*a", id="repeat of nothing"),
        pytest.param("(?:a", id="unclosed group"),
        pytest.param("a)", id="unopened group"),
        pytest.param("[a", id="unclosed class"),
        pytest.param("[]", id="empty class"),
        pytest.param("[z-a]", id="range upside down"),
        pytest.param("[[:alpha:]]", id="posix class"),
        pytest.param(r"[\d-z]", id="range from a set"),
        pytest.param(r"\pL", id="unicode property"),
        pytest.param(r"\x{110000}", id="no code point"),
        pytest.param("a\\", id="trailing backslash"),
    ],
)
def test_everything_else_is_refused(pattern: str) -> None:
    with pytest.raises(NotRegular):
        parse(pattern)


@pytest.mark.parametrize(
    ("inside", "members", "others"),
    [
        ("A-Za-z0-9_", "AZaz09_", "-é @["),
        (r"^\s", "a\u00a0\x0b", " \t\n\r\f"),
        (r"\w.-", "a_.-", ",/"),
        (r"a\-c", "a-c", "b"),
        (r"\]\[\\", "][\\", "a"),
        ("^^", "a", "^"),
        ("à-ü", "é", "e"),
    ],
)
def test_a_class_holds_what_it_names(inside: str, members: str, others: str) -> None:
    chars = parse_class(inside)
    assert all(char in chars for char in members)
    assert not any(char in chars for char in others)


def test_a_repeat_takes_only_the_last_letter_of_a_run() -> None:
    assert parse("abc+") == Sequence((parse("a"), parse("b"), Repeat(parse("c"), 1, None)))


def made(node: Node, dice: random.Random, longest: bool = False) -> str:
    """Make a text that the tree matches; of full length when `longest`."""
    match node:
        case Chars(ranges):
            low, high = dice.choice(ranges)
            return chr(dice.randint(low, min(high, low + 90)))
        case Sequence(parts):
            return "".join(made(part, dice, longest) for part in parts)
        case Choice(options):
            if longest:
                return made(max(options, key=lambda option: width(option)[1] or 0), dice, longest)
            return made(dice.choice(options), dice)
        case Repeat(body, least, most):
            count = (
                (most or least + 3) if longest else dice.randint(least, least + 3 if most is None else most)
            )
            return "".join(made(body, dice, longest) for _ in range(count))


@pytest.mark.parametrize("pattern", ["a{0,3}(?:bc|d{2,4})e?", r"(?:x[^x]{1,4}){2,3}|\d+", "[é-ü]?(?:a|bb)*"])
def test_the_tree_means_what_python_reads(pattern: str) -> None:
    dice, tree = random.Random(7), parse(pattern)
    for _ in range(200):
        assert re.fullmatch(pattern, made(tree, dice), re.ASCII)
