"""The texts of messages whose format nobody knows: none hides, and nothing else changes its spelling."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.detection.errors import BadInput
from sluicegate.gateway.intercepted.socket_texts import SocketTexts

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def strings(tree: Any) -> list[str]:
    if isinstance(tree, str):
        return [tree]
    if isinstance(tree, dict):
        return [text for key, value in tree.items() for text in (key, *strings(value))]
    return [text for value in tree for text in strings(value)] if isinstance(tree, list) else []


@given(
    tree=st.lists(JSON) | st.dictionaries(st.text(), JSON),
    ascii_only=st.booleans(),
    indent=st.none() | st.just(1),
)
def test_every_string_is_judged_and_unchanged_ones_stay(
    tree: Any, ascii_only: bool, indent: int | None
) -> None:
    body = json.dumps(tree, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "replace")
    message = SocketTexts(body)
    assert list(message.texts) == strings(json.loads(body))
    assert message.filled(message.texts) == body


@given(tree=st.lists(JSON, min_size=1), new=st.text())
def test_an_edit_changes_one_string_and_nothing_else(tree: list[Any], new: str) -> None:
    body = json.dumps([*tree, "here"], indent=2).encode("utf-8", "replace")
    message = SocketTexts(body)
    edited = message.filled([*message.texts[:-1], new]) or b""
    kept = len(body) - len(b'"here"\n]')
    assert edited[:kept] == body[:kept]
    assert json.loads(edited)[-1] == new


@given(text=st.text())
def test_what_is_no_json_is_one_text(text: str) -> None:
    message = SocketTexts(f"say {text}".encode("utf-8", "replace"))
    assert len(message.texts) == 1
    assert message.filled(["x"]) == b"x"


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (b'{"say":"one","say":"two"}', ("say", "one", "say", "two")),
        (b' \r\n{"say":"\\u006fne"}', ("say", "one")),
        (b'\xef\xbb\xbf{"say":"\\u006fne"}', ("say", "one")),
        (b'"\\u006fne"', ("one",)),
        (b'[NaN, "\\u006fne"]', ("one",)),
        (b'["\\ud800", "\\u006fne"]', ("\ud800", "one")),
        (b'["a\nb", "\\u006fne"]', ("a\nb", "one")),
        (b"[" + b"9" * 5000 + b', "\\u006fne"]', ("one",)),
        (b'{"a" : {"b":"c:"}}', ("a", "b", "c:")),
        (b"{no json}", ("{no json}",)),
        (b"", ("",)),
    ],
    ids=range(11),
)
def test_no_spelling_hides_a_text(body: bytes, texts: tuple[str, ...]) -> None:
    message = SocketTexts(body)
    assert message.texts == texts
    assert message.filled(message.texts) == body


def test_an_edit_keeps_spaces_numbers_and_repeated_keys() -> None:
    body = b'{ "say" : "it is me", "n":1.50, "say":"me",  "e":"\\u00e4" }'
    message = SocketTexts(body)
    edited = message.filled(["X" if text == "it is me" else text for text in message.texts])
    assert edited == body.replace(b"it is me", b"X")


def test_a_key_cannot_be_edited() -> None:
    assert SocketTexts(b'{"maria":1}').filled(["X"]) is None


@pytest.mark.parametrize("body", [b"\xff", b"[" * 200_000, b'{"a":' * 200_000])
def test_what_nobody_reads_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput):
        SocketTexts(body)
