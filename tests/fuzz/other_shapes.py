"""What the formats of other providers say, rich in members."""

from typing import Any

from sluicegate.detection.dialects import Addressed
from tests.fuzz.openai_shapes import FUNCTION, PARTS, SCHEMA, USAGE
from tests.fuzz.shapes import Tree

BLOCKS = [
    {"type": "thinking", "thinking": "It thinks.", "signature": "c2ln"},
    {"type": "redacted_thinking", "data": "AAAA"},
    {"type": "text", "text": "A gate.", "citations": [{"type": "char_location", "cited_text": "gate"}]},
    {"type": "tool_use", "id": "t", "name": "send", "input": {"to": "Bern", "deep": ["a", {"b": "c"}]}},
]
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": BLOCKS,
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 1, "output_tokens": 2},
}
ANTHROPIC = {
    "model": "m",
    "max_tokens": 9,
    "stream": True,
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
    "metadata": {"user_id": "u"},
    "stop_sequences": ["x"],
    "tools": [{"name": "send", "description": "Sends.", "input_schema": SCHEMA}],
    "messages": [
        {"role": "user", "content": "What is a sluice?"},
        {"role": "assistant", "content": BLOCKS},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "sent"}]},
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"},
                },
                {
                    "type": "document",
                    "title": "d",
                    "source": {"type": "text", "media_type": "text/plain", "data": "A text."},
                },
                {"type": "search_result", "source": "s", "title": "t", "content": PARTS[:1]},
            ],
        },
    ],
}


def delta(index: int, **delta: str) -> Tree:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def block(index: int, block: Tree, *deltas: Tree) -> tuple[Tree, ...]:
    start = {"type": "content_block_start", "index": index, "content_block": block}
    return start, *deltas, {"type": "content_block_stop", "index": index}


ANTHROPIC_STREAM = (
    {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}},
    *block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        delta(0, type="thinking_delta", thinking="It thinks."),
        delta(0, type="signature_delta", signature="c2ln"),
    ),
    {"type": "ping"},
    *block(
        1,
        {"type": "text", "text": ""},
        delta(1, type="text_delta", text="A gate "),
        delta(1, type="text_delta", text="for water."),
    ),
    *block(
        2,
        {"type": "tool_use", "id": "t", "name": "send", "input": {}},
        delta(2, type="input_json_delta", partial_json='{"to": "Be'),
        delta(2, type="input_json_delta", partial_json='rn"}'),
    ),
    {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use", "stop_sequence": None},
        "usage": {"output_tokens": 5},
    },
    {"type": "message_stop"},
)

GEMINI_PARTS: list[Tree] = [
    {"text": "It thinks.", "thought": True, "thoughtSignature": "c2ln"},
    {"text": "A gate."},
    {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
    {"fileData": {"fileUri": "https://a.example/f", "mimeType": "text/plain"}},
    {"functionCall": {"id": "1", "name": "send", "args": {"to": "Bern", "deep": [{"a": "b"}]}}},
    {"functionResponse": {"name": "send", "response": {"result": "sent"}}},
    {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
]
GEMINI = {
    "contents": [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "model", "parts": GEMINI_PARTS}],
    "systemInstruction": {"role": "user", "parts": [{"text": "Be brief."}]},
    "tools": [{"functionDeclarations": [FUNCTION]}],
    "generationConfig": {"temperature": 0.5, "stopSequences": ["x"], "responseSchema": SCHEMA},
    "cachedContent": "cachedContents/1",
    "labels": {"team": "water"},
}
COUNTS = {"promptTokenCount": 1, "totalTokenCount": 3}
SAFETY = [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}]


def candidate(*parts: Tree, **more: Any) -> Tree:
    told = {"content": {"parts": list(parts), "role": "model"}, "index": 0, **more}
    return {"candidates": [told], "usageMetadata": COUNTS, "modelVersion": "m", "responseId": "r"}


GROUNDED = {
    "groundingMetadata": {
        "groundingChunks": [{"web": {"uri": "https://a.example/", "title": "t"}}],
        "groundingSupports": [{"segment": {"text": "A gate"}}],
    },
    "citationMetadata": {"citations": [{"uri": "https://b.example/"}]},
    "safetyRatings": SAFETY,
    "finishReason": "STOP",
    "finishMessage": "done",
}
GEMINI_STREAM = (
    candidate({"text": "It thinks. ", "thought": True}),
    candidate({"text": "A gate "}),
    candidate({"text": "for water. "}),
    candidate({"functionCall": {"name": "send", "args": {"to": "Bern"}}}),
    candidate({"text": ""}, **GROUNDED),
)

EMBEDDING = {"object": "embedding", "index": 0, "embedding": [0.5, 1]}
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What?"}]

