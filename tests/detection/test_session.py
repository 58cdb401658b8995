"""Conversations in which attack follows attack."""

from collections.abc import Sequence

import orjson
import pytest

from sluicegate.detection.policy import Policy
from sluicegate.detection.presets import BALANCED, MONITOR
from sluicegate.detection.rules import load_packs
from sluicegate.detection.session import CATEGORY
from sluicegate.detection.texts import Text
from sluicegate.detection.types import Action, Level, Verdict
from tests.detection.support import ALICE, INSPECTOR, chat

DOUBTFUL = next(
    rule.examples[0]
    for rule in load_packs()
    if rule.category == "prompt_attack.override" and rule.level is Level.MEDIUM
)
"""An attack that is flagged, and not blocked, by itself."""
HARMLESS = "And what does the harbour office say about the barge?"


def judged(texts: Sequence[str], policy: Policy = BALANCED, role: str = "user") -> Verdict:
    """Judge a conversation of these turns, each but the last answered."""
    messages = []
    for text in texts:
        messages += [{"role": role, "content": text}, {"role": "assistant", "content": "No."}]
    messages.append({"role": "user", "content": "Well?"})
    request = orjson.dumps(chat("") | {"messages": messages})
    return INSPECTOR.open("openai_chat", policy, ALICE).request(request).verdict


def levels(verdict: Verdict) -> list[Level]:
    """Levels of what was found of the conversation as a whole."""
    return [item.level for item in verdict.findings if item.category == CATEGORY]


@pytest.mark.parametrize(
    ("texts", "expected", "action"),
    [
        ([DOUBTFUL], [], Action.FLAG),
        ([DOUBTFUL] * 2, [], Action.FLAG),
        ([DOUBTFUL] * 4, [Level.MEDIUM], Action.FLAG),
        ([DOUBTFUL] * 12, [Level.HIGH], Action.BLOCK),
        ([DOUBTFUL] * 4 + [HARMLESS] * 8, [], Action.FLAG),
        ([HARMLESS] * 12, [], Action.PASS),
        ([f"{DOUBTFUL}. " * 6], [], Action.FLAG),
    ],
    ids=["once", "twice", "four times", "again and again", "long ago", "never", "all in one turn"],
)
def test_risk_adds_up_and_fades(texts: list[str], expected: list[Level], action: Action) -> None:
    verdict = judged(texts)
    assert levels(verdict) == expected
    assert verdict.action is action


def test_who_only_records_blocks_no_conversation() -> None:
    verdict = judged([DOUBTFUL] * 12, MONITOR)
    assert levels(verdict) == [Level.HIGH]
    assert verdict.action is Action.FLAG


def test_what_the_model_said_is_not_held_against_the_user() -> None:
    assert levels(judged([DOUBTFUL] * 12, role="assistant")) == []


def test_it_is_told_of_the_last_text_of_the_user() -> None:
    verdict = judged([DOUBTFUL] * 5)
    (finding,) = [item for item in verdict.findings if item.category == CATEGORY]
    assert (finding.pointer, finding.span) == ("/messages/10/content", (0, len("Well?")))
    assert 0 < finding.score <= 1


def test_plain_texts_are_turns_as_well() -> None:
    verdict = INSPECTOR.texts(BALANCED, ALICE).prompt([Text(DOUBTFUL)] * 5).verdict
    assert levels(verdict) == [Level.HIGH]
