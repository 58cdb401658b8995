"""JSON texts in strings, read at once: the same texts in the same places as one by one."""

import json
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.json_channel import JsonChannel, OpenLeaf
from sluicegate.detection.json_lines import plain_lines
from sluicegate.detection.leaves import MOST, leaves, lines_of
from sluicegate.detection.name_context import context
from sluicegate.detection.pieces import Piece
from sluicegate.detection.text_channel import Fed, TextChannel
from sluicegate.detection.whole_json import Spelled, WholeJson
from tests.strategies import JSON

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.sampled_from([4111111111111111, 0.1234567, 1e300, 2**70, -0.0])
    | st.text('ab \n"\\/\u00e9\u2019\U0001f600[{', max_size=12)
    | st.sampled_from(["[see below]", '{"a', " {}", "[1]", '"', "\u007f\x1f", "\\u0041"])
)
KEYS = st.sampled_from(["a", "longish_key", "b/c", "", "k" * 70, "\u00fc", 'q"'])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYS, inner, max_size=3)
        | inner.map(json.dumps)
        | inner.map(lambda value: " \n" + json.dumps(value, ensure_ascii=False, indent=1))
    ),
    max_leaves=8,
)
DOCUMENTS = st.tuples(VALUES | JSON, st.integers(0, 3)).map(
    lambda pair: json.dumps(
        pair[0],
        ensure_ascii=pair[1] != 0,
        separators=(",", ":") if pair[1] > 1 else None,
        indent=1 if pair[1] == 1 else None,
    )
)


class Opened(NamedTuple):
    pointer: str
    name: str
    editable: bool
    text: str


class Leaf:
    """A channel that notes what it was fed, hides an ``a``, and stops at one text."""

    def __init__(self, pointer: str, name: str, editable: bool, seen: list[Opened], stop: int):
        self._about = pointer, name, editable
        self._seen = seen
        self._stop = stop
        self._text = ""

    def feed(self, text: str, final: bool = False) -> Fed:
        """Keep a text until it ends."""
        self._text += text
        if not final:
            return Fed([])
        if self._text:
            self._seen.append(Opened(*self._about, self._text))
            if len(self._seen) == self._stop:
                return Fed([], blocked=True)
        return Fed([Piece(1, '"x"' if one == "a" and self._about[2] else None) for one in self._text])


def opener(seen: list[Opened], stop: int = 0) -> OpenLeaf:
    def open_leaf(pointer: str, name: str, editable: bool) -> TextChannel:
        return cast("TextChannel", Leaf(pointer, name, editable, seen, stop))

    return open_leaf


def edited(fed: Fed, text: str) -> str:
    out, position = "", 0
    for piece in fed.pieces:
        end = position + piece.count
        out += text[position:end] if piece.text is None else piece.text
        position = end
    assert fed.blocked or position == len(text)
    return out


@settings(max_examples=600, deadline=None)
@given(text=DOCUMENTS, stop=st.integers(0, 3))
def test_all_of_them_judged_come_to_what_the_channel_does(text: str, stop: int) -> None:
    found = leaves(text, "/a")
    if found is None:
        return
    one_by_one: list[Opened] = []
    at_once: list[Opened] = []
    slow = JsonChannel(opener(one_by_one, stop), "/a").feed(text, final=True)
    known = Spelled(found, frozenset(lines_of(found)))
    fast = WholeJson(opener(at_once, stop), known, "/a").feed(text)
    assert at_once == one_by_one
    assert fast.blocked == slow.blocked
    if not slow.blocked:
        assert edited(fast, text) == edited(slow, text)


@settings(max_examples=600, deadline=None)
@given(text=DOCUMENTS, data=st.data())
def test_only_what_may_hold_something_is_opened(text: str, data: Any) -> None:
    found = leaves(text, "/a")
    if found is None:
        return
    lines = [*lines_of(found)]
    doubtful = frozenset(data.draw(st.sets(st.sampled_from(lines)))) if lines else frozenset()
    every: list[Opened] = []
    WholeJson(opener(every), Spelled(found, frozenset(lines)), "/a").feed(text)
    seen: list[Opened] = []
    WholeJson(opener(seen), Spelled(found, doubtful), "/a").feed(text)
    broken: list[Opened] = []
    WholeJson(opener(broken), Spelled(found, frozenset()), "/a").feed(text)
    assert seen == [one for one in every if context(one.name) + one.text in doubtful or one in broken]


@settings(max_examples=600, deadline=None)
@given(text=DOCUMENTS)
def test_the_quick_way_reads_the_same_lines(text: str) -> None:
    quick = plain_lines(text)
    if quick is not None:
        found = leaves(text, "/a")
        assert found is not None
        assert [line for line in quick if line] == [line for line in lines_of(found) if line]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("prose", id="no JSON"),
        pytest.param('{"a":1', id="broken"),
        pytest.param('{"a":"x","a":"y"}', id="a repeated key"),
        pytest.param('["\ud800"]', id="half a character"),
        pytest.param('["a\nb"]', id="a line feed in a string"),
        pytest.param("[" * 65 + "]" * 65, id="too deep"),
        pytest.param("[" + "1" * 600 + "]", id="a number that is too long"),
        pytest.param("[" + '"a",' * MOST + '"a"]', id="too many"),
    ],
)
def test_what_only_the_channel_can_read(text: str) -> None:
    assert leaves(text, "/a") is None


def test_json_in_json_has_no_more_levels_than_one() -> None:
    text = "[" * 40 + '"x"' + "]" * 40
    nested = json.dumps([text])
    (document,) = leaves(nested, "/a") or ()
    assert document.kind == "document"
    deep = json.dumps(json.loads("[" * 40 + json.dumps(text) + "]" * 40))
    (broken,) = leaves(deep, "/a") or ()
    assert broken.kind == "broken"


def test_every_leaf_says_where_it_is_spelled() -> None:
    text = '{"to": "\\u0041nna", "ids": [1234567, "x"], "in": "{\\"b\\": \\"c\\"}"}'
    found = leaves(text, "/args") or ()
    assert [(leaf.line, text[leaf.start : leaf.end], leaf.pointer) for leaf in found] == [
        ("to", "to", "/args#"),
        ("to: Anna", "\\u0041nna", "/args#/to"),
        ("ids", "ids", "/args#"),
        ("1234567", "1234567", "/args#/ids/0"),
        ("x", "x", "/args#/ids/1"),
        ("in", "in", "/args#"),
        ('in: {"b": "c"}', '{\\"b\\": \\"c\\"}', "/args#/in"),
    ]
    assert [leaf.pointer for leaf in found[-1].inner] == ["/args#/in#", "/args#/in#/b"]
