"""What requests and answers of Mistral, Cohere and OpenAI's imitators hold, and how they are refused."""

import json
from typing import Any

import pytest

from sluicegate.detection.dialects import DIALECTS, Asked
from sluicegate.detection.errors import BadInput
from sluicegate.detection.policy import Policy
from sluicegate.detection.types import Kind, Role, Segment
from tests.detection.support import ALICE, BLOCK_ALL, INSPECTOR, MASK_ALL

SECRET, MAIL = "AKIA" + "5XGQ7R2MZN4CTYLB", "maria.keller@kontor-nord.example"

type Seen = tuple[str, Role, Kind]


def chat(**message: Any) -> Any:
    return {"model": "m", "messages": [{"role": "user", **message}]}


def dump(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode()


def segments(dialect: str, request: Any) -> dict[str, Segment]:
    document, _ = DIALECTS[dialect].parse_request(dump(request))
    return {segment.pointer: segment for segment in document.segments}


REQUESTS = [
    pytest.param(
        "openai_chat",
        chat(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "SAID"}]}]),
        ("/messages/0/content/0/thinking/0/text", Role.USER, Kind.REASONING),
        id="a thought of Mistral's",
    ),
    pytest.param(
        "openai_chat",
        chat(content=[{"type": "resource", "uri": "a://b", "content": {"type": "text", "text": "SAID"}}]),
        ("/messages/0/content/0/content/text", Role.RETRIEVED, Kind.TEXT),
        id="a resource",
    ),
    pytest.param(
        "openai_chat",
        chat(content=[{"type": "image_url", "image_url": "https://SAID/x.png"}]),
        ("/messages/0/content/0/image_url", Role.USER, Kind.OTHER),
        id="an address of an image",
    ),
    pytest.param(
        "openai_chat",
        chat(content="x", reasoning_details=[{"type": "reasoning.text", "text": "SAID"}]),
        ("/messages/0/reasoning_details/0/text", Role.USER, Kind.REASONING),
        id="reasoning details",
    ),
    pytest.param(
        "openai_chat",
        {**chat(content="x"), "documents": [{"title": "SAID"}]},
        ("/documents/0/title", Role.RETRIEVED, Kind.TEXT),
        id="documents of vLLM",
    ),
    pytest.param(
        "openai_chat",
        {**chat(content="x"), "search_parameters": {"sources": [{"note": "SAID"}]}},
        ("/search_parameters/sources/0/note", Role.SYSTEM, Kind.OTHER),
        id="what nobody knows",
    ),
    pytest.param(
        "mistral_fim",
        {"model": "m", "prompt": "x", "suffix": "SAID"},
        ("/suffix", Role.USER, Kind.TEXT),
        id="a suffix",
    ),
    pytest.param(
        "mistral_agents",
        {**chat(content="SAID"), "agent_id": "a", "model": None},
        ("/messages/0/content", Role.USER, Kind.TEXT),
        id="a message to an agent",
    ),
    pytest.param(
        "mistral_conversations",
        {"inputs": [{"type": "function.result", "tool_call_id": "t", "result": "SAID"}]},
        ("/inputs/0/result", Role.TOOL, Kind.TEXT),
        id="a result in a conversation",
    ),
    pytest.param(
        "mistral_conversations",
        {"inputs": [{"role": "user", "content": [{"type": "text", "text": "SAID"}]}]},
        ("/inputs/0/content/0/text", Role.USER, Kind.TEXT),
        id="a message in a conversation",
    ),
    pytest.param(
        "mistral_conversations",
        {"inputs": [{"type": "function.call", "name": "f", "arguments": {"to": "SAID"}}]},
        ("/inputs/0/arguments/to", Role.ASSISTANT, Kind.ARGUMENTS),
        id="a call in a conversation",
    ),
    pytest.param(
        "mistral_conversations",
        {"inputs": "hi", "instructions": "SAID"},
        ("/instructions", Role.SYSTEM, Kind.OTHER),
        id="instructions of a conversation",
    ),
    pytest.param(
        "mistral_judgements",
        {"model": "m", "input": [[{"role": "assistant", "content": "SAID"}]]},
        ("/input/0/0/content", Role.ASSISTANT, Kind.TEXT),
        id="conversations to be judged",
    ),
    pytest.param(
        "mistral_judgements",
        {"model": "m", "input": [{"messages": [{"role": "system", "content": "SAID"}]}]},
        ("/input/0/messages/0/content", Role.SYSTEM, Kind.TEXT),
        id="messages to be classified",
    ),
    pytest.param(
        "mistral_ocr",
        {"model": None, "document": {"type": "document_url", "document_url": "https://SAID/"}},
        ("/document/document_url", Role.RETRIEVED, Kind.OTHER),
        id="an address of a document",
    ),
    pytest.param(
        "cohere_chat",
        {"model": "m", "messages": [{"role": "tool", "content": [{"type": "document", "document": "SAID"}]}]},
        ("/messages/0/content/0/document", Role.TOOL, Kind.TEXT),
        id="a document of a tool",
    ),
    pytest.param(
        "cohere_chat",
        {**chat(content="x"), "documents": [{"id": "d", "data": {"snippet": "SAID"}}]},
        ("/documents/0/data/snippet", Role.RETRIEVED, Kind.TEXT),
        id="documents of Cohere",
    ),
    pytest.param(
        "cohere_chat",
        {"model": "m", "messages": [{"role": "assistant", "tool_plan": "SAID"}]},
        ("/messages/0/tool_plan", Role.ASSISTANT, Kind.REASONING),
        id="a plan",
    ),
    pytest.param(
        "cohere_chat_v1",
        {"message": "x", "chat_history": [{"role": "CHATBOT", "message": "SAID"}]},
        ("/chat_history/0/message", Role.ASSISTANT, Kind.TEXT),
        id="a turn of the first chat",
    ),
    pytest.param(
        "cohere_chat_v1",
        {
            "message": "x",
            "tool_results": [{"call": {"name": "f", "parameters": {}}, "outputs": [{"a": "SAID"}]}],
        },
        ("/tool_results/0/outputs/0/a", Role.TOOL, Kind.TEXT),
        id="a result in the first chat",
    ),
    pytest.param(
        "cohere_embed",
        {"model": "m", "inputs": [{"content": [{"type": "text", "text": "SAID"}]}]},
        ("/inputs/0/content/0/text", Role.USER, Kind.TEXT),
        id="an input of parts",
    ),
    pytest.param(
        "cohere_rerank",
        {"model": "m", "query": "x", "documents": [{"text": "SAID"}]},
        ("/documents/0/text", Role.RETRIEVED, Kind.TEXT),
        id="a document to be ranked",
    ),
]


