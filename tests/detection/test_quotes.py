"""Curly quotation marks: rules that take them for straight ones are not asked twice, and miss nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.detection.encoded import Encoded
from sluicegate.detection.patterns import Pattern
from sluicegate.detection.quotes import CURLY, minds_quotes
from sluicegate.detection.rules import load_pack
from sluicegate.detection.ruleset import Ruleset
from sluicegate.detection.text_scan import Hit, TextScan
from sluicegate.detection.types import Direction
from sluicegate.detection.views import nest
from sluicegate.detection.views.unicode import read_as
from tests.detection.support import RULES

_PATTERNS = [Pattern(rule) for rule in RULES if Direction.PROMPT in rule.directions]
PROMPTS = Ruleset(_PATTERNS)
SOME = PROMPTS.minding_quotes
ALONE = Ruleset(filter(minds_quotes, _PATTERNS))
_QUOTED = [text for rule in RULES for text in (*rule.examples, *rule.near_misses) if {"'", '"'} & {*text}]
_PLAIN = [rule.examples[0] for rule in RULES[::9]]


@st.composite
def typeset(draw: st.DrawFn) -> str:
    """Examples of rules and words of prose with curly marks for some straight ones, and some more of them."""
    parts = draw(
        st.lists(
            st.sampled_from([*_QUOTED, *_PLAIN, "It\u2019s", "a \u201cword\u201d", "\\", "+"]), max_size=4
        )
    )
    text = draw(st.sampled_from(["\n", " ", "", "\u2019"])).join(parts)
    curly = {straight: mark for mark, straight in CURLY.items()}
    flips = draw(st.randoms(use_true_random=False))
    text = "".join(curly[char] if char in curly and flips.random() < 0.7 else char for char in text)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.sampled_from([*CURLY])) + text[place:]
    return text


def look(text: str, ruleset: Ruleset = PROMPTS) -> tuple[Hit, ...]:
    return TextScan(ruleset, whole=True).look(text, final=True).hits


@given(text=typeset())
def test_a_text_with_curly_marks_holds_what_all_rules_find_in_it(text: str) -> None:
    asked_once = look(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nest, "_MOST_MATCHED", 0)
        assert look(text) == asked_once


@given(text=typeset())
def test_some_rules_of_a_set_find_what_they_find_alone(text: str) -> None:
    encoded = Encoded(f"\n{text}")
    some, alone = (rules.matches(encoded, 1, rules.hits(encoded)) for rules in (SOME, ALONE))
    assert some == alone
    assert SOME.patterns == ALONE.patterns


def test_some_rules_of_a_set_are_found_in_a_text_that_is_full_of_words() -> None:
    text = "\n" + " ".join(dict.fromkeys(_QUOTED)) * 3
    encoded = Encoded(text)
    found = SOME.matches(encoded, 1, SOME.hits(encoded))
    assert found
    assert found == ALONE.matches(encoded, 1, ALONE.hits(encoded))


def test_the_marks_read_as_the_view_reads_them() -> None:
    assert {mark: read_as(mark) for mark in CURLY} == CURLY


def test_what_only_straight_marks_show_is_found_behind_curly_ones() -> None:
    found = look("password = \u2018kX9mQ2vL7pR4tW8z\u2019 and it\u2019s so")
    assert [hit.view for hit in found if hit.rule.category.startswith("secret")] == ["unicode"]


def test_most_rules_that_are_dear_do_not_mind() -> None:
    about = [pattern for pattern in _PATTERNS if pattern.rule.category.startswith("prompt_attack")]
    assert sum(map(minds_quotes, about)) < len(about) // 2


_HEAD = """
[defaults]
source = "a test"
category = "pii.test"
level = "low"
label = "Test"
near_misses = ["nothing"]
"""


@pytest.mark.parametrize(
    ("lines", "minds"),
    [
        ("pattern = '[^a\\n]x[0-9]{4}'\nanchor = 'x[0-9]'\nexamples = ['bx1234']", False),
        ("pattern = '''x['0-9]{4}'''\nanchor = 'x'\nexamples = ['x1234']", True),
        ("pattern = 'x[0-9]{4}'\nanchor = 'x'\nbefore = '''\"'''\nexamples = ['x1234']", True),
        ("pattern = '[0-9]{4}'\nlead = '''key=['\"]'''\nexamples = ['''key='1234''']", True),
        ("pattern = '[0-9]{4}'\ncontext = ['''driver's''']\nexamples = ['''driver's 1234''']", True),
        ("pattern = '4[0-9]{15}'\nvalidator = 'card'\nanchor = '4'\nexamples = ['4111111111111111']", False),
        ("pattern = '\\s?x[0-9]{4}'\nanchor = 'x[0-9]'\nexamples = ['x1234']", True),
    ],
)
def test_a_rule_minds_that_tells_the_marks_apart(lines: str, minds: bool) -> None:
    [rule] = load_pack(f"{_HEAD}[[rule]]\nid = 'one'\n{lines}\n", "test")
    assert minds_quotes(Pattern(rule)) is minds


def test_a_validator_that_sees_the_marks_minds() -> None:
    [rule] = load_pack(
        f"{_HEAD}[[rule]]\nid='one'\npattern='x.{{4}}'\nanchor='x'\nexamples=['x1234']\n", "test"
    )
    assert not minds_quotes(Pattern(rule))
    assert minds_quotes(Pattern(rule, lambda value: "'" in value))


@pytest.mark.parametrize(("text", "shows"), [("it's", False), ('say \\"so\\"', True)])
def test_what_straight_marks_alone_show_is_seen(text: str, shows: bool) -> None:
    assert PROMPTS.signs.straightened_shows(Encoded("\n" + text)) is shows
