"""Every example of every pack under every disguise and pairs of them, and the time that readings take.

Run with ``-s`` it tells what was caught, and the seed that it was sampled by.
"""

import os
import sys
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.detection.patterns import Pattern
from sluicegate.detection.rules import Rule
from sluicegate.detection.ruleset import Ruleset
from sluicegate.detection.text_scan import Hit, TextScan
from sluicegate.detection.types import Direction
from tests.detection.disguises import EXACT, LETTER_BY_LETTER, LOSSY, PAIRS, around, bare, caught, in_morse
from tests.detection.support import RULES
from tests.long.doubling import grows_little, seconds

pytestmark = pytest.mark.long

SEED = int(os.environ.get("DISGUISE_SEED", Random().randrange(10**6)))
PROMPTS = Ruleset([Pattern(rule) for rule in RULES if Direction.PROMPT in rule.directions])
EXAMPLES = [(pattern.rule, text) for pattern in PROMPTS.patterns for text in pattern.rule.examples]
_OF_EACH = 1000
_OF_A_PAIR = 20
_MEGABYTE = 1_000_000
_LONGEST_SECONDS = 0.2


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def hits_of(text: str) -> tuple[Hit, ...]:
    return TextScan(PROMPTS, whole=True).look(text, final=True).hits


def is_caught(rule: Rule, disguised: str) -> bool:
    return caught(hits_of(around(disguised)), rule)


def test_what_is_caught_in_every_disguise() -> None:
    random = Random(SEED)
    tell(f"\nseed {SEED}")
    every = {**EXACT, **LOSSY}
    asked = found = 0
    for name, disguise in every.items():
        fitting = [(r, t) for r, t in EXAMPLES if name in EXACT or (not r.label and in_morse(t))]
        sample = random.sample(fitting, min(_OF_EACH, len(fitting)))
        hits = sum(is_caught(rule, disguise(text)) for rule, text in sample)
        asked, found = asked + len(sample), found + hits
        tell(f"{name:20} {hits:5} of {len(sample):5}  {hits / len(sample):.3f}")
    tell(f"{'all':20} {found:5} of {asked:5}  {found / asked:.3f}")
    assert found >= 0.95 * asked, SEED


def test_what_is_caught_in_two_disguises() -> None:
    random = Random(SEED)
    tell(f"\nseed {SEED}")
    asked = found = 0
    for inner, outer in PAIRS:
        sample = random.sample(EXAMPLES, _OF_A_PAIR)
        hits = sum(is_caught(rule, EXACT[outer](EXACT[inner](text))) for rule, text in sample)
        asked, found = asked + len(sample), found + hits
        if hits < 0.9 * len(sample):
            tell(f"{inner} in {outer}: {hits} of {len(sample)}")
    tell(f"all pairs: {found} of {asked}  {found / asked:.3f}")
    assert found >= 0.95 * asked, SEED


def test_a_mask_takes_exactly_what_was_disguised_twice() -> None:
    random = Random(SEED)
    pairs = [pair for pair in PAIRS if set(pair) <= set(LETTER_BY_LETTER)]
    plain = [(hit, text) for rule, text in EXAMPLES for hit in hits_of(text) if hit.rule is rule]
    asked = 0
    for inner, outer in pairs:
        for hit, text in random.sample(plain, _OF_A_PAIR):
            disguised = around(EXACT[outer](EXACT[inner](text)))
            expected = bare(EXACT[outer](EXACT[inner](text[hit.start : hit.end])), outer)
            same = [each for each in hits_of(disguised) if each.rule is hit.rule and each.value == hit.value]
            asked += len(same)
            for each in same:
                span = bare(disguised[each.start : each.end], outer)
                assert span == expected or disguised.count(expected) != 1, (SEED, inner, outer, hit.rule.id)
    tell(f"{asked} masks of values in two disguises")
    assert asked >= len(pairs)


_UNITS = (
    "aGVsbG8gdGhlcmUgdGhpcyBpcyBpdA== ",
    "aGVsbG8gdGhlcmUgdGhpcyBpcyBpdCBhbmQgc29tZSBtb3JlIG9mIHRoZSBzYW1l\n",
    "%41%20",
    "&#65;",
    "\\u0041",
    "48656c6c6f20776f726c6421 ",
    "48 65 6c 6c 6f ",
    "01001000 01100101 ",
    ".... . .-.. .-.. --- / ",
    "i g n o r e   a l l   ",
    "i-g-n-o-r-e- -",
    "1gn0r3 4ll ",
    "a4",
    "vtaber nyy ",
    "erongi ",
    "a\u200b",
    "-",
    ". ",
    " ",
    "a",
    "\n",
    "%",
    "&",
    "\\",
    "=",
    "x" * 33 + "\n",
)


def least_seconds(text: str, *, whole: bool) -> float:
    """The least processor time of several readings of a text."""
    best = float("inf")
    for _ in range(5):
        best = min(best, seconds(PROMPTS, text, whole=whole))
    return best


@pytest.mark.parametrize("whole", [True, False], ids=["prompt", "answer"])
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(units=st.lists(st.sampled_from(_UNITS) | st.text(max_size=8), min_size=1, max_size=6))
def test_twice_the_text_takes_at_most_little_more_than_twice_the_time(whole: bool, units: list[str]) -> None:
    unit = "".join(units) or " "
    assert grows_little(PROMPTS, unit * (100_000 // len(unit)), whole=whole), unit


@pytest.mark.parametrize("unit", _UNITS)
def test_a_megabyte_of_anything_is_read_in_time(unit: str) -> None:
    text = (unit * (_MEGABYTE // len(unit) + 1))[:_MEGABYTE]
    assert least_seconds(text, whole=True) <= _LONGEST_SECONDS
    assert least_seconds(text, whole=False) <= _LONGEST_SECONDS
