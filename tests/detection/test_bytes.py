"""Wall 2: what is not edited passes byte for byte; an edit changes the edited strings and nothing else."""

import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sluicegate.detection.document import edit_json
from sluicegate.detection.errors import BadInput
from sluicegate.detection.presets import BALANCED, MONITOR
from sluicegate.detection.types import Edit, Span
from tests.detection.support import ALICE, INSPECTOR, begin, chat, frame, run
from tests.strategies import JSON, Json

KEY = "AKIA5XGQ7R2MZN4CTYLB"


def spelled(tree: object, style: int) -> bytes:
    """Write JSON in one of several spellings."""
    if style == 0:
        return json.dumps(tree).encode()
    if style == 1:
        return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return json.dumps(tree, indent=3).replace("e+", "E+").encode()


@settings(max_examples=150, deadline=None)
@given(extra=st.dictionaries(st.text(min_size=1, max_size=8), JSON, max_size=4), style=st.integers(0, 2))
def test_an_unedited_request_is_forwarded_byte_for_byte(extra: dict[str, Json], style: int) -> None:
    request = {**chat("hello"), **{f"x_{key}": value for key, value in extra.items()}}
    assume(len({key.casefold() for key in request}) == len(request))
    body = spelled(request, style)
    decision = INSPECTOR.open("openai_chat", MONITOR, ALICE).request(body)
    assert decision.body is body or decision.body == body


@settings(max_examples=150, deadline=None)
@given(extra=JSON, style=st.integers(0, 2), tail=st.text(max_size=10))
def test_an_edit_changes_nothing_but_the_edited_characters(extra: Json, style: int, tail: str) -> None:
    assume(max(tail, default="") < "\ud800")
    request = {"x_before": extra, **chat(f'\u00e9\U0001f600 {KEY} \\ "{tail}'), "x_after": 1.50}
    body = spelled(request, style)
    decision = INSPECTOR.open("openai_chat", BALANCED, ALICE).request(body)
    assert decision.body is not None
    left, _, right = body.partition(KEY.encode())
    assert decision.body.startswith(left)
    assert decision.body.endswith(right)
    assert KEY.encode() not in decision.body
    assert json.loads(decision.body)["x_before"] == json.loads(body)["x_before"]


@pytest.mark.parametrize(
    "number",
    ["1.50", "1E5", "-0", "1e999", "123456789012345678901234567890", "0.1000000000000000055511151231257827"],
)
def test_numbers_keep_their_spelling(number: str) -> None:
    body = f'{{"model":"m","top_p":{number},"messages":[{{"role":"user","content":"{KEY}"}}]}}'.encode()
    decision = INSPECTOR.open("openai_chat", BALANCED, ALICE).request(body)
    assert decision.body
    assert f'"top_p":{number},'.encode() in decision.body


def test_lone_surrogates_are_carried() -> None:
    body = rb'{"model":"m","messages":[{"role":"user","content":"\ud800 AKIA5XGQ7R2MZN4CTYLB \udc00"}]}'
    decision = INSPECTOR.open("openai_chat", BALANCED, ALICE).request(body)
    assert decision.body
    assert rb"\ud800 Sgx" in decision.body
    assert rb" \udc00" in decision.body


def test_an_unedited_answer_and_stream_pass_byte_for_byte() -> None:
    inspection, _ = begin()
    body = b'{ "choices": [ {"index":0, "message": {"content":"fine", "x": 1.50}} ], "odd": [1e5] }'
    assert inspection.response(body, "application/json").body == body
    inspection, _ = begin()
    stream = (
        b": ping\n\n" + frame({"role": "assistant"}) + frame({"content": "Well. "}) + frame({}, reason="stop")
    )
    assert run(inspection, [stream + b"data: [DONE]\n\n"]) == stream + b"data: [DONE]\n\n"