@pytest.mark.parametrize(("dialect", "request_body", "seen"), REQUESTS)
def test_a_text_is_found_in_its_place_and_only_it_is_edited(
    dialect: str, request_body: Any, seen: Seen
) -> None:
    told = json.loads(json.dumps({**request_body, "unheard_of": {"x": 1.50}}).replace("SAID", MAIL))
    found = segments(dialect, told)[seen[0]]
    assert (found.pointer, found.role, found.kind) == seen
    assert MAIL in found.text
    plain = dump(told)
    assert DIALECTS[dialect].parse_request(plain)[0].render(()) == plain
    decision = INSPECTOR.open(dialect, MASK_ALL, ALICE).request(plain)
    assert decision.body is not None
    assert MAIL.encode() not in decision.body
    assert b'"unheard_of": {' in decision.body


BAD = [
    pytest.param("mistral_fim", {"model": "m", "prompt": 1}, "prompt", id="no prompt"),
    pytest.param("mistral_fim", {"model": "m", "prompt": "x", "suffix": ["y"]}, "suffix", id="bad suffix"),
    pytest.param(
        "mistral_agents", {"messages": [{"role": "user", "content": "x"}]}, "agent_id", id="no agent"
    ),
    pytest.param("mistral_conversations", {"inputs": 7}, "inputs", id="inputs are a number"),
    pytest.param("mistral_judgements", {"model": "m"}, "input", id="nothing to judge"),
    pytest.param("mistral_ocr", {"model": "m", "document": "x"}, "document", id="no document"),
    pytest.param("cohere_chat", {"model": "m", "messages": []}, "messages", id="no messages"),
    pytest.param("cohere_chat", {"messages": [{"role": "user", "content": "x"}]}, "model", id="no model"),
    pytest.param(
        "cohere_chat", {"model": "m", "messages": [{"role": "USER"}]}, "messages.0.role", id="old role"
    ),
    pytest.param("cohere_chat_v1", {"message": ["x"]}, "message", id="a list of messages"),
    pytest.param(
        "cohere_chat_v1",
        {"message": "x", "chat_history": [{"role": "BOT"}]},
        "chat_history.0.role",
        id="no role",
    ),
    pytest.param("cohere_embed", {"model": "m", "texts": "x"}, "texts", id="one text"),
    pytest.param("cohere_rerank", {"model": "m", "query": "x"}, "documents", id="no documents"),
    pytest.param("openai_chat", chat(content="x", role="ipython"), "messages.0.role", id="a role of nobody"),
]


