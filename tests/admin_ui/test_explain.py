"""A decision in words: each kind of exchange says what became of it and why."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.admin_ui.views import words
from sluicegate.admin_ui.views.explain import explain
from sluicegate.detection.types import Action, AuditCore, Direction, Kind, Principal, Role, Tier, Unjudged
from tests.admin_ui.material import (
    ATTACK,
    BLOCKED,
    CLEAN,
    EMAIL,
    EMBEDDED,
    FAILED,
    FLAGGED,
    LEAKED,
    LEAKING,
    MASKED,
    PASSED,
    SECRET,
    STOPPED,
    UNSEEN,
    exchange,
    verdict,
)
from tests.store.material import VERDICTS

_SOMEONE = Principal("tenant-1", "application-1", "Support bot", "key-1")


@pytest.mark.parametrize(
    ("kind", "headline", "because"),
    [
        pytest.param(
            BLOCKED,
            "Blocked before it reached the model",
            "Prompt attack · Instruction override in a tool result",
            id="blocked",
        ),
        pytest.param(
            MASKED,
            "2 values masked in the prompt",
            "Secret · AWS access key in the user's message",
            id="masked",
        ),
        pytest.param(PASSED, "Let through: nothing was found", "", id="passed"),
        pytest.param(
            FLAGGED,
            "Let through, with 1 finding to look at",
            "Prompt attack · Jailbreak in the user's message",
            id="flagged",
        ),
        pytest.param(EMBEDDED, "Let through: nothing was found", "", id="embedded"),
        pytest.param(
            LEAKING,
            "1 value masked in the answer",
            "Secret · GitHub token in the model's answer",
            id="leaking",
        ),
        pytest.param(UNSEEN, "Let through, though 1 part could not be scanned", "", id="unseen"),
        pytest.param(
            STOPPED, "The answer was withheld", "Secret · GitHub token in the model's answer", id="stopped"
        ),
        pytest.param(FAILED, "Let through: nothing was found", "", id="failed"),
    ],
)
def test_each_kind_says_what_became_of_it(kind: int, headline: str, because: str) -> None:
    shown = explain(exchange(kind, _SOMEONE, 1_780_000_000.0))
    assert (shown.headline, shown.because) == (headline, because)


def test_a_streamed_answer_is_stopped() -> None:
    entry = replace(exchange(STOPPED, _SOMEONE, 0.0), streamed=True)
    assert explain(entry).headline == "The answer was stopped"


def test_both_directions_are_named() -> None:
    core = AuditCore("openai_chat", "m", "p", verdict((EMAIL, Action.MASK)), verdict((LEAKED, Action.MASK)))
    entry = replace(exchange(PASSED, _SOMEONE, 0.0), core=core)
    assert explain(entry).headline == "2 values masked in the prompt and in the answer"


def test_the_gravest_finding_is_named_and_comes_first() -> None:
    mixed = verdict((SECRET, Action.FLAG), (EMAIL, Action.MASK), (ATTACK, Action.FLAG))
    entry = replace(exchange(PASSED, _SOMEONE, 0.0), core=AuditCore("openai_chat", "m", "p", mixed, CLEAN))
    shown = explain(entry)
    assert shown.because == "Personal data · Email address in the user's message"
    assert shown.directions[0].findings[0].rule == "email"


@pytest.mark.parametrize(
    ("role", "kind", "direction", "said"),
    [
        (Role.USER, Kind.TEXT, Direction.PROMPT, "the user's message"),
        (Role.SYSTEM, Kind.TEXT, Direction.PROMPT, "the system prompt"),
        (Role.TOOL, Kind.TEXT, Direction.PROMPT, "a tool result"),
        (Role.RETRIEVED, Kind.TEXT, Direction.PROMPT, "a retrieved document"),
        (Role.ASSISTANT, Kind.TEXT, Direction.PROMPT, "an earlier answer"),
        (Role.ASSISTANT, Kind.TEXT, Direction.ANSWER, "the model's answer"),
        (Role.ASSISTANT, Kind.ARGUMENTS, Direction.ANSWER, "the arguments of a tool call"),
        (Role.SYSTEM, Kind.TOOL_DEFINITION, Direction.PROMPT, "a tool definition"),
        (Role.USER, Kind.OTHER, Direction.PROMPT, "another field"),
    ],
)
def test_places_have_names(role: Role, kind: Kind, direction: Direction, said: str) -> None:
    assert words.place(replace(SECRET, role=role, kind=kind, direction=direction)) == said


@pytest.mark.parametrize(
    ("category", "said", "short"),
    [
        ("secret.aws_access_key", "Secret · AWS access key", "AWS access key"),
        ("pii.iban", "Personal data · IBAN", "IBAN"),
        ("prompt_attack", "Prompt attack", "Prompt attack"),
        ("harm.self_harm", "Harm · Self harm", "Self harm"),
        ("secret.github_token", "Secret · GitHub token", "GitHub token"),
    ],
)
def test_categories_have_names(category: str, said: str, short: str) -> None:
    assert (words.category(category), words.short(category)) == (said, short)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.00084, "0.84 ms"), (0.0, "0.00 ms"), (0.412, "412 ms"), (3.21, "3.2 s")]
)
def test_durations_are_readable(seconds: float, said: str) -> None:
    assert words.milliseconds(seconds) == said


def test_every_action_and_tier_has_a_name() -> None:
    assert set(words.ACTIONS) == set(Action)
    assert set(words.TIERS) == set(Tier)


def test_what_was_not_scanned_is_listed() -> None:
    unseen = verdict(unjudged=(Unjudged("/a", "media"), Unjudged("/b", "over size")))
    entry = replace(exchange(PASSED, _SOMEONE, 0.0), core=AuditCore("openai_chat", "m", "p", unseen, None))
    (direction,) = explain(entry).directions
    assert direction.unjudged == (("/a", "media"), ("/b", "over size"))


@given(prompt=VERDICTS, answer=st.none() | VERDICTS, streamed=st.booleans())
def test_any_exchange_can_be_explained(prompt: object, answer: object, streamed: bool) -> None:
    core = AuditCore("openai_chat", "m", "p", prompt, answer)  # type: ignore[arg-type]  # drawn as verdicts
    shown = explain(replace(exchange(PASSED, _SOMEONE, 0.0), core=core, streamed=streamed))
    assert shown.headline
    assert sum(len(direction.findings) for direction in shown.directions) == len(core.prompt.decided) + len(
        core.answer.decided if core.answer else ()
    )
