"""A guardrail for LiteLLM's proxy and SDK: texts are judged, masked, and get their values back.

LiteLLM hands over the texts of a request or a response of any provider, and writes back what it is given.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from litellm.integrations.custom_guardrail import CustomGuardrail

from ...detection.texts import Text
from ...detection.types import Kind, Role
from ...library import default
from ...library.exchange import Exchange
from ...library.outcome import Blocked, Outcome
from ...library.settings import PolicyLike, policy_of
from ...library.tree import texts_in, with_texts
from ...library.turn import in_thread

MOST_KEPT = 10_000
"""Requests whose responses may still come; of older ones what was masked stays masked."""


class SluicegateGuardrail(CustomGuardrail):  # type: ignore[misc]  # LiteLLM is not there when types are checked
    """The library as a guardrail: ``guardrail: sluicegate.middleware.hooks.litellm.SluicegateGuardrail``.

    Raises `Blocked` for a block, as LiteLLM expects of a guardrail.

    Args:
        policy: decides instead of the library's: the name of a built-in one, a policy, or a file.
        how: what LiteLLM says of every guardrail.

    Raises:
        BadPolicy: there is no such policy.
    """

    def __init__(self, policy: PolicyLike | None = None, **how: Any) -> None:
        super().__init__(**how)
        self._policy = None if policy is None else policy_of(policy)
        self._asked: OrderedDict[str, Exchange] = OrderedDict()

    async def apply_guardrail(
        self,
        inputs: Mapping[str, Any],
        request_data: Mapping[str, Any],
        input_type: Literal["request", "response"],
        logging_obj: Any = None,
    ) -> Mapping[str, Any]:
        """Judge the texts and calls of tools of a request or a response; return them as they may go on.

        Args:
            inputs: ``texts``, and ``tool_calls`` and ``tools`` as OpenAI has them.
            request_data: the request; ``litellm_call_id`` names it.
            input_type: which of the two.
            logging_obj: is not looked at.

        Raises:
            Blocked: the policy says so.
        """
        calls = [call for call in inputs.get("tool_calls") or () if isinstance(call, dict)]
        role = Role.USER if input_type == "request" else Role.ASSISTANT
        texts = [Text(text, role) for text in inputs.get("texts") or ()]
        count = len(texts)
        texts += [Text(_arguments(call), Role.ASSISTANT, Kind.ARGUMENTS) for call in calls]
        tools = [*texts_in(inputs.get("tools") or [], Role.SYSTEM)]
        texts += [text._replace(kind=Kind.TOOL_DEFINITION) for text in tools]
        if not texts:
            return inputs
        name = str(request_data.get("litellm_call_id") or "")
        outcome, out = await in_thread(self._judged, name, input_type, texts)
        if outcome.blocked:
            raise Blocked(outcome)
        told = {**inputs, "texts": list(out[:count])}
        if calls:
            told["tool_calls"] = [_with(call, given) for call, given in zip(calls, out[count:], strict=False)]
        if tools:
            told["tools"] = with_texts(inputs["tools"], iter(out[-len(tools) :]))
        return told

    def _judged(self, name: str, kind: str, texts: Sequence[Text]) -> tuple[Outcome, Sequence[str]]:
        if kind == "response":
            asked = self._asked.pop(name, None) or default.current().begin(self._policy)
            return asked.answer(texts)
        exchange = default.current().begin(self._policy)
        if name:
            while len(self._asked) >= MOST_KEPT:
                self._asked.popitem(last=False)
            self._asked[name] = exchange
        return exchange.prompt(texts)


def _arguments(call: Mapping[str, Any]) -> str:
    function = call.get("function")
    return str(function.get("arguments") or "") if isinstance(function, dict) else ""


def _with(call: Mapping[str, Any], arguments: str) -> Mapping[str, Any]:
    function = call.get("function")
    return {**call, "function": {**function, "arguments": arguments}} if isinstance(function, dict) else call
