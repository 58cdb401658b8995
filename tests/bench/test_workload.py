"""What is sent is what the benchmark says it sends."""

from typing import Any

import orjson
import pytest

from sluicegate.appliance.bench.filler import filled_packs, filler_rules
from sluicegate.appliance.bench.scanning import PRINCIPAL, built
from sluicegate.appliance.bench.texts import kinds
from sluicegate.appliance.bench.workload import (
    CARD,
    ECHO,
    EMAIL,
    NUMBER,
    PADDING,
    chat_body,
    fixed_answer,
    plain_prompt,
    prompt_with_hits,
    stream_frames,
    stream_pieces,
    stream_prompt,
)
from sluicegate.detection.core import Core
from sluicegate.detection.patterns import Pattern
from sluicegate.detection.presets import preset
from sluicegate.detection.rules import load_packs
from sluicegate.detection.types import Action, Verdict

_NUMBERS = ("0000001", "4111111", "1234567", "9999999")


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Core:
    """The core that the benchmark measures."""
    return built(filled_packs(0), tmp_path_factory.mktemp("compiled"))


def _judged(core: Core, prompt: str) -> Verdict:
    inspection = core.open("openai_chat", preset("balanced"), PRINCIPAL)
    return inspection.request(chat_body(prompt)).verdict


def test_prompts_and_answers_are_about_a_kilobyte() -> None:
    for body in (chat_body(plain_prompt()), chat_body(prompt_with_hits()), fixed_answer()):
        assert 1000 <= len(body) <= 1600


@pytest.mark.parametrize(
    "prompt",
    [plain_prompt(), stream_prompt("63"), *(plain_prompt().replace(NUMBER, number) for number in _NUMBERS)],
)
def test_nothing_is_found_in_the_plain_prompt(core: Core, prompt: str) -> None:
    verdict = _judged(core, prompt)
    assert (verdict.action, verdict.findings) == (Action.PASS, ())


def test_both_hits_are_found_and_masked(core: Core) -> None:
    verdict = _judged(core, prompt_with_hits())
    assert verdict.action is Action.MASK
    assert {finding.category for finding in verdict.findings} == {"pii.email", "pii.card"}
    assert EMAIL in prompt_with_hits()
    assert CARD in prompt_with_hits()
    assert prompt_with_hits().startswith(ECHO)


def test_every_prompt_and_answer_has_a_number_to_differ_by() -> None:
    for text in (plain_prompt(), stream_prompt("1"), prompt_with_hits(), fixed_answer().decode()):
        assert text.count(NUMBER) == 1


def test_frames_carry_the_pieces_in_order_under_their_numbers() -> None:
    frames = stream_frames(7)
    events: list[dict[str, Any]] = [orjson.loads(frame.removeprefix(b"data: ")) for frame in frames[:-1]]
    assert [event["choices"][0]["delta"].get("content") for event in events] == ["", *stream_pieces(7), None]
    assert {event["id"] for event in events} == {events[0]["id"]}
    assert [event["obfuscation"].removeprefix(PADDING) for event in events] == ["", *"0123456", ""]
    assert events[-1]["choices"][0]["finish_reason"] == "stop"
    assert frames[-1] == b"data: [DONE]\n\n"


def test_packs_are_filled_up_to_the_number_asked_for() -> None:
    shipped = load_packs()
    assert filled_packs(3000)[: len(shipped)] == shipped
    assert len(filled_packs(3000)) == 3000
    assert len(set(filled_packs(300))) == 300
    assert set(filled_packs(300)) <= set(shipped)
    assert filled_packs(0) == shipped


def test_made_up_rules_match_their_examples_and_nothing_that_is_sent() -> None:
    rules = filler_rules(60)
    assert len({(rule.pattern, rule.lead) for rule in rules}) == 60
    for rule in rules:
        for text in rule.examples:
            assert _found(Pattern(rule), text), rule.id
        for text in (*rule.near_misses, plain_prompt(), prompt_with_hits()):
            assert not _found(Pattern(rule), text), (rule.id, text)


def _found(pattern: Pattern, text: str) -> bool:
    from sluicegate.detection.ruleset import Ruleset
    from sluicegate.detection.text_scan import TextScan

    return bool(TextScan(Ruleset([pattern]), whole=True).look(text, final=True).hits)


def test_texts_are_the_same_every_time_and_16_kilobytes() -> None:
    assert kinds() == kinds()
    assert list(kinds()) == ["prose", "JSON", "code", "logs full of digits", "base64", "Chinese"]
    assert all(16 * 1024 - 4 <= len(text.encode()) <= 16 * 1024 for text in kinds().values())