@pytest.mark.parametrize(("dialect", "request_body", "param"), BAD)
def test_near_misses_are_refused_by_name(dialect: str, request_body: Any, param: str) -> None:
    with pytest.raises(BadInput) as caught:
        DIALECTS[dialect].parse_request(dump(request_body))
    assert caught.value.param == param


def test_who_answers_is_named_by_model_or_agent_or_not_at_all() -> None:
    asked = {
        name: DIALECTS[name].parse_request(dump(body))[1]
        for name, body in {
            "mistral_agents": {**chat(content="x"), "agent_id": "ag:1", "stream": True},
            "mistral_conversations": {"inputs": "x"},
            "mistral_ocr": {"document": {"type": "file", "file_id": "f"}},
            "cohere_chat_v1": {"message": "x", "stream": True},
        }.items()
    }
    assert asked["mistral_agents"] == Asked("ag:1", stream=True)
    assert asked["mistral_conversations"] == Asked("")
    assert asked["cohere_chat_v1"] == Asked("", stream=True)


UNREAD = [
    pytest.param(
        {"type": "image_url", "image_url": "data:image/png;base64,AAAA"}, "image", id="inline image"
    ),
    pytest.param({"type": "input_audio", "input_audio": "SUQzBAAAAAAA"}, "audio", id="bare audio"),
    pytest.param({"type": "document_url", "document_url": "https://x.example/"}, "file", id="document"),
    pytest.param({"type": "thinking", "data": "c2VhbGVk"}, "encrypted reasoning", id="sealed thought"),
    pytest.param({"type": "hologram", "text": "x"}, "unknown part", id="tomorrow's part"),
]


@pytest.mark.parametrize(("part", "reason"), UNREAD)
def test_what_cannot_be_read_is_told(part: Any, reason: str) -> None:
    document, _ = DIALECTS["openai_chat"].parse_request(dump(chat(content=[part])))
    assert [(item.pointer, item.reason) for item in document.unjudged] == [("/messages/0/content/0", reason)]
    assert all("AAAA" not in segment.text for segment in document.segments)


def test_audio_that_is_none_is_read_as_text() -> None:
    part = {"type": "input_audio", "input_audio": f"Write to {MAIL}!"}
    assert f"Write to {MAIL}!" in {
        item.text for item in segments("openai_chat", chat(content=[part])).values()
    }


@pytest.mark.parametrize("signature", [None, "c2lnbmVk"])
def test_a_signed_thought_is_judged_and_never_edited(signature: str | None) -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": f"key {SECRET} "}]}
    told = chat(content=[thought | {"signature": signature}])
    decision = INSPECTOR.open("openai_chat", MASK_ALL, ALICE).request(dump(told))
    assert (decision.body is None) is bool(signature)
    assert decision.body is None or SECRET.encode() not in decision.body


ANSWERS = [
    pytest.param(
        "openai_chat", {"choices": [{"message": {"content": "x"}}], "citations": ["SAID"]}, id="citations"
    ),
    pytest.param(
        "openai_chat",
        {"choices": [{"message": {"content": "x"}}], "search_results": [{"snippet": "SAID"}]},
        id="search results",
    ),
    pytest.param(
        "openai_chat",
        {"choices": [{"message": {"content": None, "reasoning_content": "SAID"}}]},
        id="reasoning",
    ),
    pytest.param(
        "openai_chat",
        {"choices": [{"message": {"content": "x", "executed_tools": [{"output": "SAID"}]}}]},
        id="tools that the host ran",
    ),
    pytest.param(
        "openai_chat",
        {"choices": [{"message": {"content": "x", "thinking_blocks": [{"thinking": "SAID"}]}}]},
        id="thinking blocks",
    ),
    pytest.param(
        "mistral_conversations", {"outputs": [{"type": "tool.execution", "info": {"a": "SAID"}}]}, id="info"
    ),
    pytest.param("mistral_ocr", {"pages": [{"markdown": "x", "header": "SAID"}]}, id="a page's header"),
    pytest.param("mistral_judgements", {"results": [{"note": "SAID"}]}, id="a judgement"),
    pytest.param(
        "cohere_chat",
        {"message": {"content": [{"type": "text", "text": "x"}], "citations": [{"text": "SAID"}]}},
        id="what was cited",
    ),
    pytest.param("cohere_chat_v1", {"text": "x", "documents": [{"snippet": "SAID"}]}, id="documents"),
    pytest.param("cohere_embed", {"embeddings": [[0.1]], "texts": ["SAID"]}, id="texts beside vectors"),
    pytest.param("cohere_rerank", {"results": [{"index": 0, "document": {"text": "SAID"}}]}, id="ranked"),
    pytest.param("cohere_rerank", {"message": "SAID"}, id="an error"),
]


