"""Canaries: strings of the operator that no answer may hold."""

import json
from collections.abc import Mapping

import pytest

from sluicegate.detection.errors import BadPolicy
from sluicegate.detection.policy import Policy
from sluicegate.detection.policy_file import load_policy
from sluicegate.detection.presets import PRESETS
from sluicegate.detection.types import Action
from tests.detection.support import begin, chat, run, text_of, text_stream

BIRD = "kestrel-7f3a (ledger)"


def policy(words: str, extends: str = "balanced", known: Mapping[str, Policy] = PRESETS) -> Policy:
    """A policy with canaries."""
    return load_policy(f'extends = "{extends}"\n[canaries]\nwords = {words}\n', "mine", known)


MINE = policy(json.dumps([BIRD, "\u6c34\u95f8\u4e03\u53f7\u7684\u91d1\u4e1d\u96c0"]))


def verdict(text: str, streamed: bool) -> Action:
    """What is done about an answer."""
    inspection, _ = begin(chat("hello"), MINE)
    if streamed:
        released = text_of(run(inspection, [text_stream(list(text))]))
        assert BIRD not in released
    else:
        body = {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]}
        inspection.response(json.dumps(body).encode(), "application/json")
    answer = inspection.core().answer
    assert answer is not None
    assert {item.category for item in answer.findings} <= {"leak.canary"}
    return answer.action


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("text", "action"),
    [
        (f"It says {BIRD} there.", Action.BLOCK),
        (f"xx{BIRD}yy", Action.BLOCK),
        (BIRD.replace("e", "\u0435") + " ", Action.BLOCK),
        (BIRD.replace("k", "k\u200b") + " ", Action.BLOCK),
        ("\u597d\u7684\u6c34\u95f8\u4e03\u53f7\u7684\u91d1\u4e1d\u96c0\u5728\u8fd9\u91cc", Action.BLOCK),
        (BIRD.upper(), Action.PASS),
        (BIRD[:-1], Action.PASS),
    ],
)
def test_an_answer_with_a_canary_is_stopped(text: str, action: Action, streamed: bool) -> None:
    assert verdict(text, streamed) is action


def test_a_prompt_may_hold_one() -> None:
    inspection, forwarded = begin(chat(f"what is {BIRD}?"), MINE)
    assert forwarded is not None
    assert inspection.core().prompt.findings == ()


def test_a_policy_keeps_the_canaries_of_what_it_extends() -> None:
    child = policy('["another-bird"]', "mine", {**PRESETS, "mine": MINE})
    (scanner,) = child.scanners
    assert scanner.words == (*MINE.scanners[0].words, "another-bird")


@pytest.mark.parametrize("words", ['["short"]', '[" with blanks "]', "[]", "7", json.dumps(["x" * 201])])
def test_what_is_no_canary_is_refused(words: str) -> None:
    with pytest.raises(BadPolicy, match="canaries"):
        policy(words)
