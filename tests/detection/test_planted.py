"""A secret that is planted anywhere in a payload of Gemini or Ollama is read, listed, or refused.

What may hide it is named here: fields of the provider's machinery, each with a reason.
"""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.dialects import DIALECTS, Addressed, Asked, Frame
from sluicegate.detection.document import Document
from sluicegate.detection.errors import BadInput, UpstreamFault
from sluicegate.detection.pointer import step

CANARY = "AKIA" + "5XGQ7R2MZN4CTYLB"
PRO = Addressed("gemini-2.5-pro")

_BLOB = {"inlineData": {"mimeType": "image/png", "data": "aGk=", "displayName": "n"}}
_PARTS: list[Any] = [
    {"text": "hi", "thoughtSignature": "c2ln", "partMetadata": {"x": "y"}},
    {"text": "hm", "thought": True},
    {"functionCall": {"id": "1", "name": "send", "args": {"to": ["Bern", {"k": "v"}]}}},
    {"functionResponse": {"id": "1", "name": "read", "response": {"page": "words"}, "parts": [_BLOB]}},
    {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
    {"fileData": {"mimeType": "video/mp4", "fileUri": "https://files.example/1"}},
    _BLOB,
]
_CALLED = [{"function": {"name": "send", "arguments": {"to": ["Bern"]}, "index": 0}, "id": "x"}]
_STEPS: list[Any] = [
    {"type": "user_input", "content": [{"type": "text", "text": "hi"}]},
    {"type": "thought", "signature": "c2ln", "summary": [{"type": "text", "text": "hm"}]},
    {"type": "model_output", "content": [{"type": "text", "text": "hi", "annotations": [{"title": "t"}]}]},
    {"type": "function_call", "id": "1", "name": "send", "arguments": {"to": "Bern"}},
    {"type": "google_search_result", "call_id": "1", "result": [{"rendered_content": "<b>"}]},
]
REQUESTS: dict[str, Any] = {
    "gemini": {
        "contents": [{"role": "user", "parts": _PARTS}, {"role": "model", "parts": {"text": "hi"}}],
        "systemInstruction": {"role": "user", "parts": [{"text": "be kind"}]},
        "tools": [{"functionDeclarations": [{"name": "send", "parameters": {"properties": {"to": {}}}}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
        "generationConfig": {"stopSequences": ["x"], "responseSchema": {"type": "OBJECT"}},
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT"}],
        "cachedContent": "cachedContents/x",
        "labels": {"team": "x"},
    },
    "gemini_count": {"generateContentRequest": {"contents": [{"parts": _PARTS}], "model": "m"}, "note": "x"},
    "gemini_embed": {"content": {"parts": [{"text": "hi"}]}, "taskType": "X", "title": "t"},
    "gemini_embed_batch": {"requests": [{"content": {"parts": [{"text": "hi"}]}, "title": "t"}], "note": "x"},
    "gemini_cache": {"model": "models/m", "contents": [{"parts": _PARTS}], "displayName": "n", "ttl": "3s"},
    "vertex_predict": {
        "instances": [{"prompt": "x", "image": {"bytesBase64Encoded": "aGk="}}],
        "parameters": {"a": "b"},
    },
    "gemini_interactions": {
        "model": "m",
        "input": _STEPS,
        "system_instruction": "be kind",
        "tools": [{"type": "function", "name": "send"}],
        "generation_config": {"stop_sequences": ["x"]},
    },
    "ollama_chat": {
        "model": "m",
        "messages": [
            {"role": "user", "content": "hi", "images": ["aGk="]},
            {"role": "assistant", "content": "", "thinking": "hm", "tool_calls": _CALLED},
            {"role": "tool", "content": "22", "tool_name": "t"},
        ],
        "tools": [{"type": "function", "function": {"name": "send"}}],
        "format": {"type": "object"},
        "options": {"stop": ["x"]},
        "keep_alive": "5m",
    },
    "ollama_generate": {
        "model": "m",
        "prompt": "x",
        "suffix": "x",
        "system": "x",
        "template": "x",
        "images": ["aGk="],
    },
    "ollama_embed": {"model": "m", "input": ["x"], "truncate": True, "keep_alive": "5m"},
}
_GROUNDING = {"webSearchQueries": ["q"], "groundingSupports": [{"segment": {"text": "hi"}}]}
ANSWERS: dict[str, Any] = {
    "gemini": {
        "candidates": [
            {
                "content": {"role": "model", "parts": _PARTS},
                "finishReason": "STOP",
                "finishMessage": "x",
                "safetyRatings": [{"category": "HARM_CATEGORY_HARASSMENT"}],
                "citationMetadata": {"citations": [{"uri": "u", "title": "t"}]},
                "groundingMetadata": _GROUNDING,
            }
        ],
        "promptFeedback": {"blockReasonMessage": "x"},
        "usageMetadata": {"promptTokensDetails": [{"modality": "TEXT", "tokenCount": 1}]},
    },
    "gemini_count": {"totalTokens": 1, "note": "x"},
    "gemini_embed": {"embedding": {"values": [0.5], "note": "x"}},
    "gemini_embed_batch": {"embeddings": [{"values": [0.5]}], "note": "x"},
    "vertex_predict": {"predictions": [{"embeddings": {"values": [0.5]}, "prompt": "x"}]},
    "gemini_interactions": {"status": "completed", "steps": _STEPS, "usage": {"total_tokens": 1}},
    "ollama_chat": {
        "message": {
            "role": "assistant",
            "content": "hi",
            "thinking": "hm",
            "tool_calls": _CALLED,
            "images": ["aGk="],
        },
        "done_reason": "stop",
        "note": "x",
    },
    "ollama_generate": {"response": "hi", "thinking": "hm", "image": "aGk=", "done_reason": "stop"},
    "ollama_embed": {"embeddings": [[0.5]], "note": "x"},
}
MACHINERY = {
    ("gemini_count", "/generateContentRequest/model"): "read as the model's name where the address has none",
    ("gemini_cache", "/model"): "the model's name chooses the upstream",
    ("gemini_interactions", "/model"): "the model's name chooses the upstream",
    ("ollama_chat", "/model"): "the model's name chooses the upstream",
    ("ollama_generate", "/model"): "the model's name chooses the upstream",
    ("ollama_embed", "/model"): "the model's name chooses the upstream",
    ("gemini_interactions", "/status"): "written by the server",
    ("ollama_chat", "/done_reason"): "written by the server",
    ("ollama_generate", "/done_reason"): "written by the server",
}


def planted(tree: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Each copy of a tree in which one value or one key is the canary, with its place."""
    if isinstance(tree, dict):
        for key, item in tree.items():
            where = step(pointer, key)
            for place, changed in planted(item, where):
                yield place, {**tree, key: changed}
            yield where, {CANARY if name == key else name: value for name, value in tree.items()}
    elif isinstance(tree, list):
        for index, item in enumerate(tree):
            for place, changed in planted(item, f"{pointer}/{index}"):
                yield place, [*tree[:index], changed, *tree[index + 1 :]]
    yield pointer, CANARY


def told(document: Document, pointer: str) -> bool:
    """Say whether a text holds the canary, or its place is listed as unjudged."""
    seen = any(CANARY in item.text for item in document.segments)
    return seen or any(pointer.startswith(item.pointer) for item in document.unjudged)


@pytest.mark.parametrize("dialect", REQUESTS)
def test_nothing_is_hidden_in_a_request(dialect: str) -> None:
    addressed = PRO if "model" not in REQUESTS[dialect] else Addressed()
    for pointer, tree in planted(REQUESTS[dialect]):
        try:
            document, _ = DIALECTS[dialect].parse_request(json.dumps(tree).encode(), addressed)
        except BadInput:
            continue
        assert told(document, pointer) or (dialect, pointer) in MACHINERY, pointer


@pytest.mark.parametrize("dialect", ANSWERS)
def test_nothing_is_hidden_in_an_answer(dialect: str) -> None:
    for pointer, tree in planted(ANSWERS[dialect]):
        document, repeats = DIALECTS[dialect].parse_answer(json.dumps(tree).encode())
        assert told(document, pointer) or pointer in repeats or (dialect, pointer) in MACHINERY, pointer


EVENTS: dict[str, list[Any]] = {
    "gemini": [ANSWERS["gemini"]],
    "gemini_interactions": [
        {"event_type": "interaction.completed", "interaction": ANSWERS["gemini_interactions"]},
        *({"event_type": "step.start", "index": index, "step": item} for index, item in enumerate(_STEPS)),
        {
            "event_type": "step.delta",
            "index": 9,
            "delta": {"type": "text", "text": "x"},
            "metadata": {"a": "b"},
        },
        {"event_type": "step.delta", "index": 9, "delta": {"type": "arguments_delta", "arguments": "{}"}},
        {"event_type": "step.stop", "index": 9, "usage": {"total_tokens": 1}},
    ],
    "ollama_chat": [
        {**ANSWERS["ollama_chat"], "message": {"role": "assistant", "content": "hi", "tool_calls": _CALLED}}
    ],
    "ollama_generate": [{"response": "hi", "thinking": "hm", "done_reason": "stop", "note": "x"}],
}


def seen(frame: Frame) -> bool:
    texts = [item.text for item in (*frame.others, *frame.controls)]
    texts += [item.text for item in (*frame.slots, *frame.repeats)]
    return any(CANARY in text for text in (*texts, *(text for _, text in frame.whole)))


@pytest.mark.parametrize("dialect", EVENTS)
def test_nothing_is_hidden_in_a_frame(dialect: str) -> None:
    media = ("/inlineData", "/fileData", "/finishReason")
    for event in EVENTS[dialect]:
        for pointer, tree in planted(event):
            shape = DIALECTS[dialect].stream(Asked("m", stream=True))
            assert shape is not None
            try:
                frame = shape.read(tree)
            except UpstreamFault:
                continue
            skipped = pointer.endswith(("/data", "/done_reason", "/status"))
            listed = any(mark in pointer for mark in media) or pointer in [place for place, _ in frame.lists]
            assert seen(frame) or skipped or listed, pointer


_NAMES = (
    "contents parts text role functionCall partialArgs candidates content index model messages tool_calls "
    "function message response steps step delta type event_type interaction input requests instances "
    "thought images context"
).split()
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["text", "user", "x", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(tree=_JSON)
def test_no_shape_is_more_than_a_refusal(tree: Any) -> None:
    body = json.dumps(tree).encode()
    for name in REQUESTS:
        dialect = DIALECTS[name]
        for read in (partial(dialect.parse_request, addressed=PRO), dialect.parse_answer):
            try:
                document = read(body)[0]
            except BadInput:
                continue
            assert document.render(()) == body
        shape = dialect.stream(Asked("m", stream=True))
        if shape is not None:
            try:
                shape.read(tree)
            except UpstreamFault:
                continue