@settings(max_examples=200, deadline=None)
@given(tree=JSON, data=st.data())
def test_editing_equals_editing_the_parsed_value(tree: Json, data: st.DataObject) -> None:
    strings = list(_strings(tree, ""))
    assume(strings)
    pointer, value = data.draw(st.sampled_from(strings))
    start = data.draw(st.integers(0, len(value)))
    end = data.draw(st.integers(start, len(value)))
    new = data.draw(st.text(max_size=6))
    text = json.dumps(tree, ensure_ascii=data.draw(st.booleans()))
    edited = json.loads(edit_json(text, [Edit(pointer, Span(start, end), new)]))
    assert dict(_strings(edited, ""))[pointer] == value[:start] + new + value[end:]
    assert {**dict(_strings(edited, "")), pointer: value} == dict(strings)


def _strings(tree: Any, pointer: str) -> Any:
    if isinstance(tree, str):
        yield pointer, tree
    elif isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from _strings(item, f"{pointer}/{index}")
    elif isinstance(tree, dict):
        for key, item in tree.items():
            escaped = key.replace("~", "~0").replace("/", "~1").replace("#", "~2")
            yield from _strings(item, f"{pointer}/{escaped}")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"", "invalid_json", id="empty"),
        pytest.param(b"[1]", "invalid_type", id="a list"),
        pytest.param(b'{"model":"m"} x', "invalid_json", id="bytes after the document"),
        pytest.param(b'{"model":"m","model":"n"}', "duplicate_key", id="repeated key"),
        pytest.param(b'{"model":"m","Model":"n"}', "duplicate_key", id="repeated but for case"),
        pytest.param(b'{"model":"m","\\u006dodel":"n"}', "duplicate_key", id="repeated in another spelling"),
        pytest.param(b'{"a":[{"b":1,"b":2}]}', "duplicate_key", id="repeated deep inside"),
        pytest.param(b'\xef\xbb\xbf{"model":"m"}', "invalid_encoding", id="byte order mark"),
        pytest.param('{"model":"m"}'.encode("utf-16"), "invalid_encoding", id="UTF-16"),
        pytest.param('{"model":"m"}'.encode("utf-32-le"), "invalid_encoding", id="UTF-32 without a mark"),
        pytest.param(b'{"model":NaN}', "invalid_json", id="NaN"),
        pytest.param(b'{"model":Infinity}', "invalid_json", id="Infinity"),
        pytest.param(b'{"model":"\xff"}', "invalid_json", id="not UTF-8"),
        pytest.param(b'{"model":"\x01"}', "invalid_json", id="raw control character"),
        pytest.param(b'{"a":' * 80 + b"1" + b"}" * 80, "too_deep", id="too deep"),
        pytest.param(b"[" * 200000, "too_deep", id="far too deep"),
        pytest.param(b'{"model":"m","messages":[]}', "invalid_type", id="no messages"),
        pytest.param(b'{"model":"m","messages":"hi"}', "invalid_type", id="messages a text"),
        pytest.param(b'{"model":"m","messages":["hi"]}', "invalid_type", id="message a text"),
        pytest.param(
            b'{"model":"m","messages":[{"role":"root","content":"x"}]}', "invalid_value", id="unknown role"
        ),
        pytest.param(b'{"messages":[{"role":"user","content":"x"}]}', "missing_model", id="no model"),
        pytest.param(
            b'{"model":7,"messages":[{"role":"user","content":"x"}]}', "missing_model", id="model a number"
        ),
        pytest.param(b'{"model":"m","n":0,"messages":[{"role":"user"}]}', "invalid_value", id="n is 0"),
        pytest.param(
            b'{"model":"m","stream":"yes","messages":[{"role":"user"}]}', "invalid_type", id="stream a text"
        ),
    ],
)
def test_a_body_that_could_be_read_two_ways_or_not_at_all_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        INSPECTOR.open("openai_chat", BALANCED, ALICE).request(body)
    assert caught.value.code == code
    assert caught.value.status == 400


def test_two_properties_of_a_schema_may_differ_in_case() -> None:
    schema = {"type": "object", "properties": {"x": {"type": "number"}, "X": {"type": "number"}}}
    request = {**chat("hi"), "tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}]}
    _, forwarded = begin(request)
    assert forwarded == request
