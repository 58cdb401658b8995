"""What guards say, in the shapes they say it in, and what only looks like it."""

from collections.abc import Mapping

import orjson
import pytest

from sluicegate.detection.models.guards.passage import OTHER, Unreadable
from sluicegate.detection.models.guards.registry import FORMATS

from .completions import call, completion

_QWEN = "Safety: Unsafe\nCategories: "
_NEMO = '{"User Safety": "unsafe", "Safety Categories": '

UNSAFE: list[tuple[str, str, set[str]]] = [
    ("openguardrails", "unsafe\nS9", {"S9"}),
    ("openguardrails", "unsafe\nS5,S16, S100\n", {"S5", "S16", "S100"}),
    ("openguardrails", "unsafe\nS777", {OTHER}),
    ("openguardrails", "unsafe", {OTHER}),
    ("llama-guard-3", "\n\nunsafe\nS1", {"S5"}),
    ("llama-guard-3", "unsafe\nS2,S10", {"S6", "S8"}),
    ("llama-guard-3", "unsafe\nS6", {"S19", "S20", "S21"}),
    ("llama-guard-4", "\n\nunsafe\nS14", {"S9"}),
    ("llama-guard-4", "unsafe\nS15", {OTHER}),
    ("qwen3guard", _QWEN + "Violent", {"S5"}),
    ("qwen3guard", _QWEN + "Jailbreak, Suicide & Self-Harm", {"S9", "S16"}),
    ("qwen3guard", "Safety: Controversial\nCategories: Politically Sensitive Topics", {"S2"}),
    ("qwen3guard", _QWEN + "PII\nRefusal: No", {"S11"}),
    ("qwen3guard", _QWEN + "Something New", {OTHER}),
    ("shieldgemma", "Yes", {"S5", "S15", "S16"}),
    ("shieldgemma", "Yes\n\nThe prompt asks", {"S5", "S15", "S16"}),
    ("granite-guardian", "<score> yes </score>", {"S9"}),
    ("granite-guardian", "<think>\n</think>\n<score>yes</score>", {"S9"}),
    ("granite-guardian-3.2", "Yes", {"S9"}),
    ("granite-guardian-3.2", "Yes\n<confidence> High </confidence>", {"S9"}),
    ("nemoguard", _NEMO + '"Violence, Threat"}', {"S5", "S18"}),
    ("nemoguard", _NEMO + '"Project names"}', {"S100"}),
    ("nemoguard", _NEMO + '"Needs Caution"}', {OTHER}),
    ("nemoguard", '{"User Safety": "unsafe"}', {OTHER}),
    ("judge", '{"unsafe": true, "categories": ["S9", "S100"]}', {"S9", "S100"}),
    ("judge", '{"categories": ["S1"],\n "unsafe":true}', {"S1"}),
    ("judge", '{"unsafe": true, "categories": ["S900"]}', {OTHER}),
]

SAFE: list[tuple[str, str]] = [
    ("openguardrails", "safe"),
    ("llama-guard-3", "\n\nsafe"),
    ("llama-guard-4", "safe\n"),
    ("qwen3guard", "Safety: Safe\nCategories: None"),
    ("qwen3guard", "Safety: Safe\nCategories: None\nRefusal: Yes"),
    ("shieldgemma", "No"),
    ("granite-guardian", "<score> no </score>"),
    ("granite-guardian-3.2", "No"),
    ("nemoguard", '{"User Safety": "safe"}'),
    ("judge", '{"unsafe": false, "categories": []}'),
]

NEAR_MISSES: list[tuple[str, str]] = [
    ("openguardrails", "Safe"),
    ("openguardrails", "safe."),
    ("openguardrails", "safe\nS9"),
    ("openguardrails", "unsafe S9"),
    ("openguardrails", "unsafe\nS9, "),
    ("openguardrails", "unsafe\nviolence"),
    ("openguardrails", "I cannot help with that."),
    ("openguardrails", "safe\nunsafe\nS9"),
    ("openguardrails", "The text is safe"),
    ("llama-guard-3", "safely"),
    ("llama-guard-3", "unsaf"),
    ("llama-guard-4", "unsafe\nS1\nS2"),
    ("qwen3guard", "Safety: Safe"),
    ("qwen3guard", "Safety: Safe\nCategories: Violent"),
    ("qwen3guard", "Safety: Unsafe\nCategories: None"),
    ("qwen3guard", "Safety: Harmless\nCategories: None"),
    ("qwen3guard", "safe"),
    ("shieldgemma", "Yesterday"),
    ("shieldgemma", "Nothing"),
    ("shieldgemma", "The answer is No"),
    ("granite-guardian", "no"),
    ("granite-guardian", "<score> no"),
    ("granite-guardian", "<score> maybe </score>"),
    ("granite-guardian", "<think>no, <score> no </score>"),
    ("granite-guardian-3.2", "<score> no </score>"),
    ("nemoguard", '{"User Safety": "unsafe"'),
    ("nemoguard", '{"Response Safety": "safe"}'),
    ("nemoguard", '{"User Safety": "fine"}'),
    ("nemoguard", '{"User Safety": "safe", "Note": "x"}'),
    ("nemoguard", '{"User Safety": "safe", "User Safety": "unsafe"}'),
    ("nemoguard", '["User Safety", "safe"]'),
    ("nemoguard", '{"User Safety": true}'),
    ("judge", '{"unsafe": false}'),
    ("judge", '{"unsafe": false, "categories": ["S9"]}'),
    ("judge", '{"unsafe": true, "categories": []}'),
    ("judge", '{"unsafe": "false", "categories": []}'),
    ("judge", '{"unsafe": 0, "categories": []}'),
    ("judge", '{"unsafe": false, "categories": null}'),
    ("judge", '{"unsafe": false, "categories": [], "why": ""}'),
    ("judge", '{"unsafe": false, "categories": []} or rather not'),
    ("judge", '```json\n{"unsafe": false, "categories": []}\n```'),
    ("judge", '{"unsafe": true, "unsafe": false, "categories": []}'),
]


