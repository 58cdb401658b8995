"""A model's name is text like any other: it is forwarded, and it is recorded."""

from collections.abc import Callable

import pytest

from sluicegate.detection.core import build_inspector
from sluicegate.detection.dialects import Addressed
from sluicegate.detection.inspection import Inspection
from sluicegate.detection.json_text import dump
from sluicegate.detection.presets import preset
from sluicegate.detection.types import Action, Kind, Principal

SECRET = "AKIA5XGQ7R2MZN4CTYL\u0042"
PRINCIPAL = Principal("tenant", "app", "App", "key")
CORE = build_inspector(b"k" * 32)
MESSAGES = [{"role": "user", "content": "Hello."}]


def _open(dialect: str, policy: str) -> Inspection:
    return CORE.open(dialect, preset(policy), PRINCIPAL)


def _in_body(name: str, policy: str) -> tuple[Inspection, Action]:
    inspection = _open("openai_chat", policy)
    decision = inspection.request(dump({"model": name, "messages": MESSAGES}))
    return inspection, decision.verdict.action


def _in_address(name: str, policy: str) -> tuple[Inspection, Action]:
    inspection = _open("gemini", policy)
    body = dump({"contents": [{"role": "user", "parts": [{"text": "Hello."}]}]})
    return inspection, inspection.request(body, Addressed(model=name)).verdict.action


PLACES = pytest.mark.parametrize("told", [_in_body, _in_address])
type Told = Callable[[str, str], tuple[Inspection, Action]]


@PLACES
@pytest.mark.parametrize("name", [SECRET, f"gpt-{SECRET}", "maria.keller@kontor-nord.example"])
def test_a_value_in_the_place_of_a_model_is_blocked_and_not_recorded(told: Told, name: str) -> None:
    inspection, action = told(name, "balanced")
    assert action is Action.BLOCK
    core = inspection.core()
    assert core.model == ""
    assert {(item.finding.pointer, item.finding.kind) for item in core.prompt.decided} == {
        ("/model", Kind.NAME)
    }


@PLACES
def test_a_policy_that_only_records_lets_it_through_and_does_not_record_the_name(told: Told) -> None:
    inspection, action = told(SECRET, "monitor")
    assert action is not Action.BLOCK
    assert inspection.model == SECRET
    assert inspection.core().model == ""
    assert inspection.core().prompt.findings


@PLACES
@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o-2024-08-06",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-v2:0",
        "ft:gpt-4o-mini-2024-07-18:my-org:custom:9ABcDeFg",
        "hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M",
    ],
)
def test_ordinary_names_pass_and_are_recorded(told: Told, name: str) -> None:
    for _ in range(2):
        inspection, action = told(name, "strict")
        assert action is Action.PASS
        assert inspection.core().model == name


def test_a_name_that_was_refused_is_refused_again() -> None:
    assert [_in_body(SECRET, "balanced")[1] for _ in range(2)] == [Action.BLOCK] * 2
