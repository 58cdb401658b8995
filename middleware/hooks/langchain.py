"""Guards for LangChain: a runnable that masks and restores, and a callback that stops.

A callback is shown what passes and can change nothing; it can only raise. To mask, wrap the model.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Literal

import orjson
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import LLMResult
from langchain_core.prompt_values import ChatPromptValue, PromptValue
from langchain_core.runnables import Runnable, RunnableConfig

from ...detection.texts import Text
from ...detection.types import Action, Role
from ...library import default
from ...library.exchange import Exchange, Stream
from ...library.outcome import Blocked, Outcome
from ...library.settings import PolicyLike, policy_of
from ...library.tree import texts_in, with_texts
from ...library.turn import in_thread

_ROLES = {"system": Role.SYSTEM, "human": Role.USER, "ai": Role.ASSISTANT, "tool": Role.TOOL}


class GuardRunnable(Runnable[Any, Any]):
    """A model or a chain that is guarded: ``GuardRunnable(model)`` stands wherever the model stood.

    What goes in is judged and may go in masked; what comes out is judged and gets its values back, streams
    as they grow. Raises `Blocked` for a block.

    Args:
        inner: what is guarded; takes texts, messages, prompts, or dicts and lists of such.
        policy: decides instead of the library's.

    Raises:
        BadPolicy: there is no such policy.
    """

    def __init__(self, inner: Runnable[Any, Any], *, policy: PolicyLike | None = None) -> None:
        self._inner = inner
        self._policy = None if policy is None else policy_of(policy)

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - LangChain's name
        """Run once. Raises `Blocked`."""
        exchange, given = self._asked(input)
        return _answered(exchange, self._inner.invoke(given, config, **kwargs))

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - as above
        """Run once. Raises `Blocked`."""
        exchange, given = await in_thread(self._asked, input)
        value = await self._inner.ainvoke(given, config, **kwargs)
        return await in_thread(_answered, exchange, value)

    def stream(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any | None) -> Iterator[Any]:  # noqa: A002 - as above
        """Yield what may be let go of what the inner one yields. Raises `Blocked` where that stops it."""
        exchange, given = self._asked(input)
        pieces = _Pieces(exchange)
        for chunk in self._inner.stream(given, config, **kwargs):
            yield from pieces.feed(chunk)
        yield from pieces.close()

    async def astream(
        self,
        input: Any,  # noqa: A002 - as above
        config: RunnableConfig | None = None,
        **kwargs: Any | None,
    ) -> AsyncIterator[Any]:
        """Yield what may be let go; see `stream`."""
        exchange, given = await in_thread(self._asked, input)
        pieces = _Pieces(exchange)
        async for chunk in self._inner.astream(given, config, **kwargs):
            for released in pieces.feed(chunk):
                yield released
        for released in pieces.close():
            yield released

    def _asked(self, given: Any) -> tuple[Exchange, Any]:
        exchange = default.current().begin(self._policy)
        if isinstance(given, PromptValue):
            given = ChatPromptValue(messages=given.to_messages())
        texts = [*_texts(given, Role.USER)]
        outcome, out = exchange.prompt(texts)
        _raise(outcome)
        return exchange, _with(given, iter(out)) if outcome.changed else given


class GuardCallback(BaseCallbackHandler):
    """Stops runs of models, tools and retrievers whose texts are blocked: ``config={"callbacks": [...]}``.

    Args:
        policy: decides instead of the library's.
        on_mask: what becomes of a value that the policy masks, which a callback cannot: ``block`` stops
            the run, ``pass`` lets it go on.

    Raises:
        BadPolicy: there is no such policy.
        ValueError: `on_mask` is neither word.
    """

    raise_error = True
    run_inline = True

    def __init__(
        self, *, policy: PolicyLike | None = None, on_mask: Literal["block", "pass"] = "block"
    ) -> None:
        if on_mask not in ("block", "pass"):
            raise ValueError("on_mask must be block or pass")
        self._policy = None if policy is None else policy_of(policy)
        self._stops = Action.MASK if on_mask == "block" else Action.BLOCK

    def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[BaseMessage]], **kwargs: Any
    ) -> None:
        """Judge what a chat model is given. Raises `Blocked`."""
        self._prompt([*_texts(messages, Role.USER)])

    def on_llm_start(self, serialized: dict[str, Any], prompts: list[str], **kwargs: Any) -> None:
        """Judge what a model is given. Raises `Blocked`."""
        self._prompt([*_texts(prompts, Role.USER)])

    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        """Judge what a model said. Raises `Blocked`."""
        said = [getattr(item, "message", item.text) for row in response.generations for item in row]
        self._answer([*_texts(said, Role.ASSISTANT)])

    def on_tool_start(self, serialized: dict[str, Any], input_str: str, **kwargs: Any) -> None:
        """Judge what a tool is given. Raises `Blocked`."""
        self._answer([Text(input_str, Role.ASSISTANT)])

    def on_tool_end(self, output: Any, **kwargs: Any) -> None:
        """Judge what a tool returned. Raises `Blocked`."""
        self._prompt([*_texts(output, Role.TOOL)])

    def on_retriever_end(self, documents: Sequence[Any], **kwargs: Any) -> None:
        """Judge what was found for a model to read. Raises `Blocked`."""
        self._prompt([Text(document.page_content, Role.RETRIEVED) for document in documents])

    def _prompt(self, texts: Sequence[Text]) -> None:
        if texts:
            self._stop(default.current().begin(self._policy).prompt(texts)[0])

    def _answer(self, texts: Sequence[Text]) -> None:
        if texts:
            self._stop(default.current().begin(self._policy).answer(texts)[0])

    def _stop(self, outcome: Outcome) -> None:
        if outcome.action >= self._stops:
            raise Blocked(outcome)


class _Pieces:
    """What a runnable yields, as it may go on. Calls of tools are judged when all of them is there."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._stream: Stream = exchange.stream()
        self._calls: AIMessageChunk | None = None
        self._of_messages = False

    def feed(self, chunk: Any) -> Iterator[Any]:
        """Yield what may go on after a piece. Raises `Blocked` after it."""
        if isinstance(chunk, str):
            released = self._stream.feed(chunk)
            if released:
                yield released
        elif isinstance(chunk, AIMessageChunk) and isinstance(chunk.content, str):
            self._of_messages = True
            if chunk.tool_call_chunks:
                self._calls = chunk if self._calls is None else self._calls + chunk
                return
            yield chunk.model_copy(update={"content": self._stream.feed(chunk.content)})
        else:
            yield _answered(self._exchange, chunk)
        self._check()

    def close(self) -> Iterator[Any]:
        """Yield what was held. Raises `Blocked` after it."""
        released = self._stream.close()
        if self._calls is not None:
            self._check()
            whole = _answered(self._exchange, self._calls)
            yield whole.model_copy(update={"content": f"{released}{whole.content}"})
        elif released:
            yield AIMessageChunk(content=released) if self._of_messages else released
        self._check()

    def _check(self) -> None:
        if self._stream.blocked:
            raise Blocked(self._stream.outcome())