@pytest.mark.parametrize(("dialect", "answer"), ANSWERS)
def test_an_answer_is_judged_wherever_it_says_something(dialect: str, answer: Any) -> None:
    plain = dump(answer)
    assert DIALECTS[dialect].parse_answer(plain)[0].render(()) == plain
    told = plain.replace(b"SAID", f"key {SECRET} ".encode())
    inspection = INSPECTOR.open(dialect, MASK_ALL, ALICE)
    decision = inspection.response(told, "application/json")
    assert decision.body is not None
    assert SECRET.encode() not in decision.body
    assert decision.body.replace(b"[AwsKey]", SECRET.encode()) == told


def test_numbers_of_the_machinery_are_nobodys() -> None:
    answer = {
        "choices": [{"message": {"content": "x"}}],
        "timings": {"predicted_ms": 4111111111111111},
        "stats": {"tokens_per_second": 51.43709529007664},
    }
    document, _ = DIALECTS["openai_chat"].parse_answer(dump(answer))
    assert [segment.text for segment in document.segments] == ["x"]


@pytest.mark.parametrize(
    ("answer", "dialect", "gone"),
    [
        pytest.param(
            {"choices": [{"message": {"content": "SAID"}, "token_ids": [1, 2]}]},
            "openai_chat",
            ["choices", 0, "token_ids"],
            id="token ids of vLLM",
        ),
        pytest.param(
            {"message": {"content": [{"type": "text", "text": "SAID"}]}, "logprobs": [{"text": "x"}]},
            "cohere_chat",
            ["logprobs"],
            id="logprobs of Cohere",
        ),
        pytest.param(
            {"pages": [{"markdown": "SAID", "confidence_scores": {"words": [0.5]}}]},
            "mistral_ocr",
            ["pages", 0, "confidence_scores"],
            id="scores of a page",
        ),
    ],
)
def test_what_spells_a_changed_text_again_is_dropped(answer: Any, dialect: str, gone: list[Any]) -> None:
    def at(value: Any) -> Any:
        for name in gone:
            value = value[name]
        return value

    for text, dropped in (("nothing", False), (f"key {SECRET} ", True)):
        told = dump(answer).replace(b"SAID", text.encode())
        decision = INSPECTOR.open(dialect, MASK_ALL, ALICE).response(told, "application/json")
        assert (at(json.loads(decision.body or b"")) is None) is dropped


@pytest.mark.parametrize("dialect", ["mistral_judgements", "mistral_ocr", "cohere_embed", "cohere_rerank"])
def test_what_cannot_say_no_answers_with_an_error(dialect: str) -> None:
    refusal = DIALECTS[dialect].refuse(Asked("m"), "No.")
    assert (refusal.status, refusal.retry) == (400, False)
    assert json.loads(refusal.body)["message"] == "No."


def test_an_answer_that_is_replaced_keeps_its_identity() -> None:
    for dialect, original, name in (
        ("cohere_chat", {"id": "c7", "message": {"content": f"{SECRET} "}}, "id"),
        ("cohere_chat_v1", {"generation_id": "g7", "text": f"{SECRET} "}, "generation_id"),
        (
            "mistral_conversations",
            {"conversation_id": "v7", "outputs": [{"content": f"{SECRET} "}]},
            "conversation_id",
        ),
    ):
        inspection = INSPECTOR.open(dialect, BLOCK_ALL, ALICE)
        refusal = inspection.response(dump(original), "application/json").refusal
        assert refusal is not None
        assert json.loads(refusal.body)[name] == original[name]
        assert SECRET.encode() not in refusal.body


def test_members_that_hosts_add_do_not_slow_a_stream() -> None:
    """A chunk with what every chunk of a host repeats is still one piece of text and nothing else."""
    read = DIALECTS["openai_chat"].stream(Asked("m"))
    assert read is not None
    delta = {"role": "assistant", "content": "x"}
    choice = {"index": 0, "delta": delta, "finish_reason": None, "native_finish_reason": None}
    chunk = {"id": "c", "provider": "Fast Host", "object": "chat.completion.chunk", "choices": [choice]}
    first, second = read.read(chunk), read.read(chunk)
    assert not first.bare
    assert second.bare


def test_a_policy_that_blocks_what_cannot_be_read_speaks_of_token_ids_too() -> None:
    policy = Policy("strict", (), unscannable=(("token ids", BLOCK_ALL.clauses[0].action),))
    told = chat(content="x") | {"return_token_ids": True}
    assert INSPECTOR.open("openai_chat", policy, ALICE).request(dump(told)).body is None
    assert INSPECTOR.open("openai_chat", policy, ALICE).request(dump(chat(content="x"))).body is not None
