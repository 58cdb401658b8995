"""Texts full of what rules look for: the quick ways to a candidate find what the plain way finds."""

import random
import re
from collections.abc import Iterator

import pytest

from sluicegate.detection.automaton import Automaton, Span
from sluicegate.detection.encoded import Encoded
from sluicegate.detection.folding import either_case
from sluicegate.detection.patterns import Pattern
from sluicegate.detection.rules import Rule, load_packs

_WIDE = "Ж日🙂é"


class Plain(Pattern):
    """A rule whose candidates are sought by its exact expression alone."""

    def _next(self, data: bytes, position: int, last: int, reach: int) -> Span | None:
        step = reach if self.long else last - position
        while position <= last:
            found = self._search.search(data, position, position + step + reach)
            if found is not None and found[0] <= position + step:
                return found if found[0] <= last else None
            position += step + 1
        return None


def _crowded(rule: Rule, source: random.Random) -> Iterator[str]:
    """Yield pieces of a text: examples whole, cut short, with other neighbours, and near misses."""
    for _ in range(60):
        example = source.choice(rule.examples + rule.near_misses)
        cut = example[: source.randrange(1, len(example) + 1)]
        yield source.choice((example, cut, cut, cut, cut * 3)) + source.choice(("", "", " ", "\n", "@", "/"))


def _rules() -> list[Rule]:
    """Return the rules that are sought loosely where there is much to seek, and one of the others in ten."""
    wide = [rule for rule in load_packs() if rule.max_length >= 127]
    return wide + [rule for rule in load_packs() if rule not in wide][::10]


@pytest.mark.parametrize("wide", ["", _WIDE])
def test_a_crowded_text_holds_for_the_quick_way_what_it_holds_for_the_plain_one(wide: str) -> None:
    for rule in _rules():
        source = random.Random(rule.id)
        text = "\n" + wide + wide.join(_crowded(rule, source)) + "x" * 5000
        found = list(Pattern(rule).find(Encoded(text), 1))
        assert found == list(Plain(rule).find(Encoded(text), 1)), rule.id


def test_the_end_of_a_rule_that_is_sought_loosely_stands_behind_many_places_where_none_begins() -> None:
    rule = next(rule for rule in load_packs() if rule.id == "connection_string")
    login = "postgres://bil\u006cing:Vq7mR2xT@db.kontor.example/x"
    text = "\n" + "amqp://a:" * 3000 + " " + login
    matches = list(Pattern(rule).find(Encoded(text), 1))
    assert [text[match.start : match.end] for match in matches] == [login]


def test_context_words_are_read_in_the_cases_that_python_takes_for_the_same() -> None:
    words = sorted({word for rule in load_packs() for word in rule.context})
    source = random.Random(4)
    folds = str.maketrans({"i": "iIİı", "I": "iIİı", "s": "sSſ", "k": "kK\u212a"})
    for word in source.sample(words, 150):
        automaton = Automaton(either_case([word]))
        plain = re.compile(re.escape(word), re.IGNORECASE)
        for _ in range(8):
            spelled = "".join(source.choice(letter.translate(folds) + letter.swapcase()) for letter in word)
            text = source.choice(("", "é")) + spelled + "."
            found = plain.search(text)
            expected = None if found is None else found.group()
            span = automaton.search(text.encode(), 0)
            assert (None if span is None else text.encode()[slice(*span)].decode()) == expected


@pytest.mark.parametrize("letters", ["aé", "a日", "🙂Ж", _WIDE + "abcdefgh"])
def test_offsets_agree_both_ways_however_far_one_goes(letters: str) -> None:
    source = random.Random(letters)
    text = "".join(source.choices(letters, k=9000))
    encoded = Encoded(text)
    for _ in range(300):
        char = source.randrange(len(text) + 1)
        byte = len(text[:char].encode())
        if source.random() < 0.5:
            assert encoded.byte(char) == byte
        else:
            assert encoded.char(byte) == char
        count = source.randrange(1, 80)
        assert encoded.back(byte, count) == len(text[: max(0, char - count)].encode())