MISTRAL_ENTRIES = [
    {"type": "message.input", "role": "user", "content": "What?"},
    {"type": "message.output", "role": "assistant", "content": [{"type": "text", "text": "A gate."}]},
    {"type": "function.call", "tool_call_id": "c", "name": "send", "arguments": '{"to": "Bern"}'},
    {"type": "function.result", "tool_call_id": "c", "result": "sent"},
    {"type": "tool.execution", "name": "web_search", "arguments": "{}", "info": {"x": "y"}},
]
CONVERSATION_STREAM = (
    {"type": "conversation.response.started", "conversation_id": "conv_1", "created_at": "2026-01-01"},
    {
        "type": "message.output.delta",
        "id": "m1",
        "output_index": 0,
        "content_index": 0,
        "role": "assistant",
        "content": "A gate ",
        "created_at": "2026-01-01T00:00:00Z",
    },
    {
        "type": "message.output.delta",
        "id": "m1",
        "output_index": 0,
        "content_index": 0,
        "role": "assistant",
        "content": "for water.",
        "created_at": "2026-01-01T00:00:00Z",
    },
    {
        "type": "function.call.delta",
        "id": "f1",
        "output_index": 1,
        "name": "send",
        "tool_call_id": "c",
        "arguments": '{"to": "Bern"}',
        "created_at": "2026-01-01T00:00:00Z",
    },
    {"type": "conversation.response.done", "usage": USAGE, "created_at": "2026-01-01T00:00:00Z"},
)

COHERE_SAID = {
    "role": "assistant",
    "tool_plan": "I will send.",
    "tool_calls": [
        {"id": "c", "type": "function", "function": {"name": "send", "arguments": '{"to":"Bern"}'}}
    ],
    "content": [{"type": "thinking", "thinking": "It thinks."}, {"type": "text", "text": "A gate."}],
    "citations": [{"start": 0, "end": 1, "text": "A", "sources": [{"type": "tool", "id": "x"}]}],
}
COHERE = {
    "model": "m",
    "stream": True,
    "messages": [
        *MESSAGES,
        COHERE_SAID,
        {
            "role": "tool",
            "tool_call_id": "c",
            "content": [{"type": "document", "document": {"id": "1", "data": {"text": "sent"}}}],
        },
    ],
    "documents": ["A text.", {"id": "d", "data": {"title": "t", "text": "More."}}],
    "tools": [{"type": "function", "function": FUNCTION}],
}


def cohere(kind: str, index: int | None = None, **message: Any) -> Tree:
    told: Tree = {"type": kind} if index is None else {"type": kind, "index": index}
    return {**told, "delta": {"message": message}} if message else told


COHERE_STREAM = (
    {"type": "message-start", "id": "m1", "delta": {"message": {"role": "assistant", "content": []}}},
    cohere("tool-plan-delta", tool_plan="I will send."),
    cohere(
        "tool-call-start",
        0,
        tool_calls={"id": "c", "type": "function", "function": {"name": "send", "arguments": ""}},
    ),
    cohere("tool-call-delta", 0, tool_calls={"function": {"arguments": '{"to": "Be'}}),
    cohere("tool-call-delta", 0, tool_calls={"function": {"arguments": 'rn"}'}}),
    cohere("tool-call-end", 0),
    cohere("content-start", 1, content={"type": "text", "text": ""}),
    cohere("content-delta", 1, content={"text": "A gate "}),
    cohere("content-delta", 1, content={"text": "for water."}),
    cohere("content-end", 1),
    cohere("citation-start", 0, citations={"start": 0, "end": 6, "text": "A gate", "sources": []}),
    {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": {"tokens": {"input_tokens": 1}}}},
)
COHERE_V1 = {
    "model": "m",
    "stream": True,
    "message": "What?",
    "preamble": "Be brief.",
    "chat_history": [{"role": "USER", "message": "hi"}, {"role": "CHATBOT", "message": "hello"}],
    "documents": [{"title": "t", "snippet": "A text."}],
    "tools": [
        {"name": "send", "description": "Sends.", "parameter_definitions": {"to": {"description": "d"}}}
    ],
    "tool_results": [{"call": {"name": "send", "parameters": {"to": "Bern"}}, "outputs": [{"x": "sent"}]}],
}
COHERE_V1_ANSWER = {
    "response_id": "r",
    "text": "A gate for water.",
    "generation_id": "g",
    "chat_history": [{"role": "CHATBOT", "message": "A gate for water."}],
    "finish_reason": "COMPLETE",
    "tool_calls": [{"name": "send", "parameters": {"to": "Bern"}}],
    "citations": [{"start": 0, "end": 1, "text": "A", "document_ids": ["d"]}],
    "documents": [{"id": "d", "snippet": "A text."}],
    "meta": {"api_version": {"version": "1"}},
}
COHERE_V1_STREAM = (
    {"event_type": "stream-start", "generation_id": "g", "is_finished": False},
    {"event_type": "text-generation", "text": "A gate ", "is_finished": False},
    {"event_type": "text-generation", "text": "for water.", "is_finished": False},
    {
        "event_type": "citation-generation",
        "citations": [{"start": 0, "end": 1, "text": "A"}],
        "is_finished": False,
    },
    {
        "event_type": "stream-end",
        "is_finished": True,
        "finish_reason": "COMPLETE",
        "response": COHERE_V1_ANSWER,
    },
)

USE = {"toolUse": {"toolUseId": "t", "name": "send", "input": {"to": "Bern"}}}
CONVERSE = {
    "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"text": "hi"},
                {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
                {"document": {"format": "txt", "name": "d", "source": {"text": "A text."}}},
                {"guardContent": {"text": {"text": "guarded", "qualifiers": ["query"]}}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "It thinks.", "signature": "c2ln"}}},
                USE,
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "toolResult": {
                        "toolUseId": "t",
                        "status": "success",
                        "content": [{"text": "sent"}, {"json": {"a": "b"}}],
                    }
                }
            ],
        },
    ],
    "toolConfig": {
        "tools": [{"toolSpec": {"name": "send", "description": "d", "inputSchema": {"json": SCHEMA}}}]
    },
    "additionalModelRequestFields": {"top_k": 5, "note": "x"},
    "requestMetadata": {"team": "water"},
    "promptVariables": {"who": {"text": "you"}},
}
CONVERSE_ANSWER = {
    "output": {"message": {"role": "assistant", "content": [{"text": "A gate."}, USE]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3},
    "metrics": {"latencyMs": 5},
    "trace": {"guardrail": {"modelOutput": ["A gate."]}},
}


def grown(block: int, **delta: Any) -> Tree:
    return {"contentBlockDelta": {"contentBlockIndex": block, "delta": delta}}


CONVERSE_STREAM = (
    {"messageStart": {"role": "assistant"}},
    grown(0, reasoningContent={"text": "It thinks."}),
    grown(0, reasoningContent={"signature": "c2ln"}),
    {"contentBlockStop": {"contentBlockIndex": 0}},
    grown(1, text="A gate "),
    grown(1, text="for water."),
    {"contentBlockStop": {"contentBlockIndex": 1}},
    {"contentBlockStart": {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "t", "name": "send"}}}},
    grown(2, toolUse={"input": '{"to": "Be'}),
    grown(2, toolUse={"input": 'rn"}'}),
    {"contentBlockStop": {"contentBlockIndex": 2}},
    {"messageStop": {"stopReason": "tool_use"}},
    {"metadata": {"usage": {"inputTokens": 1, "outputTokens": 2}, "metrics": {"latencyMs": 5}}},
)
BEDROCK_ADDRESS = Addressed("some.model", stream=True)

