"""The guardrail of LiteLLM, over a stand-in for its base class; the real one is tried in tests/long."""

import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from sluicegate import Blocked
from tests.library.material import ATTACK, MAIL, SECRET

_NAME = "sluicegate.middleware.hooks.litellm"


class _Base:
    def __init__(self, guardrail_name: str = "") -> None:
        self.guardrail_name = guardrail_name


@pytest.fixture
def guardrail(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The guardrail, as LiteLLM makes it."""
    for name in ("litellm", "litellm.integrations", "litellm.integrations.custom_guardrail"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    sys.modules["litellm.integrations.custom_guardrail"].__dict__["CustomGuardrail"] = _Base
    monkeypatch.delitem(sys.modules, _NAME, raising=False)
    yield import_module(_NAME).SluicegateGuardrail(guardrail_name="sluicegate")
    sys.modules.pop(_NAME, None)


async def test_a_value_goes_masked_and_comes_back(guardrail: Any) -> None:
    request = {"litellm_call_id": "call-1"}
    asked = await guardrail.apply_guardrail({"texts": [f"I am {MAIL}", "hi"]}, request, "request")
    assert MAIL not in asked["texts"][0]
    assert asked["texts"][1] == "hi"
    told = await guardrail.apply_guardrail({"texts": [asked["texts"][0]]}, request, "response")
    assert told["texts"] == [f"I am {MAIL}"]
    assert guardrail._asked == {}
    again = await guardrail.apply_guardrail({"texts": [asked["texts"][0]]}, request, "response")
    assert MAIL not in again["texts"][0]


async def test_an_attack_is_an_error(guardrail: Any) -> None:
    with pytest.raises(Blocked):
        await guardrail.apply_guardrail({"texts": [ATTACK]}, {}, "request")


async def test_calls_of_tools_are_judged_as_such(guardrail: Any) -> None:
    call = {
        "id": "1",
        "type": "function",
        "function": {"name": "send", "arguments": f'{{"text":"{SECRET}"}}'},
    }
    told = await guardrail.apply_guardrail({"texts": [], "tool_calls": [call]}, {}, "response")
    assert SECRET not in str(told)
    assert told["tool_calls"][0]["function"]["arguments"].startswith('{"text":"')
    assert call["function"] != told["tool_calls"][0]["function"]


async def test_definitions_of_tools_are_judged(guardrail: Any) -> None:
    def tool(description: str) -> Any:
        return {"type": "function", "function": {"name": "send", "description": description}}

    inputs = {"texts": ["hi"], "tools": [tool("Sends a note.")]}
    assert await guardrail.apply_guardrail(inputs, {}, "request") == inputs
    asked = await guardrail.apply_guardrail({"texts": ["hi"], "tools": [tool(f"Ask {MAIL}")]}, {}, "request")
    assert MAIL not in str(asked)


async def test_what_is_kept_is_bounded(guardrail: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[_NAME], "MOST_KEPT", 2)
    for number in range(4):
        await guardrail.apply_guardrail({"texts": ["hi"]}, {"litellm_call_id": str(number)}, "request")
    assert [*guardrail._asked] == ["2", "3"]


async def test_nothing_is_nothing(guardrail: Any) -> None:
    assert await guardrail.apply_guardrail({"images": ["x"]}, {}, "request") == {"images": ["x"]}
