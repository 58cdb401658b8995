"""Law 1, split invariance: however a stream is cut, what is released and recorded is the same."""

import json
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.inspection import Inspector
from sluicegate.detection.policy import Policy
from sluicegate.detection.rules import Rule
from sluicegate.detection.types import AuditCore, Verdict
from tests.detection.support import (
    ARGUMENT_RULES,
    BLOCK_ALL,
    DATA_RULES,
    INSPECTOR,
    KINDS,
    MASK_ALL,
    arguments_of,
    begin,
    call_stream,
    chunked,
    cut,
    inspector_of,
    run,
    text_of,
    text_stream,
)

POLICIES = [pytest.param(MASK_ALL, id="mask"), pytest.param(BLOCK_ALL, id="block")]
AROUND = ("So here it is: ", " - keep it. \u00dcber 3 K\u00f6che, 12 a.m., and 4111 reasons. ")


def timeless(core: AuditCore) -> AuditCore:
    def still(verdict: Verdict | None) -> Verdict | None:
        return replace(verdict, seconds=0.0) if verdict else None

    return replace(core, prompt=replace(core.prompt, seconds=0.0), answer=still(core.answer))


def streamed(
    parts: list[str], policy: Policy, size: int = 1 << 20, inspector: Inspector = INSPECTOR
) -> tuple[str, AuditCore]:
    inspection, _ = begin(policy=policy, inspector=inspector)
    out = run(inspection, chunked(text_stream(parts), size))
    return text_of(out) + "|" + text_of(out, "refusal"), timeless(inspection.core())


def called(parts: list[str], policy: Policy) -> tuple[str, AuditCore]:
    inspection, _ = begin(policy=policy)
    out = run(inspection, [call_stream(parts)])
    return arguments_of(out) + "|" + text_of(out, "refusal"), timeless(inspection.core())


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("rule", DATA_RULES, ids=lambda rule: rule.id)
def test_every_rule_gives_the_same_answer_however_the_text_is_cut(rule: Rule, policy: Policy) -> None:
    random = Random(rule.id)
    for example in rule.examples[:2]:
        text = f"{AROUND[0]}{example}{AROUND[1]}{example}"
        fold = streamed(list(text), policy)
        assert example not in fold[0] or rule.lead
        assert fold[1].answer
        assert fold[1].answer.decided
        assert streamed([text], policy) == fold
        for _ in range(4):
            cuts = [random.randrange(len(text)) for _ in range(random.randrange(1, 9))]
            assert streamed(cut(text, cuts), policy) == fold, cuts


@pytest.mark.parametrize("gap", ["", " "])
@pytest.mark.parametrize("rule", [rule for rule in DATA_RULES if rule.lead], ids=lambda rule: rule.id)
def test_a_lead_that_holds_the_value_of_a_shorter_one_gives_the_same_answer_however_it_is_cut(
    rule: Rule, gap: str
) -> None:
    text = gap.join([*rule.examples[:2], rule.examples[0], " "])
    assert streamed([text], MASK_ALL) == streamed([*text], MASK_ALL)


@pytest.mark.parametrize("rule", ARGUMENT_RULES, ids=lambda rule: rule.id)
def test_every_rule_about_arguments_gives_the_same_answer_however_they_are_cut(rule: Rule) -> None:
    random, policy = Random(rule.id), (MASK_ALL, BLOCK_ALL)[len(rule.id) % 2]
    arguments = json.dumps({"to": "K\u00f6ln", "input": f"x; {rule.examples[0]} ; then 12 more", "n": 3})
    fold = called(list(arguments), policy)
    assert fold[1].answer
    assert rule.id in {item.finding.rule for item in fold[1].answer.decided}
    for _ in range(4):
        cuts = [random.randrange(len(arguments)) for _ in range(random.randrange(1, 9))]
        assert called(cut(arguments, cuts), policy) == fold, cuts


