"""Anthropic's dialect: what is read of a message, what leaves unchanged, and what a stream comes to."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.dialects import DIALECTS, Addressed
from sluicegate.detection.errors import BadInput
from sluicegate.detection.inspection import Inspection
from sluicegate.detection.policy import Policy
from sluicegate.detection.types import Action, AuditCore, Kind, Role, Segment
from tests.detection.support import ALICE, BLOCK_ALL, INSPECTOR, MASK_ALL, chunked, cut, run
from tests.fakes import anthropic_api as api
from tests.walls.faces import timeless

SECRET, MAIL = "AKIA" + "5XGQ7R2MZN4CTYLB", "maria.keller@kontor-nord.example"
TEXT = f"So: {SECRET} - K\u00f6nig \U0001f600 {MAIL}, and {SECRET}"
POLICIES = [pytest.param(MASK_ALL, id="mask"), pytest.param(BLOCK_ALL, id="block")]
DIALECT = DIALECTS["anthropic"]
_SIGNED = {"type": "thinking", "thinking": "I think.", "signature": "c2ln"}


def asked(content: Any = "hi", **more: Any) -> dict[str, Any]:
    return {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": content}], **more}


def read(tree: Any) -> tuple[Segment, ...]:
    return DIALECT.parse_request(json.dumps(tree).encode())[0].segments


def begin(policy: Policy, tree: Any = None) -> Inspection:
    inspection = INSPECTOR.open("anthropic", policy, ALICE)
    inspection.request(json.dumps(asked(stream=True) if tree is None else tree).encode())
    return inspection


@pytest.mark.parametrize(
    ("block", "found"),
    [
        pytest.param(
            {"type": "text", "text": "a text", "cache_control": {"type": "ephemeral"}},
            {("/text", Role.USER, Kind.TEXT, True)},
            id="text",
        ),
        pytest.param(
            _SIGNED,
            {("/thinking", Role.USER, Kind.REASONING, False), ("/signature", Role.USER, Kind.OTHER, False)},
            id="thinking",
        ),
        pytest.param(
            {"type": "document", "source": {"type": "text", "data": "a page"}, "title": "a title"},
            {
                ("/source/data", Role.RETRIEVED, Kind.TEXT, True),
                ("/title", Role.RETRIEVED, Kind.TEXT, True),
            },
            id="document",
        ),
        pytest.param(
            {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "x"}]}},
            {("/source/content/0/text", Role.RETRIEVED, Kind.TEXT, True)},
            id="document of blocks",
        ),
        pytest.param(
            {
                "type": "search_result",
                "source": "s",
                "title": "t",
                "content": [{"type": "text", "text": "x"}],
            },
            {
                ("/source", Role.RETRIEVED, Kind.TEXT, True),
                ("/title", Role.RETRIEVED, Kind.TEXT, True),
                ("/content/0/text", Role.RETRIEVED, Kind.TEXT, True),
            },
            id="search result",
        ),
        pytest.param(
            {"type": "tool_use", "name": "send", "input": {"to": ["a"], "deep": {"n": 12345678}}},
            {
                ("/name", Role.USER, Kind.NAME, True),
                ("/input/to/0", Role.USER, Kind.ARGUMENTS, True),
                ("/input/deep/n", Role.USER, Kind.ARGUMENTS, False),
            },
            id="use of a tool",
        ),
        pytest.param(
            {"type": "mcp_tool_use", "name": "send", "server_name": "s", "input": {"to": "a"}},
            {
                ("/name", Role.USER, Kind.NAME, True),
                ("/input/to", Role.USER, Kind.ARGUMENTS, True),
                ("/server_name", Role.USER, Kind.OTHER, True),
            },
            id="use of a remote tool",
        ),
        pytest.param(
            {"type": "tool_result", "content": "x", "is_error": False},
            {("/content", Role.TOOL, Kind.TEXT, True)},
            id="result",
        ),
        pytest.param(
            {
                "type": "tool_result",
                "content": [
                    {"type": "document", "source": {"type": "text", "data": "x"}},
                    {"type": "tool_reference", "tool_name": "t"},
                ],
            },
            {
                ("/content/0/source/data", Role.RETRIEVED, Kind.TEXT, True),
                ("/content/1", Role.TOOL, Kind.OTHER, False),
                ("/content/1/tool_name", Role.TOOL, Kind.OTHER, True),
            },
            id="result of blocks",
        ),
        pytest.param(
            {
                "type": "code_execution_tool_result",
                "content": {"type": "code_execution_result", "stdout": "x", "stderr": "y", "return_code": 0},
            },
            {
                ("/content/stdout", Role.TOOL, Kind.OTHER, True),
                ("/content/stderr", Role.TOOL, Kind.OTHER, True),
            },
            id="result of code",
        ),
        pytest.param(
            {"type": "hologram", "words": {"said": ["x"]}},
            {("/words/said/0", Role.USER, Kind.OTHER, True), ("/type", Role.USER, Kind.OTHER, True)},
            id="what nobody knows yet",
        ),
    ],
)
def test_every_text_of_a_block_is_read(block: Any, found: set[tuple[str, Role, Kind, bool]]) -> None:
    root = "/messages/0/content/0"
    seen = {
        (item.pointer.removeprefix(root), item.role, item.kind, item.editable)
        for item in read(asked([block]))
        if item.pointer.startswith(root) and "/cache_control/" not in item.pointer
    }
    assert seen == found


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        pytest.param(
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA"}},
            "image",
            id="image",
        ),
        pytest.param(
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AA"}},
            "file",
            id="file",
        ),
        pytest.param({"type": "document", "source": {"type": "url", "url": "u"}}, "file", id="far file"),
        pytest.param({"type": "redacted_thinking", "data": "AA"}, "encrypted reasoning", id="reasoning"),
        pytest.param({"type": "container_upload", "file_id": "f"}, "file", id="upload"),
        pytest.param(
            {
                "type": "web_search_tool_result",
                "content": [{"type": "web_search_result", "url": "u", "encrypted_content": "AA"}],
            },
            "encrypted reasoning",
            id="sealed result",
        ),
    ],
)
def test_what_cannot_be_read_is_listed(block: Any, reason: str) -> None:
    document, _ = DIALECT.parse_request(json.dumps(asked([block])).encode())
    assert [item.reason for item in document.unjudged] == [reason]
    assert not any("AA" in item.text for item in document.segments)


@pytest.mark.parametrize("place", ["system", "system block", "tools", "stop_sequences", "new_member"])
def test_a_secret_is_seen_wherever_it_stands(place: str) -> None:
    told = f"my key is {SECRET} "
    places: dict[str, dict[str, Any]] = {
        "system": {"system": told},
        "system block": {"system": [{"type": "text", "text": told}]},
        "tools": {"tools": [{"name": "t", "input_schema": {"properties": {"a": {"description": told}}}}]},
        "stop_sequences": {"stop_sequences": [told]},
        "new_member": {"new_member": {"deep": [told]}},
    }
    more = places[place]
    inspection = INSPECTOR.open("anthropic", MASK_ALL, ALICE)
    body = inspection.request(json.dumps(asked(**more)).encode()).body
    assert body is not None
    assert SECRET not in body.decode()
    assert json.loads(body) == json.loads(json.dumps(asked(**more)).replace(SECRET, "[AwsKey]"))


@pytest.mark.parametrize("end", ["", " tool_use", " tool_result", " _result_error"])
def test_a_secret_in_a_type_is_seen(end: str) -> None:
    kind = SECRET + end
    assert begin(BLOCK_ALL, asked([{"type": kind}])).core().prompt.action is Action.BLOCK
    frames = api.block_frames({"type": "text", "text": ""}, [{"type": kind, "x": "y"}])
    assert SECRET not in run(begin(BLOCK_ALL), [written(api.whole_stream(frames))]).decode()


def test_a_token_of_a_server_is_left_alone_and_listed() -> None:
    server = {"type": "url", "name": "s", "url": "u", "authorization_token": SECRET}
    inspection = INSPECTOR.open("anthropic", MASK_ALL, ALICE)
    body = json.dumps(asked(mcp_servers=[server])).encode()
    assert inspection.request(body).body == body
    unjudged = inspection.core().prompt.receipt.unjudged
    assert [(item.pointer, item.reason) for item in unjudged] == [
        ("/mcp_servers/0/authorization_token", "credential")
    ]


def test_an_unedited_request_is_the_same_bytes() -> None:
    body = b'{ "model" : "m","max_tokens":1e2,  "messages":[{"content":"\\u0041\\/","role":"user"}],"x":1.0 }'
    inspection = INSPECTOR.open("anthropic", MASK_ALL, ALICE)
    assert inspection.request(body).body == body
    signed = json.dumps(asked([{"type": "text", "text": SECRET}, _SIGNED], x=1.50), indent=1).encode()
    changed = INSPECTOR.open("anthropic", MASK_ALL, ALICE).request(signed).body
    assert changed == signed.replace(SECRET.encode(), b"[AwsKey]")


def test_signed_reasoning_that_would_have_to_change_is_blocked() -> None:
    tree = asked([{**_SIGNED, "thinking": f"The key is {SECRET} "}])
    assert begin(MASK_ALL, tree).core().prompt.action is Action.BLOCK


@pytest.mark.parametrize(
    ("tree", "param"),
    [
        pytest.param({**asked(), "model": ""}, "model", id="no model"),
        pytest.param({**asked(), "model": 7}, "model", id="model"),
        pytest.param({**asked(), "stream": "yes"}, "stream", id="stream"),
        pytest.param({**asked(), "messages": []}, "messages", id="no messages"),
        pytest.param({**asked(), "messages": {"role": "user"}}, "messages", id="messages"),
        pytest.param({**asked(), "messages": ["hi"]}, "messages.0", id="message"),
        pytest.param(asked({"type": "text"}), "messages.0.content", id="content"),
        pytest.param(
            {**asked(), "messages": [{"role": "root", "content": ""}]}, "messages.0.role", id="role"
        ),
        pytest.param({**asked(), "system": {"text": "x"}}, "system", id="system"),
        pytest.param({**asked(), "tools": {"name": "x"}}, "tools", id="tools"),
    ],
)
def test_what_is_no_request_is_refused(tree: Any, param: str) -> None:
    with pytest.raises(BadInput) as caught:
        DIALECT.parse_request(json.dumps(tree).encode())
    assert caught.value.param == param


def test_the_address_may_name_the_model_and_the_stream() -> None:
    tree = {"anthropic_version": "vertex-2023-10-16", "messages": asked()["messages"]}
    _, wanted = DIALECT.parse_request(json.dumps(tree).encode(), Addressed("claude@1", stream=True))
    assert (wanted.model, wanted.stream) == ("claude@1", True)


def test_an_answer_is_masked_where_it_is_edited_and_nowhere_else() -> None:
    blocks = [
        {"type": "text", "text": f"It is {SECRET}", "citations": [{"cited_text": SECRET, "url": "u"}]},
        {"type": "tool_use", "id": "t", "name": "send", "input": {"to": SECRET, "n": 1.50}},
        {"type": "bash_code_execution_tool_result", "content": {"stdout": SECRET, "return_code": 0}},
    ]
    body = json.dumps(api.message(blocks), indent=1).encode()
    decision = begin(MASK_ALL, asked()).response(body, "application/json")
    assert decision.body == body.replace(SECRET.encode(), b"[AwsKey]")


def written(frames: Iterable[Any]) -> bytes:
    return b"".join(piece for piece in api.streamed([*frames]).pieces if isinstance(piece, bytes))


def events_of(stream: bytes) -> list[Any]:
    return [
        json.loads(line[6:])
        for line in stream.replace(b"\r\n", b"\n").split(b"\n")
        if line.startswith(b"data: ")
    ]


def put_together(stream: bytes) -> list[Any]:
    """The blocks a client puts together, as the official package does, and how they end."""
    blocks: list[Any] = []
    ending: Any = None
    for event in events_of(stream):
        match event["type"]:
            case "content_block_start":
                assert event["index"] == len(blocks)
                blocks.append({**event["content_block"], "input": "", "closed": False})
            case "content_block_delta":
                delta = event["delta"]
                key = {"input_json_delta": "partial_json"}.get(delta["type"], delta["type"][:-6])
                member = "input" if key == "partial_json" else key
                assert not blocks[event["index"]]["closed"]
                blocks[event["index"]][member] = blocks[event["index"]].get(member, "") + delta[key]
            case "content_block_stop":
                blocks[event["index"]]["closed"] = True
            case "message_delta":
                ending = event["delta"]["stop_reason"]
            case "message_start" | "message_stop" | "ping":
                pass
            case kind:
                ending = kind
    return [*blocks, ending]


def came(chunks: Iterable[bytes], policy: Policy) -> tuple[list[Any], AuditCore]:
    inspection = begin(policy)
    out = run(inspection, chunks)
    assert out.startswith(b"event: message_start")
    return put_together(out), timeless(inspection.core())


GROWTHS: dict[str, Callable[[list[str]], list[Any]]] = {
    "text": api.text_frames,
    "thinking": api.thinking_frames,
    "arguments": lambda parts: api.call_frames("send", json.dumps({"a": "".join(parts)})),
    "in the block": lambda parts: api.block_frames(
        {"type": "text", "text": parts[0]}, [{"type": "text_delta", "text": part} for part in parts[1:]]
    ),
    "new delta": lambda parts: api.block_frames(
        {"type": "song", "song": ""}, [{"type": "song_delta", "song": part} for part in parts]
    ),
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("growth", [name for name in GROWTHS if name != "arguments"])
@settings(max_examples=12, deadline=None)
@given(cuts=st.lists(st.integers(0, len(TEXT)), max_size=8))
def test_no_cut_of_a_text_changes_what_is_released(growth: str, policy: Policy, cuts: list[int]) -> None:
    def stream(parts: list[str]) -> list[bytes]:
        return [written(api.whole_stream(GROWTHS[growth](["", *parts])))]

    fold = came(stream(list(TEXT)), policy)
    assert came(stream(cut(TEXT, cuts)), policy) == fold
    assert SECRET not in json.dumps(fold[0])


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("growth", GROWTHS)
def test_no_cut_of_the_bytes_changes_what_is_released(growth: str, policy: Policy) -> None:
    other = api.text_frames(["Well", ", ", "well."], 1)
    stream = written(api.whole_stream([*GROWTHS[growth]([TEXT[:9], TEXT[9:20], TEXT[20:]]), *other]))
    whole = came([stream], policy)
    for changed in (stream, stream.replace(b"\n", b"\r\n")):
        for size in (1, 41):
            assert came(chunked(changed, size), policy) == whole
    assert SECRET not in json.dumps(whole[0])


def test_arguments_are_judged_as_the_values_they_spell() -> None:
    hidden = '{"x": "\\u0041' + SECRET[1:] + '", "n": [1.50]}'
    blocks = came([written(api.whole_stream(api.call_frames("send", hidden)))], MASK_ALL)[0]
    assert json.loads(blocks[0]["input"]) == {"x": "[AwsKey]", "n": [1.5]}


def test_an_unedited_stream_is_the_same_bytes() -> None:
    frames = [
        *api.thinking_frames(["I ", "look. "]),
        *api.text_frames(["Hello ", "there. "], 1),
        *api.call_frames("send", ['{"to": "K\\u00f6nig"}'], 2),
    ]
    stream = b": hello\n\n" + written(api.whole_stream(frames, "tool_use"))
    assert run(begin(MASK_ALL), [stream]) == stream


def test_what_is_no_text_flows_while_text_is_held() -> None:
    guard = begin(MASK_ALL).stream()
    frames = api.whole_stream(api.text_frames([f"It is {SECRET[:9]}"]))
    guard.feed(written(frames[:4]))
    ping = written([{"type": "ping"}])
    assert guard.feed(ping).release == ping
    step = guard.feed(written(frames[4:]))
    assert put_together(written(frames[:3]) + step.release)[0]["text"] == SECRET[:9]


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([*api.text_frames(["Hi. "]), *api.text_frames([f"{SECRET} "], 1)], id="second block"),
        pytest.param(api.block_frames({"type": "text", "text": f"Hi. {SECRET} "}, []), id="as it opens"),
        pytest.param(api.block_frames({"type": "text", "text": f"{SECRET} x"}, []), id="unopened"),
        pytest.param(api.text_frames([f"Hi. {SECRET}"]), id="as it closes"),
        pytest.param(api.call_frames(f"{SECRET} x", ["{}"]), id="name"),
        pytest.param(
            [*api.text_frames(["Hi. "])[:2], {"type": "new", "words": SECRET + " "}], id="between blocks"
        ),
    ],
)
def test_every_opened_block_is_closed_when_a_stream_is_stopped(frames: list[Any]) -> None:
    out = run(begin(BLOCK_ALL), [written(api.whole_stream(frames))])
    *blocks, ending = put_together(out)
    assert ending == "refusal"
    assert all(block["closed"] for block in blocks)
    assert out.endswith(b'event: message_stop\ndata: {"type":"message_stop"}\n\n')
    assert "".join(block["text"] for block in blocks) in ("", "Hi. ")
    assert SECRET not in out.decode()


def test_what_a_block_held_as_it_opened_leaves_when_the_upstream_breaks_off() -> None:
    frames = api.whole_stream(api.block_frames({"type": "text", "text": f"It is {SECRET[:9]}"}, []))
    out = run(begin(MASK_ALL), [written(frames[:3])])
    assert [event["type"] for event in events_of(out)][2:] == ["content_block_start", "content_block_delta"]
    assert put_together(out)[0]["text"] == f"It is {SECRET[:9]}"


def test_signed_reasoning_stops_a_stream_where_it_would_have_to_change() -> None:
    frames = api.thinking_frames(["Well: ", SECRET, " then."])
    blocks = came([written(api.whole_stream(frames))], MASK_ALL)[0]
    assert (blocks[0]["thinking"], blocks[0]["signature"], blocks[-1]) == ("Well: ", "", "refusal")


def test_a_stream_stopped_at_its_start_is_a_whole_message() -> None:
    start = {"type": "message_start", "message": api.message([], None, container={"id": f"{SECRET} "})}
    out = run(begin(BLOCK_ALL), [written([start])])
    assert [event["type"] for event in events_of(out)] == ["message_start", "message_delta", "message_stop"]
    assert SECRET not in out.decode()


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([{"type": "content_block_delta", "index": 0, "delta": "x"}], id="delta"),
        pytest.param([{"type": "content_block_delta", "index": True, "delta": {}}], id="index"),
        pytest.param([{"type": "content_block_start", "index": 5000, "content_block": {}}], id="far index"),
        pytest.param([{"type": "content_block_start", "index": 0, "content_block": "x"}], id="block"),
        pytest.param([["x"]], id="no object"),
        pytest.param([*api.text_frames(["a"])[:2], *api.text_frames(["b"])], id="opened twice"),
        pytest.param([*api.text_frames(["a"]), *api.text_frames(["b"])[1:2]], id="after its end"),
    ],
)
def test_a_stream_that_cannot_be_judged_ends_with_an_error(frames: list[Any]) -> None:
    stream = b"".join(b"data: " + json.dumps(frame).encode() + b"\n\n" for frame in frames)
    out = run(begin(MASK_ALL), [stream])
    last = events_of(out)[-1]
    assert (last["type"], last["error"]["type"]) == ("error", "api_error")
    assert b"event: error\n" in out
    assert begin(MASK_ALL).core().answer is None


def test_text_in_the_name_of_an_event_is_judged() -> None:
    stream = written(api.whole_stream(api.text_frames(["Hi. "])))
    out = run(begin(BLOCK_ALL), [stream.replace(b"event: ping", f"event: {SECRET} ".encode())])
    assert SECRET.encode() not in out
    assert events_of(out)[-1]["type"] == "error"
