"""What OpenAI's formats say, rich in members."""

from typing import Any

from tests.fuzz.shapes import Tree

SCHEMA = {
    "type": "object",
    "properties": {"to": {"type": "string", "description": "whom", "enum": ["a", "b"]}},
}
FUNCTION = {"name": "send", "description": "Sends it.", "parameters": SCHEMA}
CALL = {
    "index": 0,
    "id": "call_1",
    "type": "function",
    "function": {"name": "send", "arguments": '{"to": "Bern"}'},
}
USER = {"role": "user", "content": "What is a sluice?", "name": "nora"}
SAID = {
    "role": "assistant",
    "content": "A gate.",
    "refusal": None,
    "tool_calls": [CALL],
    "annotations": [{"type": "url_citation", "url_citation": {"url": "https://a.example/", "title": "t"}}],
    "audio": {"id": "a", "data": "AAAA", "transcript": "spoken", "expires_at": 5},
    "reasoning_content": "It thinks.",
}
PARTS = [
    {"type": "text", "text": "Look:"},
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
    {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
    {"type": "file", "file": {"file_data": "AAAA", "filename": "f.pdf"}},
]
USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
LOGPROBS = {"content": [{"token": "A", "logprob": -0.1, "bytes": [65], "top_logprobs": []}]}

CHAT = {
    "model": "m",
    "n": 2,
    "stream": True,
    "stream_options": {"include_usage": True},
    "temperature": 0.5,
    "stop": ["\n\n"],
    "user": "somebody",
    "metadata": {"topic": "water"},
    "tools": [{"type": "function", "function": FUNCTION}],
    "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": SCHEMA}},
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": PARTS},
        SAID,
        {"role": "tool", "tool_call_id": "call_1", "content": "sent"},
        USER,
    ],
}
CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}


def chunk(delta: Tree, reason: str | None = None, **more: Any) -> Tree:
    return {**CHUNK, "choices": [{"index": 0, "delta": delta, "finish_reason": reason, **more}]}


CHAT_STREAM = (
    chunk({"role": "assistant", "content": ""}),
    chunk({"reasoning_content": "It thinks. "}),
    chunk({"content": "A gate "}, logprobs=LOGPROBS),
    chunk({"content": "for water."}),
    chunk({"tool_calls": [{**CALL, "function": {"name": "send", "arguments": ""}}]}),
    chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"to": "Be'}}]}),
    chunk({"tool_calls": [{"index": 0, "function": {"arguments": 'rn"}'}}]}),
    chunk({}, "tool_calls"),
    {**CHUNK, "choices": [], "usage": USAGE},
)
CHAT_ANSWER = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": SAID, "logprobs": LOGPROBS, "finish_reason": "stop"}],
    "usage": USAGE,
    "system_fingerprint": "fp_1",
}
ERROR = {"error": {"message": "That is wrong.", "type": "bad", "param": None, "code": "x"}}

ITEM = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [
        {"type": "output_text", "text": "A gate for water.", "annotations": [], "logprobs": []},
        {"type": "refusal", "refusal": "No."},
    ],
}
REASONING = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "It thinks."}],
    "encrypted_content": "AAAA",
}
CALLED = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "c1",
    "name": "send",
    "arguments": '{"to": "Bern"}',
    "status": "completed",
}
RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "status": "completed",
    "model": "m",
    "output": [REASONING, ITEM, CALLED],
    "error": None,
    "incomplete_details": None,
    "metadata": {},
    "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
}
AT = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
EMPTY = {"type": "output_text", "text": "", "annotations": []}
RESPONSE_STREAM = (
    {"type": "response.created", "sequence_number": 0, "response": {**RESPONSE, "output": []}},
    {
        "type": "response.output_item.added",
        "sequence_number": 1,
        "output_index": 0,
        "item": {**ITEM, "content": []},
    },
    {"type": "response.content_part.added", "sequence_number": 2, **AT, "part": EMPTY},
    {"type": "response.output_text.delta", "sequence_number": 3, **AT, "delta": "A gate ", "logprobs": []},
    {
        "type": "response.output_text.delta",
        "sequence_number": 4,
        **AT,
        "delta": "for water.",
        "logprobs": [],
    },
    {"type": "response.output_text.done", "sequence_number": 5, **AT, "text": "A gate for water."},
    {
        "type": "response.content_part.done",
        "sequence_number": 6,
        **AT,
        "part": {**EMPTY, "text": "A gate for water."},
    },
    {
        "type": "response.output_item.done",
        "sequence_number": 7,
        "output_index": 0,
        "item": {**ITEM, "content": [{**EMPTY, "text": "A gate for water."}]},
    },
    {
        "type": "response.completed",
        "sequence_number": 8,
        "response": {
            **RESPONSE,
            "output": [{**ITEM, "content": [{**EMPTY, "text": "A gate for water."}]}],
        },
    },
)
RESPONSES = {
    "model": "m",
    "stream": True,
    "instructions": "Be brief.",
    "previous_response_id": "resp_0",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "What?"}]},
        {"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,AAAA"}]},
        {"role": "user", "content": [{"type": "input_file", "file_data": "AAAA", "filename": "f.pdf"}]},
        CALLED,
        {"type": "function_call_output", "call_id": "c1", "output": "sent"},
        REASONING,
        {"type": "computer_call", "id": "x", "action": {"type": "type", "text": "hello"}},
        {"type": "mcp_call", "id": "y", "name": "n", "arguments": "{}", "output": "o", "server_label": "s"},
    ],
    "tools": [{"type": "function", **FUNCTION}, {"type": "mcp", "server_label": "s", "headers": {"a": "b"}}],
    "prompt": {"id": "p", "variables": {"who": "you"}},
    "metadata": {"topic": "water"},
}
