"""Wall 3 where the other tests of the two laws do not reach: each part alone, and each dialect that streams.

A part that only works because the one in front of it holds more than it must would break with the
next rule that is taken out.
"""

import json
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.detection.pieces import apply
from sluicegate.detection.policy import Policy
from sluicegate.detection.restore import Restorer
from sluicegate.detection.rules import Rule
from sluicegate.detection.types import AuditCore
from sluicegate.detection.vault import Vault
from tests.detection.support import (
    ALICE,
    BLOCK_ALL,
    DATA_RULES,
    INSPECTOR,
    MASK_ALL,
    begin,
    cut,
    frames_of,
    run,
    text_of,
    text_stream,
)
from tests.walls.faces import timeless

SECRET = "AKIA" + "5XGQ7R2MZN4CTYLB"
MAIL = "maria.keller@kontor-nord.example"
VAULT = Vault(b"k" * 32)
TOKEN = VAULT.mint(MAIL, "Email", user=True, secret=False)
POLICIES = [pytest.param(MASK_ALL, id="mask"), pytest.param(BLOCK_ALL, id="block")]


def put_back(parts: Iterable[str]) -> str:
    """What a restorer alone makes of a text in these parts."""
    restorer = Restorer(VAULT.tokens(), lambda _: True)
    pending, out = "", ""
    for part, final in [*((part, False) for part in parts), ("", True)]:
        pending += part
        pieces = restorer.feed(part, final)
        out += apply(pending, pieces)
        pending = pending[sum(piece.count for piece in pieces) :]
    assert pending == ""
    return out


@pytest.mark.parametrize("tail", [".evil.example", "-x.evil.example/", "." + "a" * 300])
def test_wall_3_a_restorer_alone_waits_for_the_rest_of_the_word(tail: str) -> None:
    assert put_back([TOKEN, *tail]) == put_back([TOKEN + tail]) == TOKEN + tail


@settings(max_examples=200)
@given(
    parts=st.lists(
        st.sampled_from([TOKEN, TOKEN[:9], "Sgx", "S", " ", ".", "x.y", "://", "](", ")", "\n", "`"]),
        max_size=8,
    ),
    cuts=st.lists(st.integers(0, 200), max_size=8),
)
def test_wall_3_a_restorer_alone_does_not_depend_on_the_cuts(parts: list[str], cuts: list[int]) -> None:
    text = "".join(parts)
    assert put_back(cut(text, cuts)) == put_back([text]) == put_back(text)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param("\u200b".join(SECRET), id="zero-width characters"),
        pytest.param("".join(chr(ord(letter) + 0xFEE0) for letter in SECRET), id="full-width letters"),
        pytest.param(SECRET[:6] + "\u00ad" + SECRET[6:], id="soft hyphen"),
    ],
)
def test_wall_3_what_only_a_view_sees_is_held_until_it_is_decided(hidden: str, policy: Policy) -> None:
    text = f"Take {hidden} now."
    whole, record = _chat([text], policy)
    assert record.answer is not None
    assert {finding.view for finding in record.answer.findings} == {"unicode"}
    assert hidden not in whole
    for parts in (list(text), cut(text, [9, 14]), cut(text, [20])):
        assert _chat(parts, policy) == (whole, record)


def _chat(parts: list[str], policy: Policy) -> tuple[str, AuditCore]:
    inspection, _ = begin(policy=policy)
    out = run(inspection, [text_stream(parts)])
    return text_of(out) + "|" + text_of(out, "refusal"), timeless(inspection.core())


def _completion(parts: list[str], policy: Policy) -> tuple[str, AuditCore]:
    """What a client of the older endpoint reads, and the record."""
    inspection = INSPECTOR.open("openai_completions", policy, ALICE)
    inspection.request(b'{"model":"m","prompt":"hello","stream":true}')
    head = {"id": "c", "object": "text_completion", "created": 1, "model": "m"}
    choices = [{"index": 0, "text": part, "logprobs": None, "finish_reason": None} for part in parts]
    choices.append({"index": 0, "text": "", "logprobs": None, "finish_reason": "stop"})
    events = [b"data: " + json.dumps({**head, "choices": [choice]}).encode() for choice in choices]
    out = run(inspection, [b"\n\n".join([*events, b"data: [DONE]", b""])])
    answered = [choice for frame in frames_of(out) for choice in frame["choices"]]
    assert [choice["finish_reason"] is None for choice in answered] == [True] * (len(answered) - 1) + [False]
    text = "".join(choice["text"] for choice in answered)
    return text, timeless(inspection.core())


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("rule", DATA_RULES, ids=lambda rule: rule.id)
def test_wall_3_completions_do_not_depend_on_the_cuts(rule: Rule, policy: Policy) -> None:
    text = f"So: {rule.examples[0]} - keep it. And {rule.examples[0]}"
    fold, record = _completion(list(text), policy)
    assert record.answer is not None
    assert record.answer.decided
    assert rule.examples[0] not in fold or rule.lead
    for cuts in ([], [len(text) // 2], [5, 9, len(text) - 3]):
        assert _completion(cut(text, cuts), policy) == (fold, record)


@pytest.mark.parametrize("policy", POLICIES)
def test_wall_3_a_completion_is_judged_like_a_chat(policy: Policy) -> None:
    text = f"Take {SECRET} and {MAIL}, please."
    _, chat = _chat([text], policy)
    _, completion = _completion([text], policy)
    assert chat.answer is not None
    assert completion.answer is not None
    places = [
        [(item.finding.rule, item.finding.span, item.action) for item in verdict.decided]
        for verdict in (chat.answer, completion.answer)
    ]
    assert places[0] == places[1] != []
    assert completion.answer.receipt.unjudged == chat.answer.receipt.unjudged == ()
