"""Gemini Live: a WebSocket (``BidiGenerateContent``) whose messages are objects with one member each.

Source: `google.genai.types.LiveClientMessage` and `LiveServerMessage` of the official Python package. Vertex
AI takes the same messages.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_text import dump
from ..types import Direction, Kind, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .gemini_common import both, error, read_object, spelled, walked_answer
from .gemini_live_stream import GeminiLiveStream, content_of, refused
from .gemini_parts import media_of, read_content, read_contents, read_tool_response
from .live import ALONE, Strand
from .openai_common import LONGEST_MODEL
from .openai_responses_items import HISTORY

_MESSAGES = both("setup", "clientContent", "realtimeInput", "toolResponse", "contextUpdate")
_SETUP = both("model", "systemInstruction", "tools")
_CONTENT = frozenset(("turns",))
_INPUT = both("text", "audio", "video", "mediaChunks")
_RESPONSES = both("functionResponses")
_DATA = frozenset(("data",))


class GeminiLive:
    """The dialect of live messages. Implements `live.LiveDialect`."""

    name = "gemini_live"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a message of the client. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        collector = Collector(Direction.PROMPT)
        for name, read in _READERS.items():
            key, value = spelled(tree, name)
            if isinstance(value, dict):
                read(collector, value, f"/{key}")
            elif value is not None:
                raise BadInput(f"{key} must be an object.", code="invalid_type", param=key)
        collector.members(tree, "", Role.USER, skip=_MESSAGES)
        return collector.document(body, parsed), Asked(_model(tree) or addressed.model)

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read the answer to a handshake that was not agreed to."""
        return walked_answer(body)

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no with a message."""
        return Refusal(400, dump(refused(text, "PROHIBITED_INPUT_CONTENT")), retry=False)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Google's error envelope, for handshakes."""
        return error(status, code, message, param)

    def stream(self, asked: Asked) -> GeminiLiveStream:
        """Return the shape of the messages of one turn, or of one that stands for itself."""
        return GeminiLiveStream()

    def sorter(self) -> "GeminiSorter":
        """Begin a connection."""
        return GeminiSorter()


class GeminiSorter:
    """Sorts the messages of one connection. Implements `live.Sorter`."""

    def __init__(self) -> None:
        self._turns = 0

    def strand(self, tree: Any) -> Strand:
        """Return the turn that a message of the provider belongs to: all content up to its end is one."""
        if not isinstance(tree, dict):
            return ALONE
        content = content_of(tree)
        if content is None and not both("toolCall") & tree.keys():
            return ALONE
        name = self._name
        ends = content is not None and (content.get("turnComplete") or content.get("turn_complete")) is True
        self._turns += ends
        return Strand(name, ends, turn=True)

    def instructs(self, tree: Any) -> bool:
        """Say whether a message sets the session up, or changes what it was told."""
        return isinstance(tree, dict) and bool(both("setup", "contextUpdate") & tree.keys())

    def continues(self, tree: Any) -> str:
        """Return the turn that waits for the results of its calls, for these."""
        return self._name if isinstance(tree, dict) and both("toolResponse") & tree.keys() else ""

    def model(self, tree: Any) -> str:
        """Return the model of a setup, without the path in front of it."""
        return _model(tree)

    def declined(self, tree: Any, code: str, text: str) -> Sequence[Any]:
        """Return a turn of the model that says no; a session that was not set up has no turns."""
        if isinstance(tree, dict) and "setup" in tree:
            return []
        return [refused(text, "PROHIBITED_INPUT_CONTENT")]

    def cancelled(self, name: str) -> Sequence[Any]:
        """Return nothing: the format has no word for it, what still comes is dropped."""
        return []

    @property
    def _name(self) -> str:
        return f"turn {self._turns}"


def _model(tree: Any) -> str:
    """Return the model that a setup names. Raises `BadInput` where that is no name."""
    setup = tree.get("setup") if isinstance(tree, dict) else None
    model = setup.get("model") if isinstance(setup, dict) else None
    if model is None:
        return ""
    if not isinstance(model, str) or not 0 < len(model) <= LONGEST_MODEL or not model.isprintable():
        raise BadInput("setup.model is not a model's name.", code="invalid_model", param="setup.model")
    return model.rpartition("/")[2]


