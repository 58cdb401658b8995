"""One request and one stream of each dialect of Mistral, Cohere and OpenAI's imitators, full of members."""

from typing import Any

from tests.fakes import cohere_api, mistral_api

REQUESTS: dict[str, Any] = {
    "openai_chat": {
        "model": "m",
        "messages": [
            {"role": "system", "content": "a"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "a"}], "signature": "s"},
                    {"type": "text", "text": "b"},
                ],
                "prefix": True,
                "reasoning_content": "x",
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "t", "id": "i", "format": "f", "index": 0}
                ],
                "thinking_blocks": [{"type": "thinking", "thinking": "q"}],
                "tool_calls": [
                    {"id": "c", "type": "function", "function": {"name": "f", "arguments": {"a": "b"}}}
                ],
            },
            {"role": "tool", "tool_call_id": "c", "name": "n", "content": "r"},
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": "https://a"},
                    {"type": "document_url", "document_url": "https://b", "document_name": "n"},
                    {"type": "reference", "reference_ids": ["a"]},
                    {"type": "input_audio", "input_audio": "hello there!"},
                    {"type": "file", "file_id": "f"},
                    {"type": "resource", "uri": "u", "content": {"type": "text", "text": "t"}},
                ],
            },
        ],
        "documents": [{"title": "t", "text": "x"}],
        "tools": [
            {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"x": "y"}}}
        ],
        "guardrails": [{"a": "b"}],
        "search_parameters": {"a": "b"},
        "plugins": [{"id": "a"}],
        "chat_template": "x",
        "metadata": {"a": "b"},
        "stop": ["x"],
        "prompt_cache_key": "k",
    },
    "mistral_fim": {"model": "m", "prompt": "a", "suffix": "b", "stop": ["c"], "metadata": {"a": "b"}},
    "mistral_agents": {
        "agent_id": "a",
        "messages": [{"role": "user", "content": "a"}],
        "metadata": {"a": "b"},
    },
    "mistral_conversations": {
        "inputs": [
            {"type": "message.input", "role": "user", "content": [{"type": "text", "text": "a"}], "id": "x"},
            {"type": "function.call", "tool_call_id": "t", "name": "n", "arguments": '{"a":"b"}'},
            {"type": "function.result", "tool_call_id": "t", "result": "r"},
            {"type": "tool.execution", "name": "n", "arguments": "a", "info": {"a": "b"}},
            {"type": "agent.handoff", "previous_agent_name": "a", "next_agent_name": "b"},
        ],
        "instructions": "i",
        "name": "n",
        "description": "d",
        "metadata": {"a": "b"},
        "completion_args": {"stop": ["x"], "response_format": {"json_schema": {"name": "n"}}},
        "tools": [{"type": "function", "function": {"name": "f"}}],
        "guardrails": [{"a": "b"}],
        "agent_id": "a",
    },
    "mistral_judgements": {
        "model": "m",
        "input": [
            {"messages": [{"role": "user", "content": "a"}], "x": "y"},
            "t",
            [{"role": "user", "content": "b"}],
        ],
    },
    "mistral_ocr": {
        "model": "m",
        "document": {"type": "document_url", "document_url": "https://a", "document_name": "n"},
        "document_annotation_prompt": "p",
        "document_annotation_format": {"json_schema": {"name": "n"}},
        "id": "i",
    },
    "cohere_chat": {
        "model": "m",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "a"},
                    {"type": "image_url", "image_url": {"url": "https://a"}},
                ],
            },
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "t"}],
                "tool_plan": "p",
                "tool_calls": [
                    {"id": "i", "type": "function", "function": {"name": "n", "arguments": '{"a":"b"}'}}
                ],
                "citations": [
                    {"text": "t", "sources": [{"type": "document", "id": "d", "document": {"a": "b"}}]}
                ],
            },
            {
                "role": "tool",
                "tool_call_id": "i",
                "content": [{"type": "document", "document": {"id": "d", "data": {"a": "b"}}}],
            },
        ],
        "documents": ["a", {"id": "d", "data": {"x": "y"}}],
        "tools": [{"type": "function", "function": {"name": "n", "description": "d"}}],
        "stop_sequences": ["s"],
        "response_format": {"json_schema": {"a": "b"}},
        "citation_options": {"mode": "FAST"},
    },
    "cohere_chat_v1": {
        "message": "a",
        "model": "m",
        "chat_history": [
            {"role": "USER", "message": "a"},
            {"role": "CHATBOT", "message": "b", "tool_calls": [{"name": "n", "parameters": {"a": "b"}}]},
            {
                "role": "TOOL",
                "tool_results": [{"call": {"name": "n", "parameters": {"a": "b"}}, "outputs": [{"a": "b"}]}],
            },
        ],
        "preamble": "p",
        "documents": [{"title": "t"}],
        "connectors": [{"id": "c", "options": {"a": "b"}}],
        "tools": [{"name": "n", "description": "d"}],
        "tool_results": [{"call": {"name": "n", "parameters": {}}, "outputs": [{"a": "b"}]}],
        "conversation_id": "c",
        "stop_sequences": ["x"],
    },
    "cohere_embed": {
        "model": "m",
        "texts": ["a"],
        "inputs": [{"content": [{"type": "text", "text": "t"}]}],
        "images": ["data:x"],
        "input_type": "search_document",
    },
    "cohere_rerank": {"model": "m", "query": "q", "documents": ["a", {"text": "b"}], "rank_fields": ["x"]},
}

