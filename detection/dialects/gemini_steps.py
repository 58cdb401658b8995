"""Steps and their content: what an interaction with Gemini is made of, in requests and answers.

Source: `google.genai.interactions.Step` and `Content`. Names of fields are snake_case.
"""

from typing import Any

from ..pointer import step as below
from ..types import Kind, Role
from .base import Slot
from .collect import Collector, words_only

MEDIA = frozenset(("image", "audio", "video", "document", "file"))
SPOKEN = {"user_input": Role.USER, "model_output": Role.ASSISTANT}
CONTROL = frozenset(
    ("id", "object", "model", "agent", "created", "updated", "status", "service_tier", "event_id")
)
"""Members of an interaction that the upstream's machinery writes."""

_LISTS = ("steps", "outputs")
_CALL = frozenset(("type", "name", "arguments", "signature"))
_RESULT = frozenset(("type", "name", "result", "signature"))
_DATA = frozenset(("type", "data"))


def read_input(collector: Collector, given: Any, pointer: str) -> None:
    """Collect from what a request puts in: a text, a content, contents or steps."""
    if isinstance(given, list):
        for index, item in enumerate(given):
            read_step(collector, item, f"{pointer}/{index}", Role.USER)
    elif isinstance(given, dict):
        read_step(collector, given, pointer, Role.USER)
    else:
        collector.walk(given, pointer, Role.USER, Kind.TEXT)


def read_interaction(
    collector: Collector, interaction: dict[str, Any], pointer: str, *, repeating: bool = False
) -> tuple[Slot, ...]:
    """Collect from a whole interaction.

    Returns:
        With `repeating` the texts of its steps that grew in earlier events; they are not collected.
    """
    slots: list[Slot] = []
    read = [name for name in _LISTS if isinstance(interaction.get(name), list)]
    for name in read:
        for index, item in enumerate(interaction[name]):
            where = f"{pointer}/{name}/{index}"
            repeated = repeating and name == "steps"
            rest = _without_repeated(item, where, f"/steps/{index}", slots) if repeated else item
            read_step(collector, rest, where, Role.ASSISTANT)
    skip = {*read, *CONTROL} | ({"usage"} if words_only(interaction.get("usage")) else set())
    collector.members(interaction, pointer, Role.ASSISTANT, skip=frozenset(skip))
    return tuple(slots)


def _without_repeated(item: Any, pointer: str, target: str, slots: list[Slot]) -> Any:
    """Return a step without the texts of its contents, which go to `slots`."""
    member = "summary" if type_of(item) == "thought" else "content"
    contents = item.get(member) if isinstance(item, dict) else None
    if not isinstance(contents, list):
        return item
    kind = Kind.REASONING if member == "summary" else Kind.TEXT
    left = [*contents]
    for at, content in enumerate(contents):
        if type_of(content) == "text" and isinstance(content.get("text"), str):
            place = f"{member}/{at}/text"
            slots.append(Slot(0, f"{target}/{place}", f"{pointer}/{place}", content["text"], kind))
            left[at] = {**content, "text": ""}
    return {**item, member: left}


def read_step(collector: Collector, step: Any, pointer: str, role: Role) -> None:
    """Collect from one step, or from a content that stands where a step may."""
    kind = type_of(step)
    if kind in SPOKEN:
        _read_contents(collector, step.get("content"), f"{pointer}/content", SPOKEN[kind], Kind.TEXT)
        collector.members(step, pointer, SPOKEN[kind], skip=frozenset(("type", "content")))
    elif kind == "thought":
        _read_contents(collector, step.get("summary"), f"{pointer}/summary", Role.ASSISTANT, Kind.REASONING)
        read_signature(collector, step, pointer)
        collector.members(step, pointer, Role.ASSISTANT, skip=frozenset(("type", "summary", "signature")))
    elif kind.endswith("_call"):
        _read_call(collector, step, pointer)
    elif kind.endswith("_result"):
        _read_result(collector, step, pointer)
    else:
        read_content(collector, step, pointer, role, Kind.TEXT)


def read_content(collector: Collector, content: Any, pointer: str, role: Role, kind: Kind) -> None:
    """Collect from one content: a text, media, or what nobody knows yet."""
    name = type_of(content)
    if name == "text" and isinstance(content.get("text"), str):
        collector.text(content["text"], f"{pointer}/text", role, kind)
        collector.members(content, pointer, role, skip=frozenset(("type", "text")))
    elif name in MEDIA:
        collector.skip(pointer, name)
        if not isinstance(content.get("data"), str):
            collector.walk(content.get("data"), f"{pointer}/data", role)
        collector.members(content, pointer, role, skip=_DATA)
    else:
        collector.walk(content, pointer, role, kind)


def type_of(item: Any) -> str:
    """Return the type that a step, content or delta names; empty where it names none."""
    name = item.get("type") if isinstance(item, dict) else None
    return name if isinstance(name, str) else ""


def read_signature(collector: Collector, item: dict[str, Any], pointer: str) -> None:
    """Take a signature for what it says where it can be read. It must reach the model as it is."""
    given = item.get("signature")
    if isinstance(given, str):
        collector.text(given, below(pointer, "signature"), Role.ASSISTANT, Kind.OTHER, editable=False)
    else:
        collector.walk(given, below(pointer, "signature"), Role.ASSISTANT)


def _read_contents(collector: Collector, contents: Any, pointer: str, role: Role, kind: Kind) -> None:
    if not isinstance(contents, list):
        collector.walk(contents, pointer, role, kind)
        return
    for index, content in enumerate(contents):
        read_content(collector, content, f"{pointer}/{index}", role, kind)


def _read_call(collector: Collector, call: dict[str, Any], pointer: str) -> None:
    """Take a call of a tool: its arguments are an object, so its values are the texts."""
    collector.walk(call.get("name"), f"{pointer}/name", Role.ASSISTANT, Kind.NAME)
    collector.walk(call.get("arguments"), f"{pointer}/arguments", Role.ASSISTANT, Kind.ARGUMENTS)
    read_signature(collector, call, pointer)
    collector.members(call, pointer, Role.ASSISTANT, skip=_CALL)


def _read_result(collector: Collector, result: dict[str, Any], pointer: str) -> None:
    """Take what a tool answered: a text, contents or an object."""
    collector.walk(result.get("name"), f"{pointer}/name", Role.TOOL, Kind.NAME)
    given = result.get("result")
    if isinstance(given, list):
        _read_contents(collector, given, f"{pointer}/result", Role.TOOL, Kind.TEXT)
    else:
        collector.walk(given, f"{pointer}/result", Role.TOOL, Kind.TEXT)
    read_signature(collector, result, pointer)
    collector.members(result, pointer, Role.TOOL, skip=_RESULT)