OLLAMA_SAID = {
    "role": "assistant",
    "content": "A gate.",
    "thinking": "It thinks.",
    "tool_calls": [{"function": {"name": "send", "arguments": {"to": "Bern"}}}],
}
OLLAMA_HEAD = {"model": "m", "created_at": "2026-01-01T00:00:00.5Z"}
OLLAMA_END = {**OLLAMA_HEAD, "done": True, "done_reason": "stop", "total_duration": 5, "eval_count": 2}

MCP_TOOLS = {"tools": [{"name": "send", "title": "Send", "description": "Sends it.", "inputSchema": SCHEMA}]}
MCP_SAID = {
    "content": [
        {"type": "text", "text": "sent"},
        {"type": "image", "data": "AAAA", "mimeType": "image/png"},
        {"type": "resource", "resource": {"uri": "file:///a", "text": "A text."}},
    ],
    "structuredContent": {"to": "Bern"},
    "isError": False,
}


def rpc(**more: Any) -> Tree:
    return {"jsonrpc": "2.0", "id": 1, **more}


INTERACTION = {
    "id": "i1",
    "model": "m",
    "object": "interaction",
    "status": "completed",
    "role": "model",
    "steps": [
        {"type": "model_output", "content": [{"type": "text", "text": "A gate."}]},
        {"type": "function_call", "id": "f", "name": "send", "arguments": {"to": "Bern"}},
    ],
    "usage": {"total_tokens": 3},
}
INTERACTION_STREAM = (
    {
        "event_type": "interaction.created",
        "interaction": {**INTERACTION, "steps": [], "status": "in_progress"},
    },
    {"event_type": "step.start", "index": 0, "step": {"type": "model_output"}},
    {"event_type": "step.delta", "index": 0, "delta": {"type": "text", "text": "A gate "}},
    {"event_type": "step.delta", "index": 0, "delta": {"type": "text", "text": "for water."}},
    {"event_type": "step.stop", "index": 0},
    {"event_type": "step.start", "index": 1, "step": {"type": "function_call", "id": "f", "name": "send"}},
    {
        "event_type": "step.delta",
        "index": 1,
        "delta": {"type": "arguments_delta", "arguments": '{"to": "Bern"}'},
    },
    {"event_type": "step.stop", "index": 1},
    {"event_type": "interaction.completed", "interaction": INTERACTION},
)

TRANSCRIPT_STREAM = (
    {"type": "transcript.text.delta", "delta": "A gate "},
    {"type": "transcript.text.delta", "delta": "for water."},
    {"type": "transcript.text.done", "text": "A gate for water.", "usage": USAGE},
)
PICTURE_STREAM = (
    {"type": "image_generation.partial_image", "b64_json": "AAAA", "partial_image_index": 0},
    {"type": "image_generation.completed", "b64_json": "AAAA", "revised_prompt": "a gate", "usage": USAGE},
)
