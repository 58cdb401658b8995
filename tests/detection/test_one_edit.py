"""One edited string is found by its bytes where that is sure: what comes out is what came before."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.document import Document, edit_json
from sluicegate.detection.pointer import step
from sluicegate.detection.types import Edit, Span

_WORDS = st.sampled_from(
    ["a", "b", ": ", ", ", "text", "a, b", '"', "\\", "\u00e9", "\U0001f600", "x\ny", ""]
)
_TREES = st.recursive(
    _WORDS | st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3),
    max_leaves=8,
)


def strings(tree: Any, pointer: str = "") -> list[tuple[str, str]]:
    if isinstance(tree, str):
        return [(pointer, tree)]
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [found for key, item in items for found in strings(item, step(pointer, key))]


@settings(max_examples=300, deadline=None)
@given(tree=_TREES, spelled=st.booleans(), text=_WORDS, data=st.data())
def test_an_edit_is_the_same_by_either_way(tree: Any, spelled: bool, text: str, data: st.DataObject) -> None:
    tree = {"before": [1, 2], "tree": tree}
    places = strings(tree)
    if not places:
        return
    pointer, value = data.draw(st.sampled_from(places))
    start = data.draw(st.integers(0, len(value)))
    edit = Edit(pointer, Span(start, data.draw(st.integers(start, len(value)))), text)
    body = json.dumps(tree, ensure_ascii=spelled)
    assert Document(body.encode(), tree, ()).render([edit]).decode() == edit_json(body, [edit])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"a": "x", "b": "y"}', '{"a": "new", "b": "y"}'),
        ('{"a": "x", "x": "y"}', '{"a": "new", "x": "y"}'),
        ('{"a": ": ", "b": "y"}', '{"a": "new", "b": "y"}'),
        ('{"a": "\\u0078", "b": "x"}', '{"a": "new", "b": "x"}'),
    ],
)
def test_what_stands_elsewhere_too_is_left_alone(body: str, expected: str) -> None:
    tree = json.loads(body)
    edit = Edit("/a", Span(0, len(tree["a"])), "new")
    assert Document(body.encode(), tree, ()).render([edit]).decode() == expected
