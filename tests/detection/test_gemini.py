"""Gemini's dialects: what is read of requests and answers, and how they say no."""

import json
from typing import Any

import pytest

from sluicegate.detection.dialects import DIALECTS, Addressed
from sluicegate.detection.document import Document
from sluicegate.detection.errors import BadInput
from sluicegate.detection.types import Kind, Role
from tests.detection.support import ALICE, INSPECTOR, MASK_ALL

PRO = Addressed("gemini-2.5-pro")
KEY, MAIL = "AKIA" + "5XGQ7R2MZN4CTYLB", "maria.keller@example.org"

type Found = dict[str, tuple[str, Role, Kind]]


def parsed(body: Any, dialect: str = "gemini", addressed: Addressed = PRO) -> Document:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    document, asked = DIALECTS[dialect].parse_request(raw, addressed)
    assert document.render(()) == raw
    assert asked.model == PRO.model
    return document


def found(document: Document) -> Found:
    return {item.text: (item.pointer, item.role, item.kind) for item in document.segments}


def answered(body: Any, dialect: str = "gemini") -> Found:
    raw = json.dumps(body).encode()
    document, _ = DIALECTS[dialect].parse_answer(raw)
    assert document.render(()) == raw
    return found(document)


def content(*parts: Any, role: str = "user", **more: Any) -> dict[str, Any]:
    return {"contents": [{"role": role, "parts": list(parts)}], **more}


EVERYTHING: list[Any] = [
    {"text": "hi"},
    {"text": "a thought", "thought": True},
    {"text": "signed", "thought": True, "thoughtSignature": "c2lnbmF0dXJl"},
    {"functionCall": {"id": "call-number-1", "name": "send", "args": {"to": "Bern", "n": 12345678}}},
    {"functionResponse": {"name": "read", "response": {"page": ["words of a page"]}}},
    {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "it printed"}},
    {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
    {"fileData": {"mimeType": "video/mp4", "fileUri": "https://files.example/1"}},
    {"toolCall": {"toolType": "X", "args": {"query": "search words"}}},
    {"toolResponse": {"response": {"hits": ["a hit"]}}},
    {"audioTranscription": {"text": "said aloud"}},
]


def test_every_part_is_read_for_what_it_is() -> None:
    told = found(parsed(content(*EVERYTHING)))
    root = "/contents/0/parts"
    assert told["hi"] == (f"{root}/0/text", Role.USER, Kind.TEXT)
    assert told["a thought"] == (f"{root}/1/text", Role.USER, Kind.REASONING)
    assert told["c2lnbmF0dXJl"][0] == f"{root}/2/thoughtSignature"
    assert told["send"] == (f"{root}/3/functionCall/name", Role.USER, Kind.NAME)
    assert told["Bern"] == (f"{root}/3/functionCall/args/to", Role.USER, Kind.ARGUMENTS)
    assert told["12345678"][2] is Kind.ARGUMENTS
    assert told["words of a page"] == (f"{root}/4/functionResponse/response/page/0", Role.TOOL, Kind.TEXT)
    assert told["print(1)"][2] is Kind.ARGUMENTS
    assert told["it printed"][1:] == (Role.TOOL, Kind.TEXT)
    assert told["search words"][2] is Kind.ARGUMENTS
    assert told["a hit"][1:] == (Role.TOOL, Kind.TEXT)
    assert {"https://files.example/1", "said aloud", "call-number-1"} <= told.keys()
    assert "iVBORw0KGgo=" not in told


def test_snake_case_reads_like_camel_case() -> None:
    def snaked(value: Any) -> Any:
        if isinstance(value, dict):
            return {snake(key): snaked(item) for key, item in value.items()}
        return [snaked(item) for item in value] if isinstance(value, list) else value

    def snake(key: str) -> str:
        return "".join("_" + mark.lower() if mark.isupper() else mark for mark in key)

    body = content(
        *EVERYTHING, systemInstruction={"parts": [{"text": "be kind"}]}, generationConfig={"seed": 1}
    )
    camel, other = parsed(body), parsed(snaked(body))
    assert [(item.text, item.role, item.kind, item.editable) for item in camel.segments if item.editable] == [
        (item.text, item.role, item.kind, item.editable) for item in other.segments if item.editable
    ]
    assert [item.reason for item in camel.unjudged] == [item.reason for item in other.unjudged]


def test_media_are_listed_and_short_texts_among_them_read() -> None:
    note = {"inlineData": {"mimeType": "text/plain", "data": "bm90ZQ=="}}
    long = {"inlineData": {"mimeType": "text/plain", "data": "bm90" * 3000}}
    document = parsed(
        content(*EVERYTHING, note, long, {"inlineData": {"mimeType": "audio/wav", "data": "UklG"}})
    )
    assert [item.reason for item in document.unjudged] == ["image", "video", "file", "file", "audio"]
    assert document.unjudged[0].pointer == "/contents/0/parts/7/inlineData"
    texts = found(document)
    assert "bm90ZQ==" in texts
    assert not any(text.startswith(("bm90bm90", "UklG")) for text in texts)


