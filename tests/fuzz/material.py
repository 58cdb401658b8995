"""What fuzzers begin with: for each dialect requests, whole answers and the frames of streams."""

from sluicegate.detection.dialects import Addressed
from tests.fuzz.live_shapes import LIVE
from tests.fuzz.openai_shapes import (
    CHAT,
    CHAT_ANSWER,
    CHAT_STREAM,
    ERROR,
    ITEM,
    PARTS,
    RESPONSE,
    RESPONSE_STREAM,
    RESPONSES,
    USAGE,
    USER,
)
from tests.fuzz.other_shapes import (
    ANTHROPIC,
    ANTHROPIC_STREAM,
    BEDROCK_ADDRESS,
    COHERE,
    COHERE_SAID,
    COHERE_STREAM,
    COHERE_V1,
    COHERE_V1_ANSWER,
    COHERE_V1_STREAM,
    CONVERSATION_STREAM,
    CONVERSE,
    CONVERSE_ANSWER,
    CONVERSE_STREAM,
    COUNTS,
    EMBEDDING,
    GEMINI,
    GEMINI_PARTS,
    GEMINI_STREAM,
    GROUNDED,
    INTERACTION,
    INTERACTION_STREAM,
    MCP_SAID,
    MCP_TOOLS,
    MESSAGE,
    MESSAGES,
    MISTRAL_ENTRIES,
    OLLAMA_END,
    OLLAMA_HEAD,
    OLLAMA_SAID,
    PICTURE_STREAM,
    TRANSCRIPT_STREAM,
    candidate,
    rpc,
)
from tests.fuzz.shapes import Material

