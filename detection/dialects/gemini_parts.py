"""Contents and their parts: what a conversation with Gemini is made of, in requests and answers.

Source: `google.genai.types.Content` and `Part`. Names of fields come in camelCase, as the SDKs send
them, or in snake_case; a list of one may be written as the one.
"""

from collections.abc import Callable
from typing import Any

from ..errors import BadInput
from ..pointer import step
from ..types import Kind, Role
from .collect import Collector
from .gemini_common import both

_ROLES = {
    None: Role.USER,
    "": Role.USER,
    "user": Role.USER,
    "model": Role.ASSISTANT,
    "function": Role.TOOL,
    "tool": Role.TOOL,
}
_CONTENT = frozenset(("role", "parts"))
_DATA = frozenset(("data",))
_CALL = frozenset(("name", "args"))
_RESPONSE = frozenset(("name", "response", "parts"))
_MEDIA = ("image", "audio", "video")
_READABLE = ("text/", "application/json", "application/xml")
_LONGEST_DATA = 8192
"""Characters of embedded text that are read; the views decode no longer run."""


def read_contents(collector: Collector, contents: Any, pointer: str, param: str) -> None:
    """Collect from a conversation: a list of contents, or one. Raises `BadInput`."""
    if isinstance(contents, dict):
        read_content(collector, contents, pointer, param)
        return
    if not isinstance(contents, list) or not contents:
        raise BadInput(f"{param} must be a non-empty list.", code="invalid_type", param=param)
    for index, content in enumerate(contents):
        read_content(collector, content, f"{pointer}/{index}", f"{param}.{index}")


def read_content(
    collector: Collector, content: Any, pointer: str, param: str, role: Role | None = None
) -> None:
    """Collect from one turn of a request; with `role` its texts are that one's. Raises `BadInput`."""
    if not isinstance(content, dict):
        raise BadInput("Each content must be an object.", code="invalid_type", param=param)
    name = content.get("role")
    said = _ROLES.get(name) if name is None or isinstance(name, str) else None
    if said is None and role is None:
        raise BadInput("Unknown role: use user or model.", code="invalid_value", param=f"{param}.role")
    parts = content.get("parts")
    if not isinstance(parts, list | dict | None):
        raise BadInput("parts must be a list.", code="invalid_type", param=f"{param}.parts")
    read_parts(collector, parts, f"{pointer}/parts", role or said or Role.USER)
    known = _CONTENT if said is not None else frozenset(("parts",))
    collector.members(content, pointer, role or said or Role.USER, skip=known)


def read_parts(collector: Collector, parts: Any, pointer: str, role: Role) -> None:
    """Collect from the parts of a turn, whatever they are."""
    if isinstance(parts, dict):
        read_part(collector, parts, pointer, role)
    elif isinstance(parts, list):
        for index, part in enumerate(parts):
            read_part(collector, part, f"{pointer}/{index}", role)
    else:
        collector.walk(parts, pointer, role, Kind.TEXT)


def read_part(collector: Collector, part: Any, pointer: str, role: Role) -> None:
    """Collect from one part: each of its members by what it is, unknown ones generically."""
    if not isinstance(part, dict):
        collector.walk(part, pointer, role, Kind.TEXT)
        return
    for key, value in part.items():
        reader = _READERS.get(key)
        where = step(pointer, key)
        if key == "text" and isinstance(value, str):
            _read_text(collector, part, value, where, role)
        elif reader is not None:
            reader(collector, value, where, role)
        elif key != "thought" or not isinstance(value, bool):
            collector.members({key: value}, pointer, role)


def is_thought(part: dict[str, Any]) -> bool:
    """Say whether a part tells of the model's thinking."""
    return part.get("thought") is True


def signature(part: dict[str, Any]) -> Any:
    """Return the signature that a part carries, in either spelling; None where there is none."""
    return part.get("thoughtSignature") or part.get("thought_signature")


def _read_text(collector: Collector, part: dict[str, Any], text: str, pointer: str, role: Role) -> None:
    thought = is_thought(part)
    kind = Kind.REASONING if thought else Kind.TEXT
    collector.text(text, pointer, role, kind, editable=not (thought and signature(part)))