def test_what_is_signed_is_read_and_not_editable() -> None:
    document = parsed(content(*EVERYTHING))
    locked = {item.text for item in document.segments if not item.editable}
    assert {"signed", "c2lnbmF0dXJl"} <= locked
    assert "a thought" not in locked


@pytest.mark.parametrize(
    ("role", "expected"),
    [("user", Role.USER), ("model", Role.ASSISTANT), ("function", Role.TOOL), ("tool", Role.TOOL)],
)
def test_roles(role: str, expected: Role) -> None:
    assert found(parsed(content({"text": "hi"}, role=role)))["hi"][1] is expected


def test_what_stands_around_the_contents() -> None:
    told = found(
        parsed(
            content(
                {"text": "hi"},
                systemInstruction={"role": "user", "parts": [{"text": "be kind"}]},
                tools=[{"functionDeclarations": [{"name": "send", "description": "sends a letter"}]}],
                generationConfig={"stopSequences": ["the end"], "seed": 123456789, "temperature": 0.5},
                cachedContent="cachedContents/abc",
                somethingNew={"inner": ["said before we know it"]},
            )
        )
    )
    assert told["be kind"] == ("/systemInstruction/parts/0/text", Role.SYSTEM, Kind.TEXT)
    assert told["sends a letter"][1:] == (Role.SYSTEM, Kind.TOOL_DEFINITION)
    assert {"the end", "cachedContents/abc", "said before we know it"} <= told.keys()
    assert "123456789" not in told


def test_a_list_of_one_may_be_the_one() -> None:
    told = found(
        parsed({"contents": {"parts": {"text": "hi"}}, "system_instruction": {"parts": {"text": "kind"}}})
    )
    assert told["hi"] == ("/contents/parts/text", Role.USER, Kind.TEXT)
    assert told["kind"] == ("/system_instruction/parts/text", Role.SYSTEM, Kind.TEXT)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ([], None),
        ({}, "contents"),
        ({"contents": []}, "contents"),
        ({"contents": "hi"}, "contents"),
        ({"contents": ["hi"]}, "contents.0"),
        ({"contents": [{"role": "system", "parts": []}]}, "contents.0.role"),
        ({"contents": [{"role": ["user"], "parts": []}]}, "contents.0.role"),
        ({"contents": [{"parts": "hi"}]}, "contents.0.parts"),
        (content(systemInstruction=[{"text": "x"}]), "systemInstruction"),
        (content(systemInstruction={}, system_instruction={}), "systemInstruction"),
        (content(tools="all"), "tools"),
        (content(generationConfig=[]), "generationConfig"),
        (content(generationConfig={"candidateCount": 0}), "generationConfig.candidateCount"),
        (content(generation_config={"candidate_count": "2"}), "generation_config.candidate_count"),
    ],
)
def test_shapes_that_mean_nothing_are_refused(body: Any, param: str | None) -> None:
    with pytest.raises(BadInput) as caught:
        parsed(body)
    assert caught.value.param == param


@pytest.mark.parametrize("model", ["", " ", "x" * 300, "a\nb"])
def test_an_address_without_a_model_s_name_is_refused(model: str) -> None:
    with pytest.raises(BadInput) as caught:
        parsed(content({"text": "hi"}), addressed=Addressed(model))
    assert caught.value.param == "model"


@pytest.mark.parametrize(
    ("dialect", "body", "pointer"),
    [
        ("gemini_count", content({"text": "hi"}), "/contents/0/parts/0/text"),
        (
            "gemini_count",
            {"generateContentRequest": content({"text": "hi"}, model="m")},
            "/generateContentRequest/contents/0/parts/0/text",
        ),
        (
            "gemini_embed",
            {"content": {"parts": [{"text": "hi"}]}, "title": "a title"},
            "/content/parts/0/text",
        ),
        (
            "gemini_embed_batch",
            {"requests": [{"model": "models/m", "content": {"parts": [{"text": "hi"}]}}]},
            "/requests/0/content/parts/0/text",
        ),
        ("gemini_cache", content({"text": "hi"}, model="models/m", ttl="300s"), "/contents/0/parts/0/text"),
        ("vertex_predict", {"instances": [{"content": "hi", "title": "a title"}]}, "/instances/0/content"),
    ],
)
def test_what_counts_embeds_and_keeps_is_read(dialect: str, body: Any, pointer: str) -> None:
    assert found(parsed(body, dialect))["hi"] == (pointer, Role.USER, Kind.TEXT)
    refused = DIALECTS[dialect].refuse(
        DIALECTS[dialect].parse_request(json.dumps(body).encode(), PRO)[1], "no"
    )
    assert (refused.status, refused.retry) == (400, False)


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        ("gemini_count", {}),
        ("gemini_count", {"generateContentRequest": "x"}),
        ("gemini_embed", {"content": "hi"}),
        ("gemini_embed_batch", {"requests": []}),
        ("gemini_embed_batch", {"requests": ["hi"]}),
        ("vertex_predict", {"instances": {}}),
    ],
)
def test_the_others_refuse_what_means_nothing(dialect: str, body: Any) -> None:
    with pytest.raises(BadInput):
        parsed(body, dialect)


