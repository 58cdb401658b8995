"""How sure a guard was."""

import math
from collections.abc import Mapping, Sequence

import orjson
import pytest

from sluicegate.detection.models.guards.passage import OTHER, Unreadable
from sluicegate.detection.models.guards.registry import FORMATS

from .completions import call, completion

type Tokens = Sequence[tuple[str, Mapping[str, float]]]
_END: tuple[str, Mapping[str, float]] = ("", {"": 1.0})

SURE: list[tuple[str, str, Tokens, str, float]] = [
    (
        "openguardrails",
        "unsafe\nS9",
        [("unsafe", {"unsafe": 0.6, "safe": 0.2}), ("\n", {}), ("S9", {})],
        "S9",
        0.75,
    ),
    (
        "llama-guard-3",
        "\n\nunsafe\nS1",
        [
            ("\n\n", {"safe": 0.9}),
            ("un", {"un": 0.8, "safe": 0.2}),
            ("safe", {"safe": 0.9}),
            ("\nS1", {}),
            _END,
        ],
        "S5",
        0.8,
    ),
    ("llama-guard-4", "safe", [("safe", {"safe": 0.9, " unsafe": 0.06, "un": 0.04})], "S9", 0.1),
    (
        "qwen3guard",
        "Safety: Unsafe\nCategories: Violent",
        [
            ("Safety", {}),
            (":", {}),
            (" Unsafe", {" Unsafe": 0.5, " Safe": 0.25, " Controversial": 0.25}),
            ("\nCategories: Violent", {}),
        ],
        "S5",
        0.625,
    ),
    ("shieldgemma", "Yes", [("Yes", {"Yes": 0.3, "No": 0.1, " yes": 0.1, "Sure": 0.5})], "S5", 0.8),
    (
        "granite-guardian",
        "<score> no </score>",
        [("<score>", {}), (" no", {" no": 0.75, " yes": 0.25}), (" </score>", {})],
        "S9",
        0.25,
    ),
    (
        "nemoguard",
        '{"User Safety": "unsafe", "Safety Categories": "Threat"}',
        [
            ('{"User Safety": ', {}),
            ('"unsafe', {'"unsafe': 0.9, '"safe': 0.1}),
            ('", "Safety Categories": "Threat"}', {}),
        ],
        "S18",
        0.9,
    ),
    (
        "judge",
        '{"unsafe": true, "categories": ["S9"]}',
        [
            ('{"', {}),
            ("unsafe", {"safe": 0.9}),
            ('":', {}),
            (" true", {" true": 0.55, " false": 0.45}),
            (', "categories": ["S9"]}', {}),
        ],
        "S9",
        0.55,
    ),
]


@pytest.mark.parametrize(("way", "content", "tokens", "tag", "share"), SURE)
def test_is_as_sure_as_the_deciding_token(
    way: str, content: str, tokens: Tokens, tag: str, share: float
) -> None:
    found = FORMATS[way].read(call(FORMATS[way]), completion(content, tokens))
    assert found[tag] == pytest.approx(share)


def test_a_doubtful_safe_counts_for_attacks_and_for_harm() -> None:
    way = FORMATS["openguardrails"]
    found = way.read(call(way), completion("safe", [("safe", {"safe": 0.6, "unsafe": 0.4})]))
    assert {tag: share for tag, share in found.items() if share} == {
        "S9": pytest.approx(0.4),
        OTHER: pytest.approx(0.4),
    }


@pytest.mark.parametrize(
    "tokens",
    [
        [],
        [("sa", {"sa": 0.1}), ("fer", {})],
        [("something else", {"unsafe": 0.9})],
        [("s", {"dog": 0.9}), ("afe", {})],
        [("safe", {"unsafe": 1.0})],
    ],
)
def test_tokens_that_do_not_fit_leave_the_label_in_full(tokens: Tokens) -> None:
    way = FORMATS["openguardrails"]
    body = orjson.loads(completion("safe", tokens))
    for token in (body["choices"][0]["logprobs"] or {}).get("content", ()):
        token["logprob"] = -9999.0
    assert set(way.read(call(way), orjson.dumps(body)).values()) == {0.0}


@pytest.mark.parametrize(
    "content",
    [
        [None],
        [{"token": 1, "logprob": 0.0}],
        [{"token": "safe"}],
        [{"token": "safe", "logprob": "0"}],
        [{"token": "safe", "logprob": True}],
        [{"token": "safe", "logprob": 5.0}],
        [{"token": "safe", "logprob": 0.0, "top_logprobs": {"a": 1}}],
        [{"token": "safe", "logprob": 0.0, "top_logprobs": [["safe", 0.0]]}],
        [{"token": "", "logprob": 0.0}] * 9000,
    ],
)
def test_odd_probabilities_say_nothing(content: object) -> None:
    way = FORMATS["openguardrails"]
    body = orjson.loads(completion("safe"))
    body["choices"][0]["logprobs"] = {"content": content}
    with pytest.raises(Unreadable, match="odd"):
        way.read(call(way), orjson.dumps(body))


def test_shares_of_one_label_add_up() -> None:
    way = FORMATS["shieldgemma"]
    top = [{"token": text, "logprob": math.log(0.25)} for text in ("Yes", " Yes", "No", "Yes")]
    body = orjson.loads(completion("Yes"))
    body["choices"][0]["logprobs"] = {
        "content": [{"token": "Yes", "logprob": math.log(0.25), "top_logprobs": top}]
    }
    assert way.read(call(way), orjson.dumps(body))["S5"] == pytest.approx(0.75)