def _answered(exchange: Exchange, value: Any) -> Any:
    texts = [*_texts(value, Role.ASSISTANT)]
    if not texts:
        return value
    outcome, out = exchange.answer(texts)
    _raise(outcome)
    changed = any(text.text != new for text, new in zip(texts, out, strict=True))
    return _with(value, iter(out)) if changed else value


def _raise(outcome: Outcome) -> None:
    if outcome.blocked:
        raise Blocked(outcome)


def _texts(value: Any, role: Role) -> Iterator[Text]:
    """Yield the texts of messages, prompts, lists, dicts and strings, in order."""
    if isinstance(value, BaseMessage):
        yield from texts_in(_parts(value), _ROLES.get(value.type, role))
    elif isinstance(value, ChatPromptValue):
        yield from _texts(list(value.messages), role)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item, role)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item, role)
    else:
        yield from texts_in(value, role)


def _with(value: Any, texts: Iterator[str]) -> Any:
    """Return a value with other texts in the places of `_texts`."""
    if isinstance(value, BaseMessage):
        return _changed(value, with_texts(_parts(value), texts))
    if isinstance(value, ChatPromptValue):
        return ChatPromptValue(messages=[_with(item, texts) for item in value.messages])
    if isinstance(value, list | tuple):
        return type(value)(_with(item, texts) for item in value)
    if isinstance(value, dict):
        return {key: _with(item, texts) for key, item in value.items()}
    return with_texts(value, texts)


def _parts(message: BaseMessage) -> dict[str, Any]:
    """Return what of a message holds texts; arguments of tools as the JSON that they are on the wire."""
    calls = [
        {"arguments": orjson.dumps(call["args"]).decode()} for call in getattr(message, "tool_calls", ())
    ]
    return {"content": message.content, "more": message.additional_kwargs, "calls": calls}


def _changed(message: BaseMessage, parts: Any) -> BaseMessage:
    update = {"content": parts["content"], "additional_kwargs": parts["more"]}
    calls = getattr(message, "tool_calls", ())
    if calls:
        given = [call["arguments"] for call in parts["calls"]]
        update["tool_calls"] = [
            {**call, "args": orjson.loads(new)} for call, new in zip(calls, given, strict=True)
        ]
        if isinstance(message, AIMessageChunk):
            update["tool_call_chunks"] = [
                {
                    "name": call["name"],
                    "args": new,
                    "id": call["id"],
                    "index": index,
                    "type": "tool_call_chunk",
                }
                for index, (call, new) in enumerate(zip(calls, given, strict=True))
            ]
    return message.model_copy(update=update)