MATERIALS = (
    Material("openai_chat", (CHAT,), (CHAT_ANSWER, ERROR), (CHAT_STREAM,)),
    Material(
        "openai_completions",
        ({"model": "m", "prompt": ["a", "b"], "suffix": "s", "stream": True, "user": "u", "stop": ["x"]},),
        ({"id": "c", "model": "m", "choices": [{"index": 0, "text": "a", "finish_reason": "stop"}]}, ERROR),
        (
            (
                {"id": "c", "choices": [{"index": 0, "text": "A gate ", "logprobs": {"tokens": ["A"]}}]},
                {
                    "id": "c",
                    "choices": [{"index": 0, "text": "here.", "finish_reason": "stop"}],
                    "usage": USAGE,
                },
            ),
        ),
    ),
    Material(
        "openai_embeddings",
        ({"model": "m", "input": ["a text", "more"], "user": "u"}, {"model": "m", "input": [[1, 2], [3]]}),
        ({"object": "list", "data": [EMBEDDING], "model": "m", "usage": USAGE},),
    ),
    Material(
        "openai_moderations",
        ({"model": "m", "input": ["a text", "more"]}, {"model": "m", "input": PARTS[:2]}),
        ({"id": "x", "model": "m", "results": [{"flagged": False, "categories": {"hate": False}}]},),
    ),
    Material("openai_responses", (RESPONSES, {"model": "m", "input": "hi"}), (RESPONSE,), (RESPONSE_STREAM,)),
    Material(
        "openai_conversations",
        ({"items": [{"type": "message", "role": "user", "content": "hi"}], "metadata": {"a": "b"}},),
        ({"object": "list", "data": [ITEM], "first_id": "a", "has_more": False},),
        (RESPONSE_STREAM,),
    ),
    Material(
        "openai_images",
        ({"model": "m", "prompt": "a gate", "n": 1, "size": "1x1", "user": "u"},),
        ({"created": 1, "data": [{"b64_json": "AAAA", "revised_prompt": "a gate", "url": "https://x"}]},),
        (PICTURE_STREAM,),
    ),
    Material(
        "openai_speech",
        ({"model": "m", "input": "say it", "instructions": "softly", "voice": "alloy"},),
        (ERROR,),
        (({"type": "speech.audio.delta", "audio": "AAAA"}, {"type": "speech.audio.done", "usage": USAGE}),),
    ),
    Material(
        "openai_forms",
        (),
        ({"text": "A gate.", "segments": [{"id": 0, "text": "A"}]},),
        (TRANSCRIPT_STREAM,),
    ),
    Material(
        "openai_files",
        ({"input_file_id": "f", "endpoint": "/v1/chat/completions", "metadata": {"a": "b"}},),
        ({"object": "file", "id": "f", "filename": "x.jsonl", "purpose": "batch"},),
        (TRANSCRIPT_STREAM,),
    ),
    Material("anthropic", (ANTHROPIC,), (MESSAGE, ERROR), (ANTHROPIC_STREAM,)),
    Material("anthropic_count", (ANTHROPIC,), ({"input_tokens": 5},), (ANTHROPIC_STREAM,)),
    Material(
        "anthropic_batches",
        ({"requests": [{"custom_id": "a", "params": {**ANTHROPIC, "stream": False}}]},),
        ({"id": "b", "type": "message_batch", "processing_status": "ended", "results_url": "https://x"},),
    ),
    Material(
        "mistral_fim",
        ({"model": "m", "prompt": "def f(", "suffix": "return", "stream": True},),
        (CHAT_ANSWER,),
        (CHAT_STREAM,),
    ),
    Material(
        "mistral_agents",
        ({"agent_id": "a", "messages": MESSAGES, "stream": True, "tools": CHAT["tools"]},),
        (CHAT_ANSWER,),
        (CHAT_STREAM,),
    ),
    Material(
        "mistral_conversations",
        (
            {"model": "m", "inputs": MISTRAL_ENTRIES, "instructions": "Be brief.", "stream": True},
            {"agent_id": "a", "inputs": "hi", "name": "n", "description": "d"},
        ),
        (
            {
                "object": "conversation.response",
                "conversation_id": "conv_1",
                "outputs": MISTRAL_ENTRIES[1:3],
                "usage": USAGE,
            },
        ),
        (CONVERSATION_STREAM,),
    ),
    Material(
        "mistral_judgements",
        ({"model": "m", "input": ["a text"]}, {"model": "m", "input": [[USER]]}),
        (
            {
                "id": "x",
                "model": "m",
                "results": [{"categories": {"pii": False}, "category_scores": {"pii": 0.5}}],
            },
        ),
    ),
    Material(
        "mistral_ocr",
        (
            {
                "model": "m",
                "document": {
                    "type": "document_url",
                    "document_url": "https://a.example/d",
                    "document_name": "d",
                },
            },
        ),
        (
            {
                "model": "m",
                "pages": [
                    {"index": 0, "markdown": "# A gate", "images": [{"id": "i", "image_base64": "AAAA"}]}
                ],
                "document_annotation": "a note",
                "usage_info": {"pages_processed": 1},
            },
        ),
    ),
    Material(
        "cohere_chat",
        (COHERE,),
        (
            {
                "id": "m",
                "finish_reason": "COMPLETE",
                "message": COHERE_SAID,
                "usage": {"tokens": {"input_tokens": 1}},
            },
        ),
        (COHERE_STREAM,),
    ),
    Material("cohere_chat_v1", (COHERE_V1,), (COHERE_V1_ANSWER, {"message": "wrong"}), (COHERE_V1_STREAM,)),
    Material(
        "cohere_embed",
        (
            {"model": "m", "texts": ["a text"], "input_type": "search_query"},
            {"model": "m", "inputs": [{"content": [{"type": "text", "text": "a"}]}], "input_type": "image"},
        ),
        (
            {
                "id": "e",
                "texts": ["a text"],
                "embeddings": {"float": [[0.5]]},
                "meta": {"billed_units": {"x": 1}},
            },
        ),
    ),
    Material(
        "cohere_rerank",
        ({"model": "m", "query": "what", "documents": ["a", {"text": "b"}], "top_n": 1},),
        ({"id": "r", "results": [{"index": 0, "relevance_score": 0.5, "document": {"text": "a"}}]},),
    ),
    Material("bedrock_converse", (CONVERSE,), (CONVERSE_ANSWER,), (CONVERSE_STREAM,), BEDROCK_ADDRESS),
    Material(
        "bedrock_count_tokens",
        ({"input": {"converse": {"messages": CONVERSE["messages"], "system": CONVERSE["system"]}}},),
        ({"inputTokens": 5},),
        addressed=Addressed("some.model"),
    ),
    Material(
        "bedrock_guardrail",
        ({"source": "INPUT", "content": [{"text": {"text": "hi", "qualifiers": ["query"]}}]},),
        ({"action": "NONE", "outputs": [{"text": "hi"}], "assessments": [{"topicPolicy": {"topics": []}}]},),
    ),
    Material(
        "bedrock_invoke",
        ({**ANTHROPIC, "anthropic_version": "bedrock-2023-05-31"},),
        (MESSAGE,),
        (ANTHROPIC_STREAM,),
        Addressed("anthropic.claude", stream=True),
        "bedrock_invoke, anthropic",
    ),
    Material(
        "bedrock_invoke",
        ({"messages": CHAT["messages"], "max_tokens": 5},),
        (CHAT_ANSWER,),
        (CHAT_STREAM,),
        Addressed("openai.gpt-oss", stream=True),
        "bedrock_invoke, chat",
    ),
    Material(
        "bedrock_invoke",
        (
            {"inputText": "hi", "textGenerationConfig": {"stopSequences": ["x"]}},
            {"prompt": "hi", "max_gen_len": 5},
        ),
        ({"results": [{"outputText": "A gate.", "completionReason": "FINISH"}]}, {"generation": "A gate."}),
        (
            (
                {"outputText": "A gate ", "index": 0},
                {"outputText": "for water.", "index": 0, "completionReason": "FINISH"},
            ),
            ({"generation": "A gate "}, {"generation": "for water.", "stop_reason": "stop"}),
        ),
        Addressed("amazon.titan", stream=True),
        "bedrock_invoke, its own",
    ),
    Material(
        "mcp",
        (
            rpc(
                method="tools/call",
                params={"name": "send", "arguments": {"to": "Bern", "deep": [{"a": "b"}]}},
            ),
            rpc(
                method="initialize",
                params={"protocolVersion": "x", "clientInfo": {"name": "c", "version": "1"}},
            ),
            rpc(method="resources/read", params={"uri": "file:///a"}),
            [
                rpc(method="prompts/get", params={"name": "p", "arguments": {"a": "b"}}),
                rpc(result=MCP_SAID),
            ],
        ),
        (
            rpc(result=MCP_TOOLS),
            rpc(result=MCP_SAID),
            rpc(error={"code": -1, "message": "no", "data": {"x": "y"}}),
        ),
        (
            (
                {
                    "jsonrpc": "2.0",
                    "method": "notifications/progress",
                    "params": {"progressToken": 1, "message": "half"},
                },
                rpc(result=MCP_SAID),
            ),
        ),
    ),
    *(
        Material(
            "gemini",
            (GEMINI,),
            (candidate(*GEMINI_PARTS, **GROUNDED), ERROR),
            (GEMINI_STREAM,),
            Addressed("m", stream=True, framing=framing),
            f"gemini, {framing}",
        )
        for framing in ("sse", "json_array")
    ),
    Material(
        "gemini_cache",
        ({**GEMINI, "model": "models/m", "displayName": "d", "ttl": "5s"},),
        ({"name": "cachedContents/1", "displayName": "d", "model": "models/m", "usageMetadata": COUNTS},),
    ),
    Material(
        "gemini_count",
        ({"contents": GEMINI["contents"]}, {"generateContentRequest": {"model": "models/m", **GEMINI}}),
        ({"totalTokens": 5},),
        addressed=Addressed("m"),
    ),
    Material(
        "gemini_embed",
        ({"content": {"parts": [{"text": "a text"}]}, "title": "t"},),
        ({"embedding": {"values": [0.5]}},),
        addressed=Addressed("m"),
    ),
    Material(
        "gemini_embed_batch",
        ({"requests": [{"model": "models/m", "content": {"parts": [{"text": "a text"}]}}]},),
        ({"embeddings": [{"values": [0.5]}]},),
        addressed=Addressed("m"),
    ),
    Material(
        "gemini_interactions",
        (
            {"model": "m", "input": "hi", "system_instruction": "Be brief.", "stream": True},
            {"model": "m", "input": [{"type": "user_input", "content": [{"type": "text", "text": "hi"}]}]},
        ),
        (INTERACTION,),
        (INTERACTION_STREAM,),
    ),
    Material(
        "vertex_predict",
        ({"instances": [{"content": "a text", "title": "t"}], "parameters": {"outputDimensionality": 5}},),
        ({"predictions": [{"embeddings": {"values": [0.5], "statistics": {"token_count": 1}}}]},),
        addressed=Addressed("m"),
    ),
    Material(
        "ollama_chat",
        (
            {
                "model": "m",
                "messages": [*MESSAGES, OLLAMA_SAID, {"role": "tool", "content": "sent"}],
                "tools": CHAT["tools"],
            },
        ),
        ({**OLLAMA_HEAD, "message": OLLAMA_SAID, "done": True}, {"error": "no such model"}),
        (
            (
                {
                    **OLLAMA_HEAD,
                    "message": {"role": "assistant", "content": "", "thinking": "It thinks."},
                    "done": False,
                },
                {**OLLAMA_HEAD, "message": {"role": "assistant", "content": "A gate "}, "done": False},
                {**OLLAMA_HEAD, "message": {"role": "assistant", "content": "for water."}, "done": False},
                {**OLLAMA_HEAD, "message": {**OLLAMA_SAID, "content": "", "thinking": ""}, "done": False},
                {**OLLAMA_END, "message": {"role": "assistant", "content": ""}},
            ),
        ),
    ),
    Material(
        "ollama_embed",
        ({"model": "m", "input": ["a text", "more"]}, {"model": "m", "prompt": "a text"}),
        ({"model": "m", "embeddings": [[0.5]], "total_duration": 5},),
    ),
    Material(
        "ollama_generate",
        (
            {
                "model": "m",
                "prompt": "hi",
                "system": "Be brief.",
                "suffix": "s",
                "template": "t",
                "context": [1],
                "images": ["AAAA"],
            },
        ),
        ({**OLLAMA_END, "response": "A gate.", "thinking": "It thinks.", "context": [1, 2]},),
        (
            (
                {**OLLAMA_HEAD, "response": "A gate ", "thinking": "", "done": False},
                {**OLLAMA_HEAD, "response": "for water.", "done": False},
                {**OLLAMA_END, "response": "", "context": [1, 2]},
            ),
        ),
    ),
    *LIVE,
)
