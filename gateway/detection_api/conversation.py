"""A conversation in OpenAI's message format, as texts to judge."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ...detection.texts import Judged, Text
from ...detection.types import Kind, Role, Verdict
from .judging import Judge
from .schemas import ANY_TEXT, NAME, NULL, OBJECT, STRING, any_of, array, enum, obj
from .shapes import Schema
from .written import written

MOST_MESSAGES = 2_000
_ROLES = {
    "user": Role.USER,
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "assistant": Role.ASSISTANT,
    "tool": Role.TOOL,
    "function": Role.TOOL,
}
_PART = obj({"type": NAME}, {"text": ANY_TEXT, "image_url": any_of(obj({"url": STRING}), STRING)})
_TOOL_CALL = obj({}, {"function": obj({}, {"name": NAME, "arguments": any_of(ANY_TEXT, OBJECT)})})
MESSAGE: Schema = obj(
    {"role": enum(*_ROLES)},
    {
        "content": any_of(ANY_TEXT, array(_PART, most=256), NULL),
        "tool_calls": any_of(array(_TOOL_CALL, most=256), NULL),
    },
)
MESSAGES: Schema = array(MESSAGE, least=1, most=MOST_MESSAGES)


_TOOL_CALLS = -2


class Placed(NamedTuple):
    """A text and where it stands: the message's number, and the part's in it (negative: no part)."""

    text: Text
    message: int
    part: int = -1


class Heard(NamedTuple):
    """What one direction of a conversation came to, beside what was said."""

    said: Sequence[Placed]
    judged: Judged

    def texts(self) -> list[str]:
        """What was said, word for word."""
        return [placed.text.text for placed in self.said]


def placed_texts(messages: Sequence[Mapping[str, Any]], judge: Judge) -> list[Placed]:
    """Return every text of some messages; `judge` is told of what holds none."""
    return [
        placed for number, message in enumerate(messages) for placed in _of_message(number, message, judge)
    ]


def _of_message(number: int, message: Mapping[str, Any], judge: Judge) -> Iterable[Placed]:
    role = _ROLES[message["role"]]
    content = message.get("content")
    if isinstance(content, str):
        yield Placed(Text(content, role), number)
    for index, part in enumerate(content if isinstance(content, list) else ()):
        if isinstance(part.get("text"), str):
            yield Placed(Text(part["text"], role), number, index)
        else:
            judge.skip(f"/messages/{number}/content/{index}", "media")
    for call in message.get("tool_calls") or ():
        yield from _of_tool_call(number, call.get("function") or {}, role)


def _of_tool_call(number: int, function: Mapping[str, Any], role: Role) -> Iterable[Placed]:
    arguments = function.get("arguments")
    if isinstance(arguments, dict):
        arguments = written(arguments).decode()
    if isinstance(function.get("name"), str):
        yield Placed(Text(function["name"], role, Kind.NAME), number, _TOOL_CALLS)
    if isinstance(arguments, str):
        yield Placed(Text(arguments, role, Kind.ARGUMENTS), number, _TOOL_CALLS)


def hear(judge: Judge, said: Sequence[Placed]) -> tuple[Heard | None, Heard | None]:
    """Judge a conversation: what the assistant says last is an answer, all before it a prompt.

    Raises `BadInput`.
    """
    last = said[-1].message if said else -1
    ends = bool(said) and said[-1].text.role is Role.ASSISTANT
    answers = [placed for placed in said if ends and placed.message == last]
    prompts = said[: len(said) - len(answers)]
    exchange = judge.exchange()
    asked = Heard(prompts, exchange.prompt([item.text for item in prompts])) if prompts else None
    answered = Heard(answers, exchange.answer([item.text for item in answers])) if answers else None
    return asked, answered


def verdicts(*heard: Heard | None) -> list[Verdict]:
    """Return the verdicts of what was heard."""
    return [item.judged.verdict for item in heard if item is not None]