def _read_setup(collector: Collector, setup: dict[str, Any], pointer: str) -> None:
    """Collect from what a session is set up with. Raises `BadInput`."""
    _read_instructions(collector, setup, pointer)
    key, tools = spelled(setup, "tools")
    collector.walk(tools, f"{pointer}/{key}", Role.SYSTEM, Kind.TOOL_DEFINITION)
    resumed = setup.get("sessionResumption") or setup.get("session_resumption")
    if isinstance(resumed, dict) and resumed.get("handle"):
        collector.skip(f"{pointer}/sessionResumption", HISTORY)
    collector.walk(setup.get("model"), f"{pointer}/model", Role.SYSTEM, Kind.NAME)
    collector.members(setup, pointer, Role.SYSTEM, skip=_SETUP)


def _read_instructions(collector: Collector, value: dict[str, Any], pointer: str) -> None:
    key, instruction = spelled(value, "systemInstruction")
    if isinstance(instruction, dict):
        read_content(collector, instruction, f"{pointer}/{key}", key, Role.SYSTEM)
    else:
        collector.walk(instruction, f"{pointer}/{key}", Role.SYSTEM, Kind.TEXT)


def _read_update(collector: Collector, update: dict[str, Any], pointer: str) -> None:
    """Collect from what a session is told anew. Raises `BadInput`."""
    _read_instructions(collector, update, pointer)
    collector.walk(update.get("tools"), f"{pointer}/tools", Role.SYSTEM, Kind.TOOL_DEFINITION)
    collector.members(update, pointer, Role.SYSTEM, skip=both("systemInstruction", "tools"))


def _read_turns(collector: Collector, content: dict[str, Any], pointer: str) -> None:
    """Collect from turns of the conversation; a message that only ends one has none. Raises `BadInput`."""
    turns = content.get("turns")
    if turns:
        read_contents(collector, turns, f"{pointer}/turns", "turns")
    collector.members(content, pointer, Role.USER, skip=_CONTENT)


def _read_input(collector: Collector, given: dict[str, Any], pointer: str) -> None:
    """Collect from what comes as it is spoken or typed."""
    text = given.get("text")
    collector.walk(text, f"{pointer}/text", Role.USER, Kind.TEXT)
    for name in ("audio", "video"):
        _read_media(collector, given.get(name), f"{pointer}/{name}")
    key, chunks = spelled(given, "mediaChunks")
    if isinstance(chunks, list):
        for index, chunk in enumerate(chunks):
            _read_media(collector, chunk, f"{pointer}/{key}/{index}")
    else:
        collector.walk(chunks, f"{pointer}/{key}", Role.USER)
    collector.members(given, pointer, Role.USER, skip=_INPUT)


def _read_media(collector: Collector, blob: Any, pointer: str) -> None:
    """List what is no text as unjudged."""
    if not isinstance(blob, dict) or not isinstance(blob.get("data"), str):
        collector.walk(blob, pointer, Role.USER)
        return
    declared = blob.get("mimeType") or blob.get("mime_type")
    collector.skip(pointer, media_of(declared.lower() if isinstance(declared, str) else ""))
    collector.members(blob, pointer, Role.USER, skip=_DATA)


def _read_results(collector: Collector, results: dict[str, Any], pointer: str) -> None:
    """Collect from what tools gave back."""
    key, given = spelled(results, "functionResponses")
    for index, response in enumerate(given if isinstance(given, list) else [given]):
        where = f"{pointer}/{key}/{index}" if isinstance(given, list) else f"{pointer}/{key}"
        read_tool_response(collector, response, where, Role.TOOL)
    collector.members(results, pointer, Role.TOOL, skip=_RESPONSES)


_READERS = {
    "setup": _read_setup,
    "clientContent": _read_turns,
    "realtimeInput": _read_input,
    "toolResponse": _read_results,
    "contextUpdate": _read_update,
}
"""Who reads a member of a client's message."""
