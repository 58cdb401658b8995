"""Several texts scanned as one: each is given at least what stands in it alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.encoded import Encoded
from sluicegate.detection.lines import bounds_of, ends_by_line, starts_by_line
from sluicegate.detection.patterns import Pattern
from sluicegate.detection.rules import load_packs
from sluicegate.detection.ruleset import Ruleset
from tests.detection.support import KINDS

RULESET = Ruleset(Pattern(rule) for rule in (*load_packs(), *KINDS))
BITS = [
    "hello ",
    "jane.doe@acme.com",
    "4111 1111 1111 1111",
    "AKIA5XGQ7R2MZN4CTYLB",
    "password: ",
    "hunter2secret99",
    "10.1.2.3 ",
    "\u00e9",
    "\ud800",
    "\n",
    " ",
    "x" * 300,
]
TEXT = st.lists(st.sampled_from(BITS), max_size=5).map("".join)


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(TEXT, min_size=1, max_size=5))
def test_a_text_has_the_matches_it_has_alone(texts: list[str]) -> None:
    joined = Encoded("\n" + "\n".join(texts))
    together = RULESET.hits_by_line(joined, texts)
    for line, text in enumerate(texts):
        encoded = Encoded("\n" + text)
        alone = RULESET.matches(encoded, 1, RULESET.hits(encoded))
        found = RULESET.matches(encoded, 1, together[line]) if line in together else []
        assert found == alone


def test_bounds_are_bytes_and_a_lone_surrogate_has_three() -> None:
    assert bounds_of(["ab", "", "c"], plain=True) == [0, 3, 4, 6]
    assert bounds_of(["\u00e9", "\ud800"], plain=False) == [0, 3, 7]


@pytest.mark.parametrize(
    ("spans", "lines"),
    [
        pytest.param([1, 1], {0: [1, 1]}, id="the first line feed"),
        pytest.param([0, 2], {0: [0, 2]}, id="from the beginning"),
        pytest.param([2, 2], {0: [2, 2]}, id="inside the first"),
        pytest.param([4, 4], {0: [4, 4], 1: [1, 1]}, id="the line feed between is of both"),
        pytest.param([5, 5], {1: [2, 2]}, id="the first character of the second"),
        pytest.param([2, 9], {0: [2, 4], 1: [0, 4], 2: [0, 3]}, id="ends far apart that share a span"),
        pytest.param([9, 9], {2: [3, 3]}, id="the end of all"),
    ],
)
def test_an_end_belongs_to_the_texts_it_touches(spans: list[int], lines: dict[int, list[int]]) -> None:
    assert ends_by_line(spans, [0, 3, 6, 9]) == lines


def test_a_start_belongs_to_the_text_whose_line_feed_or_character_it_is() -> None:
    assert starts_by_line([0, 0, 3, 3, 5, 5], [0, 3, 6]) == {0: [0, 0], 1: [0, 0, 2, 2]}
