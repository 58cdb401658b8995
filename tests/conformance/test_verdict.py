"""The kit finds fault where there is one."""

import dataclasses
from typing import Any

import pytest

from tests.conformance.kit import Cell
from tests.conformance.scenarios import MAIL, SCENARIOS, SECRET, UPSTREAM_SAYS, Scenario
from tests.conformance.sdks import SDKS, Sdk
from tests.conformance.verdict import faults

OPENAI, INSTRUCTOR = (next(sdk for sdk in SDKS if sdk.name == name) for name in ("openai", "instructor"))
SENT = "what the upstream was sent"
SAFE = SCENARIOS[0].policy.safe_text
ERROR = {"package": "openai", "name": "BadRequestError", "message": f"400: {UPSTREAM_SAYS}"}
UNMADE = {"package": "instructor", "name": "InstructorRetryException", "message": f"because {SAFE}"}
CALL = {"name": "send_mail", "arguments": {"to": "the board", "subject": 'Q3 "results"'}}
HELLO = "Hello there, K\u00f6nig \U0001f600."


def scenario(name: str) -> Scenario:
    return next(scenario for scenario in SCENARIOS if scenario.name == name)


def cell(outcome: str, fate: str | None, times: int = 1, **told: Any) -> Cell:
    usual = {
        "text": "",
        "pieces": 2,
        "refusal": "",
        "finish": "",
        "calls": [],
        "unfinished": [],
        "error": None,
    }
    sent, fates = ((SENT,) * times, (fate,) * times) if fate else ((), ())
    return Cell(usual | told, (outcome,) * times, sent, fates)


GOOD: dict[str, Cell] = {
    "plain": cell("complete", "complete", text=HELLO, finish="stop"),
    "streamed": cell("complete", "complete", text=HELLO, finish="stop"),
    "tools": cell("complete", "complete", calls=[CALL], finish="tool_calls"),
    "mask with restore": cell("complete", "complete", text=f"Dear {MAIL}, all is well.", finish="stop"),
    "upstream error": cell("complete", "complete", error=ERROR),
    "upstream overloaded": cell("upstream_error", "complete", 3, error=ERROR),
    "block before": cell("refused", None, text=SAFE, finish="content_filter"),
    "block in mid-stream": cell(
        "stopped", "aborted", text="All is well. The key is ", finish="content_filter"
    ),
    "block in mid-stream, tools": cell("stopped", "complete", finish="content_filter"),
    "client cancel": cell("client_gone", "aborted", text="One two "),
}
BAD: list[tuple[str, dict[str, Any], str]] = [
    ("plain", {"text": "Hello there."}, "the text was"),
    ("plain", {"finish": ""}, "why the answer ended"),
    ("plain", {"error": ERROR}, "it raised"),
    ("plain", {"calls": [CALL]}, "the calls were"),
    ("plain", {"outcomes": ("complete", "complete")}, "the gateway was asked 2 times, not 1"),
    ("plain", {"received": (SENT, SENT)}, "the upstream was asked 2 times"),
    ("plain", {"received": ()}, "the upstream was asked 0 times"),
    ("streamed", {"pieces": 1}, "in one piece"),
    ("tools", {"calls": []}, "the calls were"),
    ("tools", {"calls": [CALL | {"name": "send"}]}, "the calls were"),
    ("mask with restore", {"text": "Dear SgxE0123456789, all is well."}, "the text was"),
    ("mask with restore", {"received": (f"Write to {MAIL}",)}, "the address reached the upstream"),
    ("upstream error", {"error": None}, "nothing was raised"),
    ("upstream error", {"error": ERROR | {"package": "httpx"}}, "BadRequestError is of httpx"),
    ("upstream error", {"error": ERROR | {"message": "400"}}, "words are not in"),
    ("upstream overloaded", {"outcomes": ("upstream_error",) * 9}, "the gateway was asked 9 times, not 3"),
    ("upstream overloaded", {"received": (SENT,) * 9}, "the upstream was asked 9 times"),
    ("block before", {"finish": "stop"}, "it ended with 'stop'"),
    ("block before", {"text": "Well."}, "words of the refusal"),
    ("block before", {"calls": [CALL]}, "a tool was called"),
    ("block before", {"received": (SENT,)}, "the upstream was asked 1 times"),
    ("block before", {"outcomes": ("complete",)}, "it is recorded as"),
    ("block in mid-stream", {"text": "All is well. "}, "was released"),
    ("block in mid-stream", {"text": f"All is well. The key is {SECRET}"}, "the secret reached the caller"),
    ("block in mid-stream", {"text": "All is well. The key is as agreed."}, "came behind"),
    ("block in mid-stream", {"finish": ""}, "it ended with ''"),
    ("block in mid-stream", {"error": ERROR}, "it ended with 'BadRequestError'"),
    ("block in mid-stream", {"fates": ("complete",)}, "the upstream's call was"),
    ("block in mid-stream", {"outcomes": ("complete",)}, "it is recorded as"),
    ("block in mid-stream, tools", {"calls": [CALL | {"arguments": {}}]}, "it was told of calls"),
    ("block in mid-stream, tools", {"unfinished": ["send_mail"]}, "it was told of calls"),
    ("block in mid-stream, tools", {"error": ERROR}, "it ended with 'BadRequestError'"),
    ("client cancel", {"text": ""}, "the text was"),
    ("client cancel", {"error": ERROR}, "leaving raised"),
    ("client cancel", {"fates": ("complete",)}, "the upstream's call was"),
    ("client cancel", {"outcomes": ("complete",)}, "it is recorded as"),
]


@pytest.mark.parametrize("name", GOOD)
def test_what_is_right_is_right(name: str) -> None:
    assert faults(OPENAI, scenario(name), GOOD[name]) == []


@pytest.mark.parametrize(("name", "change", "said"), BAD, ids=lambda value: str(value)[:40])
def test_what_is_wrong_is_told(name: str, change: dict[str, Any], said: str) -> None:
    good = GOOD[name]
    own = {key: value for key, value in change.items() if key in Cell.__slots__}
    told = good.told | {key: value for key, value in change.items() if key not in own}
    wrong = faults(OPENAI, scenario(name), dataclasses.replace(good, told=told, **own))
    assert [fault for fault in wrong if said in fault], wrong


@pytest.mark.parametrize(
    ("sdk", "told", "right"),
    [
        (INSTRUCTOR, {"error": UNMADE}, True),
        (INSTRUCTOR, {"text": SAFE, "finish": "content_filter"}, False),
        (OPENAI, {"error": UNMADE}, False),
        (OPENAI, {"text": SAFE, "finish": "content_filter"}, True),
    ],
)
def test_an_object_that_is_refused_is_an_exception(sdk: Sdk, told: dict[str, Any], *, right: bool) -> None:
    found = faults(sdk, scenario("block before, tools"), cell("refused", None, **told))
    assert bool(found) is not right
