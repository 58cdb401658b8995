"""Texts that are made to be dear are given up, the same everywhere; ordinary ones never are."""

import json
import random
import threading
from collections.abc import Callable
from dataclasses import replace

import orjson
import pytest

from sluicegate.appliance.bench.hostile import hostile
from sluicegate.detection.alarms import Spans
from sluicegate.detection.channels import Channels
from sluicegate.detection.effort import TOO_DEAR, Bounded, Share, effort
from sluicegate.detection.patterns import Pattern
from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.policy_file import load_policy
from sluicegate.detection.presets import BALANCED, MONITOR, PRESETS
from sluicegate.detection.text_channel import TextChannel
from sluicegate.detection.texts import Text
from sluicegate.detection.types import Action, Segment, Verdict
from tests.detection.support import ALICE, INSPECTOR, MASK_ALL, begin, run, text_of, text_stream

MAIL = "maria@kontor.example"
LETS_THROUGH = replace(BALANCED, name="lets through", unscannable=((TOO_DEAR, Action.FLAG),))
FREE = 1 << 60
"""Steps that no bound leaves."""
DEAR = {kind: hostile(250_000)[kind]() for kind in ("near misses", "leads", "context words and digits")}


def reasons(verdict: Verdict | None) -> set[str]:
    assert verdict is not None
    return {item.reason for item in verdict.receipt.unjudged}


def prompted(text: str, policy: Policy = BALANCED) -> tuple[Verdict, str]:
    verdict, (out,) = INSPECTOR.texts(policy, ALICE).prompt([Text(text)])
    return verdict, out


def answered(text: str, policy: Policy) -> tuple[Verdict | None, bytes | None]:
    inspection, _ = begin(policy=policy)
    message = {"role": "assistant", "content": text}
    body = orjson.dumps({"id": "c", "model": "m", "choices": [{"index": 0, "message": message}]})
    decision = inspection.response(body, "application/json")
    return inspection.core().answer, decision.body


@pytest.mark.parametrize("kind", DEAR)
def test_a_dear_text_is_given_up_and_stopped(kind: str) -> None:
    verdict, _ = prompted(DEAR[kind])
    assert TOO_DEAR in reasons(verdict)
    assert verdict.action is Action.BLOCK


@pytest.mark.parametrize("kind", DEAR)
def test_the_same_text_is_always_judged_alike(kind: str) -> None:
    first, again = (prompted(DEAR[kind], LETS_THROUGH)[0] for _ in range(2))
    assert first.findings == again.findings
    assert first.receipt == again.receipt


def test_policies_that_only_record_stop_nothing() -> None:
    verdict, out = prompted(DEAR["leads"], MONITOR)
    assert TOO_DEAR in reasons(verdict)
    assert verdict.action is Action.FLAG
    assert out == DEAR["leads"]


def test_a_policy_file_may_let_it_through() -> None:
    told = load_policy('extends = "balanced"\n[unscannable]\ntoo_much_work = "flag"', "told", PRESETS)
    assert told.unscanned(TOO_DEAR) is Action.FLAG
    untold = load_policy('extends = "balanced"\nunscannable = "flag"', "untold", PRESETS)
    assert untold.unscanned(TOO_DEAR) is Action.BLOCK
    acts = Policy("acts", (Clause(Action.MASK, ("pii",)),), unjudged=Action.PASS)
    assert acts.unscanned(TOO_DEAR) is Action.BLOCK


def test_of_a_whole_answer_that_is_given_up_nothing_leaves() -> None:
    verdict, body = answered(f"{MAIL} {DEAR['near misses']}", MASK_ALL)
    assert TOO_DEAR in reasons(verdict)
    assert verdict is not None
    assert verdict.action is Action.BLOCK
    assert body is None


def test_a_payload_has_one_bound_however_many_texts_it_holds() -> None:
    lines = DEAR["near misses"].splitlines()
    parts = ["\n".join(lines[at : at + 40]) for at in range(0, len(lines), 40)]
    alone, _ = prompted(parts[0], LETS_THROUGH)
    assert TOO_DEAR not in reasons(alone)
    verdict, _ = INSPECTOR.texts(BALANCED, ALICE).prompt([Text(part) for part in parts])
    assert TOO_DEAR in reasons(verdict)


def called(arguments: str) -> dict[str, object]:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
    return {"model": "m", "messages": [{"role": "assistant", "tool_calls": [call]}]}