KINDS_ALONE = inspector_of(KINDS)
_LONG_TOKEN = "eyJ" + "a" * 1300 + "." + "b" * 20
_KIND_PARTS = st.sampled_from(
    [rule.examples[0] for rule in KINDS]
    + [rule.near_misses[0] for rule in KINDS]
    + [
        _LONG_TOKEN,
        _LONG_TOKEN[:1101],
        _LONG_TOKEN[:1100] + " ",
        "eyJabcdefgh.",
        ".x",
        "-----BEGIN PRIVATE KEY-----",
    ]
    + [
        "MII" * 500,
        "-----END PRIVATE KEY-----",
        "password=",
        "x" * 39,
        "x" * 41,
        "insurance",
        "123456789",
        "4111",
        "-",
    ]
)


@pytest.mark.parametrize("policy", POLICIES)
@settings(max_examples=60, deadline=None)
@given(parts=st.lists(_KIND_PARTS, min_size=1, max_size=4), gap=st.sampled_from(["", " "]), data=st.data())
def test_every_kind_of_rule_any_cuts(policy: Policy, parts: list[str], gap: str, data: st.DataObject) -> None:
    text = gap.join(parts)
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=6))
    fold = streamed(list(text), policy, inspector=KINDS_ALONE)
    assert streamed(cut(text, cuts), policy, inspector=KINDS_ALONE) == fold
    assert streamed([text], policy, inspector=KINDS_ALONE) == fold


@pytest.mark.parametrize("policy", POLICIES)
def test_the_bytes_of_a_stream_may_be_cut_anywhere(policy: Policy) -> None:
    text = f'K\u00f6nig \U0001f600 {DATA_RULES[0].examples[0]} \\ "x" end'
    whole = streamed([text], policy)
    for size in (1, 2, 3, 7, 64):
        assert streamed([text], policy, size) == whole


_WORDS = st.sampled_from(
    [rule.examples[0] for rule in DATA_RULES if len(rule.examples[0]) < 80]
    + [rule.near_misses[0] for rule in DATA_RULES if len(rule.near_misses[0]) < 80]
    + [
        "the",
        "a\u0301",
        "\u200b",
        "K\u00f6nig",
        "1",
        "42",
        ".",
        ",",
        "\n",
        "@",
        "-",
        "password:",
        "AKIA",
        "eyJ",
        "\U0001f600",
    ]
)
_TEXTS = st.lists(st.tuples(_WORDS, st.sampled_from(["", " ", " ", "\n", "-"])), max_size=8).map(
    lambda words: "".join(word + gap for word, gap in words)
)


@pytest.mark.parametrize("policy", POLICIES)
@settings(max_examples=120, deadline=None)
@given(text=_TEXTS, cuts=st.lists(st.integers(0, 300), max_size=10))
def test_any_text_any_cuts(policy: Policy, text: str, cuts: list[int]) -> None:
    fold = streamed(list(text), policy)
    assert streamed(cut(text, cuts), policy) == fold
    assert streamed([text], policy) == fold


@pytest.mark.parametrize("policy", POLICIES)
@settings(max_examples=80, deadline=None)
@given(text=_TEXTS, depth=st.integers(0, 2), cuts=st.lists(st.integers(0, 600), max_size=10))
def test_any_tool_arguments_any_cuts(policy: Policy, text: str, depth: int, cuts: list[int]) -> None:
    value: object = {"note": text, "n": 4111111111111111, "list": [text[:20], None, True]}
    for _ in range(depth):
        value = {"inner": json.dumps(value)}
    arguments = json.dumps(value)
    fold = called(list(arguments), policy)
    assert called(cut(arguments, cuts), policy) == fold
    assert called([arguments], policy) == fold


@settings(max_examples=60, deadline=None)
@given(
    arguments=st.text(alphabet='{}[]":,\\u0041dn \n1.e-tru', max_size=60), cuts=st.lists(st.integers(0, 60))
)
def test_broken_tool_arguments_pass_unchanged_any_cuts(arguments: str, cuts: list[int]) -> None:
    fold = called(list(arguments), MASK_ALL)
    assert fold[0] == arguments + "|"
    assert called(cut(arguments, cuts), MASK_ALL) == fold