def test_pictures_of_predictions_are_listed() -> None:
    body = {"instances": [{"prompt": "a cat", "image": {"bytesBase64Encoded": "iVBORw0KGgo="}}]}
    document = parsed(body, "vertex_predict")
    assert [(item.pointer, item.reason) for item in document.unjudged] == [("/instances/0/image", "image")]
    assert "a cat" in found(document)
    assert "iVBORw0KGgo=" not in found(document)


def test_a_cache_that_only_lasts_longer_needs_no_contents() -> None:
    raw = json.dumps({"ttl": "300s", "displayName": "a longer name"}).encode()
    document, _ = DIALECTS["gemini_cache"].parse_request(raw)
    assert "a longer name" in found(document)


ANSWER: dict[str, Any] = {
    "candidates": [
        {
            "content": {
                "role": "model",
                "parts": [{"text": "Hello."}, {"functionCall": {"name": "f", "args": {"a": "b"}}}],
            },
            "finishReason": "STOP",
            "index": 0,
            "safetyRatings": [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}],
            "citationMetadata": {"citations": [{"uri": "https://cited.example", "startIndex": 0}]},
            "groundingMetadata": {
                "webSearchQueries": ["a search"],
                "groundingSupports": [{"segment": {"text": "Hello."}}],
            },
            "logprobsResult": {"chosenCandidates": [{"token": "Hello", "logProbability": -0.1}]},
        }
    ],
    "usageMetadata": {"promptTokenCount": 3, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 3}]},
    "modelVersion": "gemini-2.5-pro",
    "responseId": "response-number-1",
}


def test_an_answer_is_read_for_what_it_is() -> None:
    told = answered(ANSWER)
    assert told["b"] == ("/candidates/0/content/parts/1/functionCall/args/a", Role.ASSISTANT, Kind.ARGUMENTS)
    assert {"Hello.", "https://cited.example", "a search"} <= told.keys()
    assert not {"response-number-1", "HARM_CATEGORY_HARASSMENT", "gemini-2.5-pro"} & told.keys()


def test_an_array_of_answers_is_read_like_one() -> None:
    told = answered([ANSWER, {"promptFeedback": {"blockReason": "SAFETY", "blockReasonMessage": "told why"}}])
    assert told["b"][0] == "/0/candidates/0/content/parts/1/functionCall/args/a"
    assert "told why" in told


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": 400, "message": "what went wrong", "status": "INVALID_ARGUMENT"}},
        {"candidates": "what went wrong"},
        {"candidates": ["what went wrong"]},
        {"candidates": [{"content": "what went wrong"}]},
        {"candidates": [{"content": {"parts": ["what went wrong"], "role": "what went wrong"}}]},
        {"candidates": [{"finishReason": "what went wrong"}]},
        {"usageMetadata": {"note": "what went wrong"}},
        ["what went wrong"],
        "what went wrong",
    ],
)
def test_nothing_of_an_odd_answer_is_overlooked(body: Any) -> None:
    assert "what went wrong" in answered(body)


def test_what_repeats_a_changed_text_goes_with_it() -> None:
    answer = json.loads(json.dumps(ANSWER).replace("Hello.", f"Key {KEY}."))
    inspection = INSPECTOR.open("gemini", MASK_ALL, ALICE)
    inspection.request(json.dumps(content({"text": "hi"})).encode(), PRO)
    decision = inspection.response(json.dumps(answer).encode(), "application/json")
    assert decision.body is not None
    (candidate,) = json.loads(decision.body)["candidates"]
    assert candidate["logprobsResult"] is None
    assert candidate["groundingMetadata"]["groundingSupports"] is None
    assert candidate["citationMetadata"]["citations"][0]["startIndex"] == 0
    assert KEY not in decision.body.decode()


def test_refusals_and_errors() -> None:
    dialect = DIALECTS["gemini"]
    _, streamed = dialect.parse_request(
        json.dumps(content({"text": "hi"})).encode(), Addressed("m", stream=True)
    )
    refused = dialect.refuse(streamed, "no")
    assert refused.content_type == "text/event-stream"
    told = json.loads(refused.body.removeprefix(b"data: "))
    assert told["promptFeedback"] == {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "no"}
    whole = json.loads(dialect.refuse(streamed, "no", {"candidates": [{}, {}]}).body)
    assert [item["finishReason"] for item in whole[0]["candidates"]] == ["SAFETY", "SAFETY"]
    error = dialect.error(429, "rate_limited", "Slower.", "contents")
    told = json.loads(error.body)["error"]
    assert (error.status, told["code"], told["status"], told["message"]) == (
        429,
        429,
        "RESOURCE_EXHAUSTED",
        "Slower.",
    )
    assert told["details"][0]["reason"] == "RATE_LIMITED"
    assert told["details"][1]["fieldViolations"][0]["field"] == "contents"