@pytest.mark.parametrize("broken", ["", "["])
def test_json_in_a_string_is_given_up_in_the_midst(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    before = Channels._leaf

    def leaf(channels: Channels, segment: Segment, context: str) -> TextChannel:
        opened.append(segment.pointer)
        return before(channels, segment, context)

    monkeypatch.setattr(Channels, "_leaf", leaf)
    lines = DEAR["near misses"].splitlines()
    arguments = orjson.dumps({f"a{index}": f"{line} {MAIL}" for index, line in enumerate(lines)}).decode()
    inspection, _ = begin(called(arguments + broken), LETS_THROUGH)
    assert TOO_DEAR in reasons(inspection.core().prompt)
    assert 0 < len(opened) < len(lines) / 2


def test_texts_full_of_words_are_not_asked_each_for_every_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    before = Pattern.starts

    def starts(pattern: Pattern, spans: Spans, widest: int) -> Spans:
        asked.append(pattern.rule.id)
        return before(pattern, spans, widest)

    monkeypatch.setattr(Pattern, "starts", starts)
    words = hostile(120_000)["context words"]()
    texts = [Text(words[at : at + 60]) for at in range(0, len(words), 60)]
    verdict, _ = INSPECTOR.texts(LETS_THROUGH, ALICE).prompt([*texts, Text(f"write to {MAIL}")])
    assert TOO_DEAR not in reasons(verdict)
    assert "email" in [finding.rule for finding in verdict.findings]
    assert len(asked) < 30 * len(texts)


def test_large_arguments_of_tools_are_judged_whole() -> None:
    rows = [{"id": at, "name": f"item {at}", "price": at / 8, "note": "nothing"} for at in range(3_000)]
    inspection, body = begin(called(json.dumps({"rows": rows, "to": MAIL})))
    verdict = inspection.core().prompt
    assert TOO_DEAR not in reasons(verdict)
    assert verdict.action is Action.MASK
    arguments = body["messages"][0]["tool_calls"][0]["function"]["arguments"]
    assert "item 2999" in arguments
    assert MAIL not in arguments


def test_what_was_given_up_is_not_remembered_as_judged() -> None:
    turns = [{"role": "user", "content": DEAR["near misses"]}, {"role": "assistant", "content": "So?"}]
    for count in range(2):
        body = {"model": "m", "messages": [*turns, {"role": "user", "content": f"and {count}"}]}
        inspection, _ = begin(body, LETS_THROUGH)
        assert TOO_DEAR in reasons(inspection.core().prompt)


def test_a_stream_is_judged_to_its_end() -> None:
    text = DEAR["near misses"][:60_000] + f" write to {MAIL} now"
    assert TOO_DEAR in reasons(answered(text * 2, LETS_THROUGH)[0])
    inspection, _ = begin(policy=MASK_ALL)
    out = text_of(run(inspection, [text_stream([text, text])]))
    assert TOO_DEAR not in reasons(inspection.core().answer)
    assert MAIL not in out


EXPORTS: dict[str, Callable[[random.Random], str]] = {
    "people": lambda source: f"Maria Okafor,m{source.randrange(10**6)}@kontor.example,open,2024-03-11\n",
    "ledger": lambda source: f"{source.randrange(10**6)};2024-03-11;Miete;{source.randrange(10**8):08};DE\n",
    "ids": lambda source: f'{{"id":{source.randrange(10**9)},"order":"{source.randrange(10**12):012}"}},',
    "visits": lambda source: (
        f'10.1.{source.randrange(255)}.9 - - "GET /a" 200 {source.randrange(9999)} "-"\n'
    ),
    "numbers": lambda source: ",".join(f"{source.uniform(-999, 999):.4f}" for _ in range(8)) + "\n",
}


@pytest.mark.parametrize("kind", EXPORTS)
def test_ordinary_exports_are_judged_to_their_end(kind: str) -> None:
    source = random.Random(20)
    verdict, _ = prompted("".join(EXPORTS[kind](source) for _ in range(4_000)))
    assert TOO_DEAR not in reasons(verdict)


BATCHES: dict[str, Callable[[int], str]] = {
    "letters": lambda at: f"Grüße, bitte schreiben Sie an m{at}@kontor.example wegen Nr. {at} über 30,50 €.",
    "manuals": lambda at: f"The password has {at} characters, api_key = get_key({at}) — see section {at}.",
    "code": lambda at: f"def f{at}(x):\n    return x.replace('\\n', '\\x41').encode('base64')\n",
}


@pytest.mark.parametrize("kind", BATCHES)
def test_a_batch_of_documents_is_judged_to_its_end(kind: str) -> None:
    inspection = INSPECTOR.open("openai_embeddings", replace(BALANCED, max_findings=3_000), ALICE)
    texts = [BATCHES[kind](at) for at in range(2_048)]
    inspection.request(orjson.dumps({"model": "m", "input": texts}))
    verdict = inspection.core().prompt
    assert reasons(verdict) == set()
    assert verdict.receipt.segments == 2_048


def test_bounds_end_where_they_were_set() -> None:
    with Bounded(1000, 3):
        within = effort.left
        assert within < FREE
        with Share(10):
            effort.left -= 100
        assert effort.left == within - 100
        with Bounded(5, 1):
            effort.found()
            effort.left -= 1
        assert effort.left == within - 100
        assert effort.findings == 3
        seen: list[int] = []
        other = threading.Thread(target=lambda: seen.append(effort.left))
        other.start()
        other.join()
        assert seen[0] > FREE
    assert effort.left > FREE
    with Share(10):
        assert effort.left > FREE


def test_a_share_is_no_more_than_is_left() -> None:
    with Bounded(0, 0):
        effort.left = 5
        with Share(1_000_000):
            assert effort.left == 5
            effort.left -= 6
        assert effort.left == -1


def test_steps_of_findings_are_given_back_while_a_policy_allows_for_more() -> None:
    with Bounded(0, 2):
        before = effort.left
        for _ in range(3):
            effort.found()
        once = (effort.left - before) // 2
        assert once > 0
        assert effort.left == before + 2 * once