STREAMS: dict[str, list[Any]] = {
    "openai_chat": [
        mistral_api.chunk(
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "a"}], "signature": "s"},
                    {"type": "text", "text": "t"},
                    {"type": "reference", "reference_ids": ["r"]},
                    {"type": "image_url", "image_url": "https://a"},
                ],
                "reasoning": "r",
                "reasoning_details": [
                    {"type": "reasoning.text", "index": 0, "text": "t", "signature": "s", "id": "i"},
                    {"type": "reasoning.encrypted", "data": "d"},
                ],
                "thinking_blocks": [{"type": "thinking", "thinking": "x", "signature": "s"}],
                "annotations": [{"url_citation": {"url": "u", "title": "t"}}],
                "images": [{"type": "image_url", "image_url": {"url": "https://a"}}],
                "executed_tools": [{"output": "o"}],
                "refusal": "n",
                "unknown": {"a": "b"},
                "tool_calls": [
                    {
                        "index": 0,
                        "id": "i",
                        "type": "function",
                        "function": {"name": "n", "arguments": {"a": "b"}},
                    },
                    {"index": 1, "function": {"name": "n", "arguments": '{"a":"b"}'}},
                ],
            }
        )
        | {
            "citations": ["c"],
            "search_results": [{"title": "t"}],
            "provider": "p",
            "x_groq": {"id": "x", "error": "e"},
        }
    ],
    "mistral_conversations": mistral_api.conversation_frames(
        [
            mistral_api.said("a"),
            mistral_api.said(
                {"type": "thinking", "thinking": [{"type": "text", "text": "t"}], "signature": "s"}
            ),
            mistral_api.said({"type": "tool_reference", "tool": "t", "title": "t", "url": "u"}, part=1),
            mistral_api.called("n", '{"a":"b"}', 1),
            {"type": "tool.execution.started", "id": "i", "name": "n", "arguments": "a", "output_index": 2},
            {"type": "tool.execution.done", "id": "i", "name": "n", "info": {"a": "b"}, "output_index": 2},
            {
                "type": "agent.handoff.started",
                "id": "i",
                "previous_agent_id": "a",
                "previous_agent_name": "b",
            },
        ]
    ),
    "cohere_chat": cohere_api.whole_stream(
        [
            *cohere_api.text_frames(["a"]),
            *cohere_api.text_frames(["x"], "thinking", 1),
            {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "p"}}},
            *cohere_api.call_frames("n", ['{"a":"b"}']),
            {
                "type": "citation-start",
                "index": 0,
                "delta": {
                    "message": {
                        "citations": {
                            "start": 0,
                            "end": 1,
                            "text": "t",
                            "sources": [{"type": "tool", "id": "i", "tool_output": {"a": "b"}}],
                        }
                    }
                },
            },
            {"type": "debug", "prompt": "p"},
        ]
    ),
    "cohere_chat_v1": [
        {"event_type": "search-queries-generation", "search_queries": [{"text": "t", "generation_id": "g"}]},
        {"event_type": "search-results", "documents": [{"id": "i", "t": "x"}]},
        {
            "event_type": "tool-calls-chunk",
            "text": "a",
            "tool_call_delta": {"index": 0, "name": "n", "parameters": '{"a":"b"}', "text": "t"},
        },
        {
            "event_type": "tool-calls-generation",
            "text": "a",
            "tool_calls": [{"name": "n", "parameters": {"a": "b"}}],
        },
        {"event_type": "citation-generation", "citations": [{"text": "t", "document_ids": ["d"]}]},
        *cohere_api.frames_v1(["a"], citations=[{"text": "t"}], documents=[{"a": "b"}]),
    ],
}
