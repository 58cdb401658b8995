"""Wall 6: what a client wrote into a key does not reach the record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.detection.pointer import public


@pytest.mark.parametrize(
    ("pointer", "kept"),
    [
        ("", ""),
        ("/messages/0/content", "/messages/0/content"),
        ("/messages/12/content/3/text", "/messages/12/content/3/text"),
        ("/choices/0/message/tool_calls/0/function/arguments#/to", None),
        ("/choices/0/message/tool_calls/0/function/arguments/#/cc/1", None),
        ("/x/AKIAIOSFODNN7EXAMPLE", "/x/*"),
        ("/x/someone@example.org/y", "/x/*/y"),
        ("/x/4111111111111111", "/x/*"),
        ("/x/555-0100", "/x/*"),
        ("/x/" + "a" * 33, "/x/*"),
        ("/x/two words", "/x/*"),
        ("/x/Zoë", "/x/*"),
        ("/x/a~1b", "/x/*"),
        ("/x/line\nbreak", "/x/*"),
    ],
)
def test_only_plain_steps_are_kept(pointer: str, kept: str | None) -> None:
    assert public(pointer) == (pointer if kept is None else kept)


@given(st.text())
def test_a_pointer_is_short_and_showing_it_twice_is_once(pointer: str) -> None:
    once = public(pointer)
    assert len(once) <= 300
    assert public(once) == once
    assert once.isascii()
