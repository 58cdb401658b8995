"""A rule whose matches hold a digit is disregarded where none stands near its words, and nowhere else."""

import random

import pytest

from sluicegate.detection.encoded import Encoded
from sluicegate.detection.layered import Layered
from sluicegate.detection.needs import hopeless
from sluicegate.detection.patterns import Pattern
from sluicegate.detection.rules import Rule, load_pack, load_packs
from sluicegate.detection.ruleset import Ruleset

RULES = [rule for rule in load_packs() if hopeless(Pattern(rule)) is not None]
GAPS = ["", " ", "\n", "7", "é", "密" * 20, "x" * 61, " word" * 30]

PACK = """
[[rule]]
id = "{name}"
category = "pii.made_up"
level = "low"
label = "Made"
{form}
source = "Made for tests."
examples = ["a"]
near_misses = ["b"]
"""
FORMS = {
    "behind a lead": "lead = 'code:?\\s{0,3}'\npattern = '[A-Z]{0,2}[0-9]{3}'",
    "behind a lead's anchor": "lead = 'code:?\\s{0,30}'\nanchor = 'code'\npattern = '[A-Z]{0,2}[0-9]{3}'",
    "beside a word": "context = ['code']\npattern = '[A-Z]{2}(?:[0-9]{3}|-[0-9])'",
}


def test_many_rules_need_a_digit_near_their_words() -> None:
    assert len(RULES) > 100


@pytest.mark.parametrize("rule", RULES[::3], ids=lambda rule: rule.id)
def test_what_is_found_around_words_is_what_is_found_everywhere(rule: Rule) -> None:
    dice, pattern = random.Random(rule.id), Pattern(rule)
    ruleset = Ruleset([pattern])
    for _ in range(6):
        told = [dice.choice(GAPS) + dice.choice(rule.examples + rule.near_misses) for _ in range(3)]
        encoded = Encoded("\n" + "".join(told))
        assert ruleset.matches(encoded, 1, ruleset.hits(encoded)) == list(pattern.find(encoded, 1))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(
    ("text", "may_match"),
    [
        ("the code is not told", False),
        ("code AB123", True),
        ("7 code words, and nothing else", False),
        ("é code  AB123", True),
        ("code " + "and so on, " * 20 + "123", False),
    ],
)
def test_a_word_without_a_digit_wakes_no_rule_but_is_remembered(
    form: str, text: str, *, may_match: bool
) -> None:
    ruleset = Ruleset(map(Pattern, load_pack(PACK.format(name="some_code", form=form), "mine")))
    hits = ruleset.hits(Encoded("\n" + text))
    assert bool(hits.anchored) is may_match
    assert hits.nearby == ("some_code",)
    assert bool(ruleset.hits_by_line(Encoded("\n" + text), [text])) is may_match


def test_every_example_of_a_form_is_a_match() -> None:
    for form in FORMS.values():
        ruleset = Ruleset(map(Pattern, load_pack(PACK.format(name="some_code", form=form), "mine")))
        encoded = Encoded("\ncode AB123")
        assert len(ruleset.matches(encoded, 1, ruleset.hits(encoded))) == 1


def test_rules_over_others_are_remembered_too() -> None:
    base, own = (
        Ruleset(map(Pattern, load_pack(PACK.format(name=name, form=FORMS["beside a word"]), "mine")))
        for name in ("base_code", "own_code")
    )
    assert Layered(base, own).hits(Encoded("\nthe code")).nearby == ("base_code", "own_code")
    assert Layered(Ruleset([]), own).hits(Encoded("\nthe code")).nearby == ("own_code",)


def test_marks_of_markup_are_needed_like_digits() -> None:
    form = "pattern = '</?(?:blocked|banned)-words[\\s>]'\nanchor = '-words'"
    ruleset = Ruleset(map(Pattern, load_pack(PACK.format(name="some_tag", form=form), "mine")))
    assert not ruleset.hits(Encoded("\nblocked-words and banned-words are words")).anchored
    encoded = Encoded("\nblocked-words, </banned-words>")
    assert [found.start for found in ruleset.matches(encoded, 1, ruleset.hits(encoded))] == [16]
