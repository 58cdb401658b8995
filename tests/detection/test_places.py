"""The quick way to the values at some places finds what the general way finds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.detection.fields.places import Places, found_in, places_of
from sluicegate.detection.types import Role

KEYS = st.sampled_from(["a", "b", "0", "1", "~", "/", "#", "*"])
TREES = st.recursive(
    st.text(max_size=3) | st.none() | st.integers(0, 3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
POINTERS = st.lists(
    st.lists(st.sampled_from(["a", "b", "0", "01", "1", "~0", "~1", "*"]), max_size=3).map(
        lambda steps: "".join(f"/{step}" for step in steps)
    ),
    min_size=1,
    max_size=3,
)


@given(TREES, POINTERS)
def test_both_ways_find_the_same(tree: Any, pointers: list[str]) -> None:
    places = places_of(pointers, Role.USER)
    assert [*Places(places).found_in(tree)] == [*found_in(tree, places)]


@pytest.mark.parametrize(
    ("pointer", "name"), [("/a/b", "b"), ("/a/*", "a"), ("/*", ""), ("", ""), ("/a~1b", "a/b")]
)
def test_a_text_is_named_by_the_last_member_above_it(pointer: str, name: str) -> None:
    assert places_of(pointer, Role.USER)[0].name == name
