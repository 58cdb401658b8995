"""LiteLLM's generic guardrail API (https://docs.litellm.ai): texts in, as many texts out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ...detection.errors import BadInput
from ...detection.json_read import read
from ...detection.texts import Text
from ...detection.types import Action, Kind, Role
from .call import Call, Operation, Reply
from .conversation import MOST_MESSAGES, Placed, call_texts, put
from .labelled import labelled
from .schemas import ANY_TEXT, NAME, OBJECT, STRING, array, enum, obj, or_null
from .shapes import Schema
from .written import written

FAMILY = "LiteLLM"
MOST_TEXTS = 2_000
_ROLES = {"system": Role.SYSTEM, "developer": Role.SYSTEM, "assistant": Role.ASSISTANT, "tool": Role.TOOL}
_LIST: Schema = or_null(array(ANY_TEXT, most=MOST_TEXTS))
_OBJECTS: Schema = or_null(array(OBJECT, most=MOST_TEXTS))


class _Part(NamedTuple):
    """A text of the request and the list it belongs to: ``texts``, ``tools``, ``tool_calls`` or none."""

    placed: Placed
    owner: str


async def guard(call: Call) -> Reply:
    """Judge all that a request to, or an answer of, a model holds."""
    given, answer = call.body, call.body["input_type"] == "response"
    texts: Sequence[str] = given.get("texts") or []
    parts = list(_parts(given, Role.ASSISTANT if answer else Role.USER))
    for index in range(len(given.get("images") or ())):
        call.judge.skip(f"/images/{index}", "media")
    exchange = call.judge.exchange()
    said = [part.placed.text for part in parts]
    judged = await (exchange.answer(said) if answer else exchange.prompt(said))
    if call.judge.verdict(judged.verdict).action is Action.BLOCK:
        return _reply("BLOCKED", call.notice(judged.verdict))
    told = labelled(judged)
    changed = {part.owner for part, text in zip(parts, told, strict=True) if text != part.placed.text.text}
    if not changed:
        return _reply("NONE", None)
    try:
        edits = _edited(given, parts, told, changed)
    except BadInput:  # what was found stands where no text can
        return _reply("BLOCKED", call.notice(judged.verdict))
    return _reply("GUARDRAIL_INTERVENED", None, texts=list(told[: len(texts)]), **edits)


def _parts(given: Mapping[str, Any], usual: Role) -> Iterable[_Part]:
    roles = _roles(given.get("structured_messages") or ())
    for index, text in enumerate(given.get("texts") or ()):
        yield _Part(Placed(Text(text, roles.get(text, usual)), index), "texts")
    for index, tool in enumerate(given.get("tools") or ()):
        text = Text(written(tool).decode(), Role.SYSTEM, Kind.TOOL_DEFINITION)
        yield _Part(Placed(text, index), "tools")
    for index, tool_call in enumerate(given.get("tool_calls") or ()):
        for placed in call_texts(tool_call, Role.ASSISTANT):
            yield _Part(Placed(placed.text, index, placed.path), "tool_calls")


def _roles(messages: Iterable[Mapping[str, Any]]) -> dict[str, Role]:
    """Return whose words a text is: the list of texts does not say."""
    found: dict[str, Role] = {}
    for message in messages:
        role, content = _ROLES.get(str(message.get("role")), Role.USER), message.get("content")
        for part in content if isinstance(content, list) else [{"text": content}]:
            text = part.get("text") if isinstance(part, dict) else None
            if isinstance(text, str):
                found.setdefault(text, role)
    return found


def _edited(
    given: Mapping[str, Any], parts: Sequence[_Part], told: Sequence[str], changed: set[str]
) -> dict[str, Any]:
    """Return the lists of tools and tool calls that were changed. Raises `BadInput`."""
    edits: dict[str, Any] = {name: read(written(given[name])) for name in changed - {"texts"}}
    for part, text in zip(parts, told, strict=True):
        if part.owner == "tools" and "tools" in edits:
            edits["tools"][part.placed.message] = read(text.encode(errors="surrogatepass"))
        elif part.owner == "tool_calls" and "tool_calls" in edits:
            put(edits["tool_calls"][part.placed.message], part.placed.path, text)
    return edits


def _reply(action: str, reason: str | None, texts: list[str] | None = None, **edits: Any) -> Reply:
    body = {"action": action, "blocked_reason": reason, "texts": texts, "images": None, **edits}
    return Reply(written(body))


OPERATIONS = (
    Operation(
        method="POST",
        path="/beta/litellm_basic_guardrail_api",
        family=FAMILY,
        summary="Judge what LiteLLM is about to send or to return",
        handler=guard,
        body=obj(
            {"input_type": enum("request", "response")},
            {
                "texts": _LIST,
                "images": or_null(array(STRING, most=MOST_TEXTS)),
                "tools": _OBJECTS,
                "tool_calls": _OBJECTS,
                "structured_messages": or_null(array(OBJECT, most=MOST_MESSAGES)),
                "request_data": or_null(OBJECT),
                "request_headers": or_null(OBJECT),
                "additional_provider_specific_params": or_null(OBJECT),
                "litellm_call_id": or_null(NAME),
                "litellm_trace_id": or_null(NAME),
                "litellm_version": or_null(NAME),
                "model": or_null(NAME),
            },
        ),
        answer=obj(
            {
                "action": enum("BLOCKED", "NONE", "GUARDRAIL_INTERVENED"),
                "blocked_reason": or_null(STRING),
                "texts": or_null(array(STRING)),
                "images": {"type": "null"},
            },
            {"tools": array(OBJECT), "tool_calls": array(OBJECT)},
        ),
        example={"input_type": "request", "texts": ["Where is my parcel?"]},
    ),
)
