"""Of what the matches of an expression are made: it decides which rules share an automaton."""

import string

import pytest

from sluicegate.detection.charset import PLAIN, Charset, charset, letters
from sluicegate.detection.patterns import Pattern
from sluicegate.detection.regular import parse
from sluicegate.detection.rules import load_packs


@pytest.mark.parametrize(
    ("pattern", "caseless", "expected"),
    [
        ("[0-9]{3}-[0-9]{2}", False, Charset.DIGITS),
        ("[0-9]{17}[0-9X]", False, Charset.DIGITS),
        ("[0-9]{17}[0-9Y]", False, Charset.CAPITALS),
        ("[A-Z]{2}[0-9]{6}", False, Charset.CAPITALS),
        ("[A-Z]{2}[0-9]{6}", True, Charset.ANY),
        ("(?:[0-9]|ext){2}", False, Charset.ANY),
        ("[^0-9]{4}", False, Charset.ANY),
    ],
)
def test_an_expression_is_of_the_kind_of_its_letters(pattern: str, caseless: bool, expected: Charset) -> None:
    assert charset(parse(pattern), caseless=caseless) is expected


def test_letters_count_in_both_cases_where_case_is_no_matter() -> None:
    assert letters(parse("a[C-D]"), caseless=False) == set("aCD")
    assert letters(parse("a[C-D]"), caseless=True) == set("aAcCdD")


def test_no_beginning_of_a_shipped_match_ends_in_a_letter_foreign_to_it() -> None:
    some = {"card", "cn_resident_id", "us_medicare", "uk_nino"}
    bounded = [rule for rule in load_packs() if rule.id in some]
    assert len(bounded) == len(some)
    for rule in bounded:
        pattern = Pattern(rule)
        foreign = PLAIN - letters(pattern.node, caseless=rule.caseless)
        assert foreign
        for letter in foreign:
            held = pattern.backwards.match(f"{letter}1 ".encode(), 0)
            assert held is None or held[1] <= 1


def test_letters_with_a_third_form_are_never_foreign() -> None:
    assert set(string.ascii_letters) - set("KkSs") == PLAIN