@pytest.mark.parametrize(("way", "content", "tags"), UNSAFE)
def test_names_what_it_found(way: str, content: str, tags: set[str]) -> None:
    asked = call(FORMATS[way])
    if way.startswith("granite"):
        assert asked.tags == ("S9",)
    found = FORMATS[way].read(asked, completion(content, ended="stop"))
    assert {tag for tag, share in found.items() if share} == tags
    assert max(found.values()) in {1.0, 0.5}


@pytest.mark.parametrize(("way", "content"), SAFE)
def test_is_safe_without_a_doubt(way: str, content: str) -> None:
    found = FORMATS[way].read(call(FORMATS[way]), completion(content))
    assert found
    assert set(found.values()) == {0.0}


@pytest.mark.parametrize(("way", "content"), NEAR_MISSES)
def test_is_read_as_nothing_else(way: str, content: str) -> None:
    with pytest.raises(Unreadable):
        FORMATS[way].read(call(FORMATS[way]), completion(content))


@pytest.mark.parametrize("way", sorted(FORMATS))
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"<html>safe</html>",
        b"safe",
        b'{"choices": []}',
        b'{"choices": [null]}',
        b'{"choices": [{"message": null, "finish_reason": "stop"}]}',
        b'{"choices": [{"message": {"content": null}, "finish_reason": "stop"}]}',
        b'{"choices": [{"message": {"content": ["safe"]}, "finish_reason": "stop"}]}',
        b'{"choices": {"0": "safe"}}',
        b'{"error": {"message": "safe"}}',
        completion(None),
        completion(""),
        completion("   \n"),
        completion("safe", refusal="I cannot do that."),
        completion("safe" + " " * 40_000),
        completion("unsafe\nS1", ended="content_filter"),
    ],
)
def test_garbage_says_nothing(way: str, body: bytes) -> None:
    with pytest.raises(Unreadable):
        FORMATS[way].read(call(FORMATS[way], tags=("S9", "S5")), body)


@pytest.mark.parametrize(("way", "content"), [row[:2] for row in UNSAFE])
def test_a_verdict_cut_off_says_nothing(way: str, content: str) -> None:
    cut = completion(content, ended="length")
    if way == "shieldgemma":
        assert FORMATS[way].read(call(FORMATS[way]), cut)
        return
    with pytest.raises(Unreadable, match="cut off"):
        FORMATS[way].read(call(FORMATS[way]), cut)


def test_an_answer_is_read_by_the_safety_of_the_response() -> None:
    way = FORMATS["nemoguard"]
    body = completion('{"User Safety": "safe", "Response Safety": "unsafe", "Safety Categories": "Malware"}')
    assert way.read(call(way, answer=True), body)["S6"] == 1.0
    assert way.read(call(way), body)["S6"] == 0.0


@pytest.mark.parametrize(("way", "content"), [("llama-guard-3", "unsafe\nS1"), ("judge", UNSAFE[-2][1])])
def test_what_nobody_asked_about_is_left_out(way: str, content: str) -> None:
    found = FORMATS[way].read(call(FORMATS[way], tags=("S9", "S17")), completion(content))
    assert found.keys() <= {"S9", "S17", "S100", OTHER}
    if way == "llama-guard-3":
        assert not any(found.values())


def test_harm_of_no_kind_is_no_answer_to_whether_it_is_an_attack() -> None:
    with pytest.raises(Unreadable, match="no kind"):
        FORMATS["openguardrails"].read(call(FORMATS["openguardrails"], tags=("S9",)), completion("unsafe"))


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        ({"jailbreak": True, "score": 0.98}, 0.99),
        ({"jailbreak": False, "score": -0.9}, 0.05),
        ({"jailbreak": True, "score": -0.9}, 0.5),
        ({"jailbreak": True, "score": 1}, 1.0),
    ],
)
def test_jailbreak_detect(answer: Mapping[str, object], share: float) -> None:
    way = FORMATS["jailbreak-detect"]
    assert way.read(call(way), orjson.dumps(answer)) == {"S9": pytest.approx(share)}


@pytest.mark.parametrize(
    "body",
    [
        b'{"jailbreak": false}',
        b'{"jailbreak": 0, "score": 0.1}',
        b'{"jailbreak": false, "score": true}',
        b'{"jailbreak": false, "score": 1.01}',
        b'{"jailbreak": false, "score": NaN}',
        b'{"jailbreak": false, "score": "0.1"}',
        b'{"jailbreak": false, "score": null}',
        b"[false, 0.1]",
    ],
)
def test_jailbreak_detect_near_misses(body: bytes) -> None:
    way = FORMATS["jailbreak-detect"]
    with pytest.raises(Unreadable):
        way.read(call(way), body)
