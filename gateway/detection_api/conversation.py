"""A conversation in OpenAI's message format, as texts to judge."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ...detection.json_read import read
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


type Path = tuple[str | int, ...]


class Placed(NamedTuple):
    """A text and where it stands: the message's number, and the way to it in the message."""

    text: Text
    message: int = 0
    path: Path = ()


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
        yield Placed(Text(content, role), number, ("content",))
    for index, part in enumerate(content if isinstance(content, list) else ()):
        if isinstance(part.get("text"), str):
            yield Placed(Text(part["text"], role), number, ("content", index, "text"))
        else:
            judge.skip(f"/messages/{number}/content/{index}", "media")
    for index, call in enumerate(message.get("tool_calls") or ()):
        for placed in call_texts(call, role):
            yield Placed(placed.text, number, ("tool_calls", index, *placed.path))


def call_texts(call: Mapping[str, Any], role: Role) -> Iterable[Placed]:
    """Return the texts of one tool call, placed in it."""
    function = call.get("function") or {}
    name, arguments = function.get("name"), function.get("arguments")
    if isinstance(name, str):
        yield Placed(Text(name, role, Kind.NAME), 0, ("function", "name"))
    if isinstance(arguments, dict):
        arguments = written(arguments).decode()
    if isinstance(arguments, str):
        yield Placed(Text(arguments, role, Kind.ARGUMENTS), 0, ("function", "arguments"))


def edited(messages: Sequence[Mapping[str, Any]], said: Sequence[Placed], texts: Sequence[str]) -> Any:
    """Return a copy of messages with the texts as they are now."""
    copy = read(written(list(messages)))
    for placed, text in zip(said, texts, strict=True):
        if text != placed.text.text:
            put(copy[placed.message], placed.path, text)
    return copy


def put(tree: Any, path: Path, text: str) -> None:
    """Put a text in its place in a tree; arguments that were an object stay one. Raises `BadInput`."""
    for step in path[:-1]:
        tree = tree[step]
    last = path[-1]
    tree[last] = read(text.encode(errors="surrogatepass")) if isinstance(tree[last], dict) else text


async def hear(judge: Judge, said: Sequence[Placed]) -> tuple[Heard | None, Heard | None]:
    """Judge a conversation: what the assistant says last is an answer, all before it a prompt.

    Raises `BadInput`.
    """
    last = said[-1].message if said else -1
    ends = bool(said) and said[-1].text.role is Role.ASSISTANT
    answers = [placed for placed in said if ends and placed.message == last]
    prompts = said[: len(said) - len(answers)]
    exchange = judge.exchange()
    asked = Heard(prompts, await exchange.prompt([item.text for item in prompts])) if prompts else None
    answered = Heard(answers, await exchange.answer([item.text for item in answers])) if answers else None
    return asked, answered


def verdicts(*heard: Heard | None) -> list[Verdict]:
    """Return the verdicts of what was heard."""
    return [item.judged.verdict for item in heard if item is not None]