def _read_signature(collector: Collector, value: Any, pointer: str, role: Role) -> None:
    """Take a signature for what it says where it can be read. It must reach the model as it is."""
    if isinstance(value, str):
        collector.text(value, pointer, role, Kind.OTHER, editable=False)
    else:
        collector.walk(value, pointer, role)


def _read_call(collector: Collector, call: Any, pointer: str, role: Role) -> None:
    """Take a call of a tool: its arguments are an object, so its values are the texts."""
    if not isinstance(call, dict):
        collector.walk(call, pointer, role)
        return
    collector.walk(call.get("name"), f"{pointer}/name", role, Kind.NAME)
    collector.walk(call.get("args"), f"{pointer}/args", role, Kind.ARGUMENTS)
    for key in ("partialArgs", "partial_args"):
        collector.walk(call.get(key), f"{pointer}/{key}", role, Kind.ARGUMENTS)
    collector.members(call, pointer, role, skip=_CALL | {"partialArgs", "partial_args"})


def read_tool_response(collector: Collector, response: Any, pointer: str, _role: Role) -> None:
    """Take what a tool answered."""
    if not isinstance(response, dict):
        collector.walk(response, pointer, Role.TOOL)
        return
    collector.walk(response.get("name"), f"{pointer}/name", Role.TOOL, Kind.NAME)
    collector.walk(response.get("response"), f"{pointer}/response", Role.TOOL, Kind.TEXT)
    if "parts" in response:
        read_parts(collector, response["parts"], f"{pointer}/parts", Role.TOOL)
    collector.members(response, pointer, Role.TOOL, skip=_RESPONSE)


def _read_code(collector: Collector, code: Any, pointer: str, role: Role) -> None:
    """Take code that the provider runs: a call of a tool."""
    collector.walk(code, pointer, role, Kind.ARGUMENTS)


def _read_result(collector: Collector, result: Any, pointer: str, _role: Role) -> None:
    """Take what code printed."""
    collector.walk(result, pointer, Role.TOOL, Kind.TEXT)


def read_blob(collector: Collector, blob: Any, pointer: str, role: Role) -> None:
    """List embedded media as unjudged; short texts among them are read as far as the views decode them."""
    if not isinstance(blob, dict):
        collector.walk(blob, pointer, role)
        return
    declared = _declared(blob)
    collector.skip(pointer, media_of(declared))
    data = blob.get("data")
    if not isinstance(data, str):
        collector.walk(data, f"{pointer}/data", role)
    elif declared.startswith(_READABLE) and len(data) <= _LONGEST_DATA:
        collector.text(data, f"{pointer}/data", role, Kind.TEXT, editable=False)
    collector.members(blob, pointer, role, skip=_DATA)


def _read_file(collector: Collector, value: Any, pointer: str, role: Role) -> None:
    """List a file that stands elsewhere as unjudged; its address is a text."""
    if isinstance(value, dict):
        collector.skip(pointer, media_of(_declared(value)))
    collector.walk(value, pointer, role)


def _declared(blob: dict[str, Any]) -> str:
    """Return the type that a blob or a file declares, in small letters."""
    declared = blob.get("mimeType") or blob.get("mime_type")
    return declared.lower() if isinstance(declared, str) else ""


def media_of(declared: str) -> str:
    """Return what a type of media stands for: ``image``, ``audio``, ``video`` or ``file``."""
    family = declared.partition("/")[0]
    return family if family in _MEDIA else "file"


type _Reader = Callable[[Collector, Any, str, Role], None]

_CAMEL: dict[str, _Reader] = {
    "thoughtSignature": _read_signature,
    "functionCall": _read_call,
    "functionResponse": read_tool_response,
    "toolCall": _read_call,
    "toolResponse": read_tool_response,
    "executableCode": _read_code,
    "codeExecutionResult": _read_result,
    "inlineData": read_blob,
    "fileData": _read_file,
}
_READERS = {name: reader for camel, reader in _CAMEL.items() for name in both(camel)}
