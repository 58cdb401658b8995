"""Scanning texts in process: blocked, masked, restored, explained."""

import asyncio
import pickle
from dataclasses import replace

import pytest

from sluicegate import ascan, preset, scan, scan_document, scan_output
from sluicegate.detection.errors import BadInput, BadPolicy
from sluicegate.detection.presets import MONITOR
from sluicegate.detection.types import Action, Direction, Role
from sluicegate.detection.vault import SHAPE
from sluicegate.library import local
from sluicegate.library.outcome import Blocked, Outcome
from sluicegate.library.result import Result
from tests.library.material import ATTACK, MAIL, SECRET


def test_a_clean_text_passes() -> None:
    result = scan("hello")
    assert (result.action, result.text, result.blocked, result.changed) == (
        Action.PASS,
        "hello",
        False,
        False,
    )
    assert result.risk == 0.0
    assert result.explain() == "Passed: nothing was found."


def test_an_attack_is_blocked() -> None:
    result = scan(ATTACK)
    assert result.blocked
    assert result.text == ""
    assert result.safe_text == preset("balanced").safe_text
    assert result.risk > 0.9


def test_a_value_is_masked_and_comes_back_with_the_answer() -> None:
    prompt = scan(f"write to {MAIL}")
    assert SHAPE.fullmatch(prompt.text.removeprefix("write to "))
    assert prompt.changed
    assert scan_output(f"I {prompt.text}.", prompt=prompt).text == f"I write to {MAIL}."
    assert scan_output(prompt.text).text == prompt.text, "another exchange puts nothing back"


def test_an_answer_is_judged_as_one() -> None:
    result = scan_output(f"the key is {SECRET}")
    assert SECRET not in result.text
    assert {finding.direction for finding in result.findings} == {Direction.ANSWER}
    assert {finding.role for finding in result.findings} == {Role.ASSISTANT}


def test_a_streamed_answer_gets_its_values_back() -> None:
    prompt = scan(f"write to {MAIL}")
    stream = prompt.answer_stream()
    assert "".join(map(stream.feed, prompt.text)) + stream.close() == f"write to {MAIL}"
    assert not stream.blocked
    assert stream.outcome().action is Action.PASS


def test_a_result_of_no_scan_has_no_answer() -> None:
    with pytest.raises(ValueError, match="scanned"):
        Result(scan("x").verdict).answer_stream()


def test_a_document_is_retrieved_text() -> None:
    page = f"<p>{'All is well. ' * 5000}</p><!-- {ATTACK} -->"
    result = scan_document(page)
    assert result.blocked
    assert {finding.role for finding in result.findings} == {Role.RETRIEVED}


@pytest.mark.parametrize("policy", ["monitor", MONITOR])
def test_a_policy_may_be_named_or_given(policy: str) -> None:
    result = scan(ATTACK, policy=policy)
    assert (result.action, result.text) == (Action.FLAG, ATTACK)


def test_more_findings_than_the_policy_allows_stop_a_text() -> None:
    few = replace(preset("balanced"), max_findings=2)
    text = f"{MAIL}, a{MAIL}, b{MAIL}"
    assert scan(text).action is Action.MASK
    result = scan(text, policy=few)
    assert (result.blocked, result.text) == (True, "")


def test_an_unknown_policy_is_refused_by_name() -> None:
    with pytest.raises(BadPolicy, match="lenient"):
        scan("x", policy="lenient")


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match="int"):
        scan(7)  # type: ignore[arg-type]  # what a caller may do


def test_a_text_may_be_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "LONGEST", 10)
    assert scan("x" * 10).text
    with pytest.raises(BadInput, match="longer"):
        scan("x" * 11)
    with pytest.raises(BadInput, match="longer"):
        scan_output("x" * 11)


def test_a_text_that_is_no_unicode_passes() -> None:
    assert scan("a \ud800 b").text == "a \ud800 b"


@pytest.mark.parametrize("size", [10, local.AT_ONCE + 1])
def test_the_async_scan_gives_the_same(size: int) -> None:
    text = f"{MAIL} " + "x" * size
    result = asyncio.run(ascan(text))
    assert (result.findings, result.text) == (scan(text).findings, scan(text).text)


def test_an_explanation_names_rules_and_places_and_no_value() -> None:
    told = scan(f"{ATTACK} {SECRET}").explain()
    assert told.startswith("Blocked: ")
    assert "- block: prompt_attack.override (high, rule override_previous) in user text /0" in told
    assert SECRET not in told


def test_no_text_is_in_what_is_printed() -> None:
    result = scan(f"word {SECRET}")
    assert "word" not in repr(result)
    assert SECRET not in repr(result)
    blocked = Blocked(scan(ATTACK))
    assert "Ignore" not in f"{blocked!r} {blocked} {blocked.explanation}"
    assert "prompt_attack.override" in str(blocked)
    assert blocked.verdict.action is Action.BLOCK


def test_a_block_that_no_finding_speaks_of_is_certain() -> None:
    verdict = scan("x").verdict
    outcome = Outcome(type(verdict)(Action.BLOCK))
    assert outcome.risk == 1.0
    assert str(Blocked(outcome)) == "Blocked: a part that could not be judged"


def test_verdicts_travel_between_processes() -> None:
    verdict = scan(f"to {MAIL}").verdict
    assert pickle.loads(pickle.dumps(verdict)) == verdict  # noqa: S301 - our own bytes
