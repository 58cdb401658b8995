"""Law 2, least hold-back: a character is held only while it may still be part of an undecided match."""

import re
import statistics
from functools import lru_cache

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.encoded import Encoded
from sluicegate.detection.holdback import HoldBack
from sluicegate.detection.patterns import CONTEXT, Pattern
from sluicegate.detection.rules import Rule
from sluicegate.detection.ruleset import Ruleset
from sluicegate.detection.text_scan import WIDEST, TextScan
from tests.detection.prose import PROSE
from tests.detection.support import ARGUMENT_RULES, DATA_RULES, KINDS


class Oracle:
    """The definition of hold-back, tried start by start with the partial matching of `regex`."""

    def __init__(self, rule: Rule):
        # the flag keeps classes to ASCII, as RE2 has them, but also keeps letters beyond it from folding
        ascii_only = (rule.pattern + rule.lead).isascii()
        flags = (regex.ASCII if ascii_only else 0) | (regex.IGNORECASE if rule.caseless else 0)
        self._rule = rule
        self._long = Pattern(rule).long
        self._body = regex.compile(rule.pattern, flags)
        self._before = regex.compile(f"[{rule.before}]") if rule.before else None
        self._lead = regex.compile(rule.lead, flags) if rule.lead else None

    def start(self, text: str) -> int:
        """Return the first start in ``text[1:]`` whose text to the end is a beginning of a match."""
        for start in range(1, len(text)):
            if self._live(text, start):
                return start
        return len(text)

    def _live(self, text: str, start: int) -> bool:
        if self._long and len(text) - start >= self._rule.max_length:
            return False
        if self._before and self._before.match(text[start - 1]):
            return False
        if self._lead and not self._led(text, start):
            return False
        window = text[max(0, start - CONTEXT) : start].lower()
        if self._rule.context and not any(word.lower() in window for word in self._rule.context):
            return False
        return self._body.fullmatch(text, start, partial=True) is not None

    def _led(self, text: str, start: int) -> bool:
        """A lead ends at `start`, and no longer match of the lead begins where it does."""
        assert self._lead
        for left in range(max(0, start - CONTEXT), start):
            ends = [
                end
                for end in range(left + 1, min(len(text), left + CONTEXT) + 1)
                if self._lead.fullmatch(text, left, end)
            ]
            if ends and max(ends) == start:
                return True
        return False


@lru_cache(64)
def alone(rule_id: str) -> Ruleset:
    """One rule, compiled."""
    return Ruleset(
        [Pattern(next(rule for rule in DATA_RULES + ARGUMENT_RULES + KINDS if rule.id == rule_id))]
    )


def held(rule: Rule, text: str) -> int:
    """Where the product begins to hold, the rule being alone."""
    ruleset = alone(rule.id)
    encoded = Encoded(text)
    return ruleset.holdback.start(encoded, 1, ruleset.hits(encoded).nearby)


def prefixes_of(text: str) -> list[str]:
    """Prefixes to try: all of a short text, a sample of a longer one."""
    step = max(1, len(text) // 24)
    return [text[:end] for end in range(1, len(text) + 1, step)]


@pytest.mark.parametrize("rule", DATA_RULES + ARGUMENT_RULES + KINDS, ids=lambda rule: rule.id)
def test_every_rule_holds_exactly_what_may_become_its_match(rule: Rule) -> None:
    oracle = Oracle(rule)
    samples = [*rule.examples[:2], rule.near_misses[0]]
    for sample in samples:
        for prefix in prefixes_of(f"\nAs told, {sample}, fine"):
            assert held(rule, prefix) == oracle.start(prefix), prefix


_PIECES = st.sampled_from(
    [rule.examples[0][:cut] for rule in DATA_RULES + ARGUMENT_RULES + KINDS for cut in (3, 7, 12, 40)]
    + [" ", "-", ".", "\n", "\u00e9", "x", "4"]
)


@settings(max_examples=200, deadline=None)
@given(
    rule=st.sampled_from(DATA_RULES + ARGUMENT_RULES + KINDS),
    pieces=st.lists(_PIECES, min_size=1, max_size=5),
)
def test_any_text_is_held_as_the_definition_says(rule: Rule, pieces: list[str]) -> None:
    text = "\n" + "".join(pieces)[:160]
    assert held(rule, text) == Oracle(rule).start(text)


def test_holding_all_rules_is_holding_the_longest_of_each() -> None:
    patterns = [Pattern(rule) for rule in DATA_RULES]
    together = HoldBack(patterns)
    ruleset = Ruleset([Pattern(rule) for rule in DATA_RULES])
    each = [Ruleset([Pattern(rule)]) for rule in DATA_RULES]
    for rule in DATA_RULES:
        encoded = Encoded("\nand so " + rule.examples[0][:-1])
        longest = min(one.holdback.start(encoded, 1, one.hits(encoded).nearby) for one in each)
        assert together.start(encoded, 1, ruleset.hits(encoded).nearby) == longest


def test_prose_waits_for_the_end_of_its_word() -> None:
    scan = TextScan(Ruleset([Pattern(rule) for rule in DATA_RULES]))
    waits: list[int] = []
    words: list[int] = []
    for index, character in enumerate(PROSE):
        look = scan.look(character, final=False)
        scan.commit(character, look.decided)
        waits.append(index + 1 - look.decided)
        word = re.search(r"\S*$", PROSE[: index + 1])
        words.append(len(word.group()) if word else 0)
    assert statistics.median(waits) <= statistics.median(words)
    assert statistics.median(wait - word for wait, word in zip(waits, words, strict=True)) <= 0
    assert statistics.quantiles(waits, n=100)[98] <= 24
    assert max(waits) <= max(rule.max_length for rule in DATA_RULES)


def test_characters_that_a_view_drops_do_not_hold_a_text_for_ever() -> None:
    scan = TextScan(Ruleset([Pattern(rule) for rule in DATA_RULES]))
    for piece in ("see AKIA5X", *["\u200b" * 1000] * 40, "GQ7R2MZN4CTYLB "):
        look = scan.look(piece, final=False)
        scan.commit(piece, look.decided)
        assert len(scan.tail) <= WIDEST


def test_a_match_stretched_beyond_the_widest_is_none_however_it_is_cut() -> None:
    ruleset = Ruleset([Pattern(rule) for rule in DATA_RULES])
    for dropped, found in ((1000, True), (WIDEST, False)):
        text = f"see AKIA5X{'\u200b' * dropped}GQ7R2MZN4CTYLB ."
        for size in (len(text), 4000):
            scan, hits = TextScan(ruleset), 0
            for at in range(0, len(text), size):
                piece = text[at : at + size]
                look = scan.look(piece, final=at + size >= len(text))
                hits += len(look.hits)
                scan.commit(piece, look.decided)
            assert (hits > 0) is found
