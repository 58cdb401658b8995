"""Request bodies of models on Bedrock, in whosever format they are written."""

import re
from typing import Any

from ..pointer import step
from ..types import Kind, Role
from .anthropic_common import read_request
from .bedrock_converse import read_conversation
from .collect import Collector
from .openai_chat import read_message

_ROLES = {
    "prompt": Role.USER, "inputText": Role.USER, "texts": Role.USER, "query": Role.USER,
    "documents": Role.RETRIEVED, "system": Role.SYSTEM, "preamble": Role.SYSTEM,
}  # fmt: skip
"""Members of a request that hold what somebody says; nobody's words are the system's."""
_TOOLS = frozenset(("tools", "functions", "toolConfig", "tool_config"))
_MEDIA = frozenset(("image", "images", "inputImage", "mediaSource", "audio", "video", "bytes", "init_image"))
_BASE64 = re.compile(r"(?:data:[a-z]+/[a-z0-9.+-]+;base64,)?[A-Za-z0-9+/]{64,}={0,2}")
_SPOKEN = frozenset(("messages", *_ROLES, *_TOOLS))


def read_body(collector: Collector, tree: dict[str, Any], model: str) -> str:
    """Collect the texts of a body; return in whose format it is. Raises `BadInput`."""
    form = form_of(tree, model)
    if form == "converse":
        read_conversation(collector, tree, "")
    elif form == "anthropic":
        read_request(collector, tree)
    else:
        _read_request(collector, tree, form)
    return form


def form_of(tree: dict[str, Any], model: str) -> str:
    """Say in whose format a request is written."""
    if "anthropic_version" in tree:
        return "anthropic"
    if "inputText" in tree:
        return "titan"
    messages = tree.get("messages")
    if not isinstance(messages, list):
        return "llama" if "prompt" in tree and "meta." in model else ""
    contents = [message.get("content") for message in messages if isinstance(message, dict)]
    blocks = [block for content in contents if isinstance(content, list) for block in content]
    if "schemaVersion" in tree or (blocks and not any(_typed(block) for block in blocks)):
        return "converse"
    return "chat"


def _typed(block: Any) -> bool:
    return not isinstance(block, dict) or "type" in block


def _read_request(collector: Collector, tree: dict[str, Any], form: str) -> None:
    for name in _TOOLS & tree.keys():
        collector.walk(tree[name], f"/{name}", Role.SYSTEM, Kind.TOOL_DEFINITION)
    for name, role in _ROLES.items():
        if name in tree:
            read_texts(collector, tree[name], f"/{name}", role)
    messages = tree.get("messages")
    if isinstance(messages, list) and form == "chat":
        for index, message in enumerate(messages):
            read_message(collector, message, f"/messages/{index}")
    elif messages is not None:
        read_texts(collector, messages, "/messages", Role.USER)
    for name, value in tree.items():
        if name not in _SPOKEN:
            read_texts(collector, {name: value}, "", Role.SYSTEM, Kind.OTHER)


def read_texts(
    collector: Collector, value: Any, pointer: str, role: Role, kind: Kind = Kind.TEXT, media: bool = False
) -> None:
    """Collect every text below a value; what is nothing but embedded media is listed as unjudged."""
    if isinstance(value, dict):
        for key, item in value.items():
            collector.members({key: None}, pointer, role)
            read_texts(collector, item, step(pointer, key), role, kind, media or key in _MEDIA)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if not isinstance(item, float):
                read_texts(collector, item, f"{pointer}/{index}", role, kind, media)
    elif media and isinstance(value, str) and _BASE64.fullmatch(value):
        collector.skip(pointer, "media")
    else:
        collector.walk(value, pointer, role, kind, name=pointer.rpartition("/")[2])
