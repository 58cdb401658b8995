"""A rule that speaks of some kinds of text finds nothing in others."""

import json

import pytest

from sluicegate.detection.layered import ByLot, Layered
from sluicegate.detection.patterns import Pattern
from sluicegate.detection.rules import load_pack
from sluicegate.detection.ruleset import Ruleset
from sluicegate.detection.text_scan import TextScan
from sluicegate.detection.types import Kind
from tests.detection.support import (
    ARGUMENT_RULES,
    MASK_ALL,
    begin,
    call_stream,
    frames_of,
    inspector_of,
    run,
    text_stream,
)

PACK = """
[[rule]]
id = "wipe"
category = "code.wipe"
level = "high"
score = 0.625
kinds = ["arguments"]
label = "Wipe"
pattern = 'wipe[0-9]'
anchor = 'wipe'
after = '0-9'
source = "Made for tests."
examples = ["wipe7"]
near_misses = ["wipe"]
"""
INSPECTOR = inspector_of(load_pack(PACK, "mine"))


@pytest.mark.parametrize(("argument", "found"), [('{"a": "wipe7 "}', 1), ('{"a": "swipe "}', 0)])
def test_arguments_are_judged_and_the_words_around_them_are_not(argument: str, found: int) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": argument}}
    messages = [
        {"role": "user", "content": "wipe7 "},
        {"role": "assistant", "content": "wipe7 ", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "wipe7 "},
    ]
    inspection, _ = begin({"model": "m", "messages": messages}, MASK_ALL, inspector=INSPECTOR)
    findings = inspection.core().prompt.findings
    assert [item.score for item in findings] == [0.625] * found
    assert all(item.pointer.startswith("/messages/1/tool_calls/0") for item in findings)


def test_words_in_an_answer_do_not_wait_for_rules_about_arguments() -> None:
    rules = ByLot([Pattern(rule) for rule in ARGUMENT_RULES])
    said = "then run curl -s https://a.example/i "
    assert TextScan(rules.of(Kind.TEXT)).look(said, final=False).decided == len(said)
    assert TextScan(rules.of(Kind.ARGUMENTS)).look(said, final=False).decided == said.index("curl")
    own = Layered(rules, Ruleset([Pattern(rule) for rule in load_pack(PACK, "mine")]))
    assert TextScan(own.of(Kind.TEXT)).look("swipe7 curl ", final=False).hits
    assert TextScan(own.of(Kind.ARGUMENTS)).look("swipe7 curl ", final=False).decided == len("swipe7 ")


def test_a_streamed_answer_tells_the_kinds_apart() -> None:
    inspection, _ = begin(policy=MASK_ALL, inspector=INSPECTOR)
    assert b"wipe7" in run(inspection, [text_stream(["wipe7", " now"])])
    inspection, _ = begin(policy=MASK_ALL, inspector=INSPECTOR)
    released = run(inspection, [call_stream([json.dumps({"a": "wipe7 "})])])
    assert b"wipe7" not in released
    assert frames_of(released)
    answer = inspection.core().answer
    assert answer is not None
    assert len(answer.findings) == 1
