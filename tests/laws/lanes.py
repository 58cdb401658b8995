"""The texts that grow in streamed answers, dialect by dialect: how one is told in pieces, and how it is read.

A lane is one text of one dialect: its content, the arguments of a tool, reasoning. Where frames repeat the
whole text, the lane says where. What it reads it reads itself, by the place in the frame.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.fuzz.material import MATERIALS
from tests.fuzz.shapes import Material, Tree

type Way = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """One growing text.

    Attributes:
        material: of the dialect.
        name: ``content``, ``arguments`` or ``reasoning``.
        begin: frames in front.
        piece: the frame of a piece.
        end: the frames behind, given the whole text.
        way: where a piece stands in its frame.
        again: where frames behind repeat the whole text.
        signed: it is never edited: what would change it stops the answer.
        grows: it comes in pieces; else one frame holds all of it.
    """

    material: Material
    name: str
    begin: tuple[Tree, ...]
    piece: Callable[[str], Tree]
    end: Callable[[str], tuple[Tree, ...]]
    way: Way
    again: tuple[Way, ...] = ()
    signed: bool = False
    grows: bool = True

    def __str__(self) -> str:
        return f"{self.material} {self.name}"

    def frames(self, parts: list[str]) -> list[Tree]:
        """The frames of a stream that tells a text in these parts."""
        return [*self.begin, *map(self.piece, parts), *self.end("".join(parts))]

    def said(self, frames: list[Any]) -> str:
        """The text, as a client puts it together."""
        return "".join(text for frame in frames if (text := _at(frame, self.way)) is not None)

    def repeated(self, frames: list[Any]) -> list[str]:
        """What repeats it; where it began it was empty."""
        return [text for frame in frames for way in self.again if (text := _at(frame, way))]


def _at(value: Any, way: Way) -> str | None:
    for step in way:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value if isinstance(value, str) else None


def _put(way: Way, text: str, inside: Any) -> Any:
    """A frame like `inside` with a text at the end of a way."""
    if not way:
        return text
    step, rest = way[0], way[1:]
    if isinstance(step, int):
        return [_put(rest, text, inside[step] if isinstance(inside, list) and inside else {})]
    held = inside if isinstance(inside, dict) else {}
    return {**held, step: _put(rest, text, held.get(step, {}))}


def _lane(
    material: Material,
    name: str,
    like: Tree,
    way: Way,
    begin: tuple[Tree, ...] = (),
    end: Callable[[str], tuple[Tree, ...]] = lambda _: (),
    **more: Any,
) -> Lane:
    return Lane(material, name, begin, lambda text: _put(way, text, like), end, way, **more)


def _named(name: str) -> Material:
    return next(material for material in MATERIALS if str(material) == name)


def _chat(material: Material) -> Iterator[Lane]:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    choice = {"index": 0, "delta": {}, "finish_reason": None}
    delta: Way = ("choices", 0, "delta")
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "send", "arguments": ""}}
    more = {**head, "choices": [{**choice, "delta": {"tool_calls": [{"index": 0, "function": {}}]}}]}

    def end(reason: str) -> Callable[[str], tuple[Tree, ...]]:
        return lambda _: ({**head, "choices": [{**choice, "finish_reason": reason}]},)

    like = {**head, "choices": [choice]}
    yield _lane(material, "content", like, (*delta, "content"), end=end("stop"))
    yield _lane(material, "reasoning", like, (*delta, "reasoning_content"), end=end("stop"))
    yield _lane(
        material,
        "arguments",
        more,
        (*delta, "tool_calls", 0, "function", "arguments"),
        ({**head, "choices": [{**choice, "delta": {"tool_calls": [call]}}]},),
        end("tool_calls"),
    )


def _completions() -> Iterator[Lane]:
    like = {"id": "cmpl-1", "choices": [{"index": 0, "text": "", "finish_reason": None}]}
    last = {"id": "cmpl-1", "choices": [{"index": 0, "text": "", "finish_reason": "stop"}]}
    yield _lane(_named("openai_completions"), "content", like, ("choices", 0, "text"), end=lambda _: (last,))


def _responses(material: Material) -> Iterator[Lane]:
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
    called = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "send"}
    thought = {"type": "reasoning", "id": "rs_1"}

    def part(text: str) -> Tree:
        return {"type": "output_text", "text": text, "annotations": []}

    def summary(text: str) -> Tree:
        return {"type": "summary_text", "text": text}

    texts: tuple[tuple[str, str, str, Callable[[str], Tree], Tree, Tree, Way], ...] = (
        (
            "content", "response.output_text", "text", lambda text: {**message, "content": [part(text)]},
            {**message, "content": []}, {"item_id": "msg_1", "output_index": 0, "content_index": 0},
            ("content", 0, "text"),
        ),
        (
            "arguments", "response.function_call_arguments", "arguments",
            lambda text: {**called, "arguments": text}, {**called, "arguments": ""},
            {"item_id": "fc_1", "output_index": 0}, ("arguments",),
        ),
        (
            "reasoning", "response.reasoning_summary_text", "text",
            lambda text: {**thought, "summary": [summary(text)]}, {**thought, "summary": []},
            {"item_id": "rs_1", "output_index": 0, "summary_index": 0}, ("summary", 0, "text"),
        ),
    )  # fmt: skip
    for name, family, done, item, empty, at, inner in texts:
        begin = (
            {"type": "response.created", "response": {"id": "resp_1", "object": "response", "output": []}},
            {"type": "response.output_item.added", "output_index": 0, "item": empty},
        )

        def end(
            text: str,
            family: str = family,
            done: str = done,
            item: Callable[[str], Tree] = item,
            at: Tree = at,
        ) -> tuple[Tree, ...]:
            whole = {"id": "resp_1", "object": "response", "status": "completed", "output": [item(text)]}
            return (
                {"type": f"{family}.done", **at, done: text},
                {"type": "response.output_item.done", "output_index": 0, "item": item(text)},
                {"type": "response.completed", "response": whole},
            )

        again: tuple[Way, ...] = ((done,), ("item", *inner), ("response", "output", 0, *inner))
        like = {"type": f"{family}.delta", **at}
        yield _lane(material, name, like, ("delta",), begin, end, again=again)


def _transcripts(material: Material) -> Iterator[Lane]:
    yield _lane(
        material,
        "content",
        {"type": "transcript.text.delta"},
        ("delta",),
        end=lambda text: ({"type": "transcript.text.done", "text": text},),
        again=(("text",),),
    )


def _anthropic(material: Material) -> Iterator[Lane]:
    start = {
        "type": "message_start",
        "message": {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "usage": {}},
    }
    stop: tuple[Tree, ...] = (
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    )
    blocks: tuple[tuple[str, Tree, str, str], ...] = (
        ("content", {"type": "text", "text": ""}, "text_delta", "text"),
        ("reasoning", {"type": "thinking", "thinking": "", "signature": ""}, "thinking_delta", "thinking"),
        ("arguments", {"type": "tool_use", "id": "toolu_1", "name": "send", "input": {}}, "input_json_delta",
         "partial_json"),
    )  # fmt: skip
    for name, block, kind, member in blocks:
        begin = (start, {"type": "content_block_start", "index": 0, "content_block": block})
        like = {"type": "content_block_delta", "index": 0, "delta": {"type": kind}}
        signed = name == "reasoning"
        yield _lane(material, name, like, ("delta", member), begin, lambda _: stop, signed=signed)


def _conversations() -> Iterator[Lane]:
    material = _named("mistral_conversations")
    place = {"output_index": 0, "content_index": 0, "id": "msg_1"}
    said = {"type": "message.output.delta", "role": "assistant", **place}
    called = {"type": "function.call.delta", "name": "send", "tool_call_id": "call_1", **place}
    begin = ({"type": "conversation.response.started", "conversation_id": "conv_1"},)

    def end(_: str) -> tuple[Tree, ...]:
        return ({"type": "conversation.response.done", "usage": {}},)

    yield _lane(material, "content", said, ("content",), begin, end)
    yield _lane(material, "arguments", called, ("arguments",), begin, end)


def _cohere() -> Iterator[Lane]:
    material = _named("cohere_chat")
    begin: tuple[Tree, ...] = ({"type": "message-start", "id": "msg_1", "delta": {"message": {}}},)
    last: tuple[Tree, ...] = ({"type": "message-end", "delta": {"finish_reason": "COMPLETE"}},)
    block = {"type": "content-delta", "index": 0, "delta": {"message": {"content": {}}}}
    closed = ({"type": "content-end", "index": 0}, *last)
    for name, kind in (("content", "text"), ("reasoning", "thinking")):
        opened = {
            "type": "content-start", "index": 0, "delta": {"message": {"content": {"type": kind, kind: ""}}},
        }  # fmt: skip
        way: Way = ("delta", "message", "content", kind)
        yield _lane(material, name, block, way, (*begin, opened), lambda _: closed)
    call = {"id": "call_1", "type": "function", "function": {"name": "send", "arguments": ""}}
    started = {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": call}}}
    ended = ({"type": "tool-call-end", "index": 0}, *last)
    yield _lane(
        material,
        "arguments",
        {"type": "tool-call-delta", "index": 0},
        ("delta", "message", "tool_calls", "function", "arguments"),
        (*begin, started),
        lambda _: ended,
    )


def _cohere_v1() -> Iterator[Lane]:
    def end(text: str) -> tuple[Tree, ...]:
        whole = {"response_id": "r", "text": text, "chat_history": [{"role": "CHATBOT", "message": text}]}
        return (
            {
                "event_type": "stream-end",
                "is_finished": True,
                "finish_reason": "COMPLETE",
                "response": whole,
            },
        )

    yield _lane(
        _named("cohere_chat_v1"),
        "content",
        {"event_type": "text-generation", "is_finished": False},
        ("text",),
        ({"event_type": "stream-start", "generation_id": "g", "is_finished": False},),
        end,
        again=(("response", "text"), ("response", "chat_history", 0, "message")),
    )


def _converse() -> Iterator[Lane]:
    material = _named("bedrock_converse")
    begun: tuple[Tree, ...] = ({"messageStart": {"role": "assistant"}},)
    use = {"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId": "t", "name": "send"}}}
    delta: Way = ("contentBlockDelta", "delta")
    like = {"contentBlockDelta": {"contentBlockIndex": 0}}

    def end(_: str) -> tuple[Tree, ...]:
        stop = {"messageStop": {"stopReason": "end_turn"}}
        return {"contentBlockStop": {"contentBlockIndex": 0}}, stop

    yield _lane(material, "content", like, (*delta, "text"), begun, end)
    yield _lane(material, "reasoning", like, (*delta, "reasoningContent", "text"), begun, end, signed=True)
    opened = (*begun, {"contentBlockStart": use})
    yield _lane(material, "arguments", like, (*delta, "toolUse", "input"), opened, end)


def _own() -> Iterator[Lane]:
    material = _named("bedrock_invoke, its own")
    like, last = {"index": 0}, {"index": 0, "outputText": "", "completionReason": "FINISH"}
    yield _lane(material, "content", like, ("outputText",), end=lambda _: (last,))


def _gemini(material: Material) -> Iterator[Lane]:
    part: Way = ("candidates", 0, "content", "parts", 0)
    head = {"usageMetadata": {"promptTokenCount": 1}, "modelVersion": "m"}

    def like(inner: Tree) -> Tree:
        content = {"parts": [inner], "role": "model"}
        return {"candidates": [{"content": content, "index": 0}], **head}

    def end(_: str) -> tuple[Tree, ...]:
        return ({"candidates": [{"content": {"parts": []}, "index": 0, "finishReason": "STOP"}], **head},)

    yield _lane(material, "content", like({}), (*part, "text"), end=end)
    yield _lane(material, "reasoning", like({"thought": True}), (*part, "text"), end=end)
    piece = {"jsonPath": "$.to", "willContinue": True}
    call = like({"functionCall": {"partialArgs": [piece], "willContinue": True}})
    begin = (like({"functionCall": {"name": "send", "willContinue": True}}),)
    way: Way = (*part, "functionCall", "partialArgs", 0, "stringValue")
    yield _lane(material, "arguments", call, way, begin, end)


def _interactions() -> Iterator[Lane]:
    material = _named("gemini_interactions")
    steps: tuple[tuple[str, Tree, Tree, Way, Callable[[str], Tree], Way], ...] = (
        (
            "content", {"type": "model_output"}, {"type": "text"}, ("text",),
            lambda text: {"type": "model_output", "content": [{"type": "text", "text": text}]},
            ("content", 0, "text"),
        ),
        (
            "reasoning", {"type": "thought"}, {"type": "thought_summary", "content": {"type": "text"}},
            ("content", "text"),
            lambda text: {"type": "thought", "summary": [{"type": "text", "text": text}]},
            ("summary", 0, "text"),
        ),
    )  # fmt: skip
    for name, step, delta, way, whole, inner in steps:
        begin = (
            {"event_type": "interaction.created", "interaction": {"id": "i1", "steps": []}},
            {"event_type": "step.start", "index": 0, "step": step},
        )

        def end(text: str, whole: Callable[[str], Tree] = whole) -> tuple[Tree, ...]:
            told = {"id": "i1", "status": "completed", "steps": [whole(text)]}
            completed = {"event_type": "interaction.completed", "interaction": told}
            return {"event_type": "step.stop", "index": 0}, completed

        like = {"event_type": "step.delta", "index": 0, "delta": delta}
        again: tuple[Way, ...] = (("interaction", "steps", 0, *inner),)
        yield _lane(material, name, like, ("delta", *way), begin, end, again=again)
    call = {"type": "function_call", "id": "f", "name": "send"}
    stop: tuple[Tree, ...] = ({"event_type": "step.stop", "index": 0},)
    like = {"event_type": "step.delta", "index": 0, "delta": {"type": "arguments_delta"}}
    opened: tuple[Tree, ...] = ({"event_type": "step.start", "index": 0, "step": call},)
    yield _lane(material, "arguments", like, ("delta", "arguments"), opened, lambda _: stop)


def _ollama() -> Iterator[Lane]:
    head = {"model": "m", "created_at": "2026-01-01T00:00:00Z", "done": False}
    last = {**head, "done": True, "done_reason": "stop"}
    chat, generate = _named("ollama_chat"), _named("ollama_generate")
    said = {**head, "message": {"role": "assistant"}}

    def chat_end(_: str) -> tuple[Tree, ...]:
        return ({**last, "message": {"role": "assistant", "content": ""}},)

    def end(_: str) -> tuple[Tree, ...]:
        return ({**last, "response": ""},)

    yield _lane(chat, "content", said, ("message", "content"), end=chat_end)
    like = {**head, "message": {"role": "assistant", "content": ""}}
    yield _lane(chat, "reasoning", like, ("message", "thinking"), end=chat_end)
    yield _lane(generate, "content", head, ("response",), end=end)
    yield _lane(generate, "reasoning", {**head, "response": ""}, ("thinking",), end=end)


def _whole() -> Iterator[Lane]:
    """Dialects whose frames hold texts and never pieces of one."""
    result = {"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text"}]}}
    yield _lane(_named("mcp"), "content", result, ("result", "content", 0, "text"), grows=False)
    picture = {"type": "image_generation.completed", "size": "1x1"}
    yield _lane(_named("openai_images"), "content", picture, ("revised_prompt",), grows=False)
    sound = {"type": "speech.audio.done"}
    yield _lane(_named("openai_speech"), "content", sound, ("note",), grows=False)


LANES: tuple[Lane, ...] = (
    *(
        lane
        for name in ("openai_chat", "mistral_fim", "mistral_agents", "bedrock_invoke, chat")
        for lane in _chat(_named(name))
    ),
    *_completions(),
    *(
        lane for name in ("openai_responses", "openai_conversations") for lane in _responses(_named(name))
    ),
    *(lane for name in ("openai_forms", "openai_files") for lane in _transcripts(_named(name))),
    *(
        lane
        for name in ("anthropic", "anthropic_count", "bedrock_invoke, anthropic")
        for lane in _anthropic(_named(name))
    ),
    *_conversations(),
    *_cohere(),
    *_cohere_v1(),
    *_converse(),
    *_own(),
    *(lane for name in ("gemini, sse", "gemini, json_array") for lane in _gemini(_named(name))),
    *_interactions(),
    *_ollama(),
    *_whole(),
)  # fmt: skip


def spelled(lane: Lane, text: str) -> str:
    """The text as it stands in a lane: arguments are JSON, but for those that come as values."""
    if lane.name != "arguments" or lane.material.dialect == "gemini":
        return text
    return json.dumps({"to": text})


def plain(lane: Lane) -> bytes:
    """A request of the lane's dialect in which nothing stands that a policy of the tests would stop."""
    material = lane.material
    plain: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}], "model": "m", "stream": True}
    match material.dialect:
        case "bedrock_converse":
            plain = {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}
        case "gemini":
            plain = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
        case "bedrock_invoke" if "anthropic" in material.name:
            plain = {"anthropic_version": "x", "max_tokens": 9, "messages": plain["messages"]}
        case "bedrock_invoke" if "own" in material.name:
            plain = {"inputText": "hi"}
        case (
            "openai_chat"
            | "anthropic"
            | "anthropic_count"
            | "ollama_chat"
            | "mistral_agents"
            | "bedrock_invoke"
        ):
            plain |= {"max_tokens": 9, "agent_id": "a"} if material.dialect != "bedrock_invoke" else {}
        case _:
            return json.dumps(material.requests[-1]).encode()
    return json.dumps(plain).encode()
