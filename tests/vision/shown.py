"""Pictures of a few bytes, and payloads of every format that show one."""

import base64
import json
import struct
import zlib
from typing import Any


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(note: bytes = b"", *, moving: bool = False) -> bytes:
    """A picture of one point. `note` makes it another one, `moving` one of several images."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    control = _chunk(b"acTL", struct.pack(">II", 2, 0)) if moving else b""
    text = _chunk(b"tEXt", b"note\0" + note) if note else b""
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + control
        + text
        + _chunk(b"IDAT", zlib.compress(b"\0\0"))
        + _chunk(b"IEND", b"")
    )


JPEG = b"\xff\xd8\xff\xe0" + bytes(20) + b"\xff\xd9"
WEBP = b"RIFF\x20\0\0\0WEBPVP8 " + bytes(20)


def encoded(data: bytes) -> str:
    """Base64 of it."""
    return base64.b64encode(data).decode()


def url(data: bytes, kind: str = "png") -> str:
    """The data URL of a picture."""
    return f"data:image/{kind};base64,{encoded(data)}"


GOOD, BAD = png(b"good"), png(b"bad")


def chat(*pictures: bytes, text: str = "What is this?") -> bytes:
    """A request to chat completions."""
    parts: list[dict[str, Any]] = [{"type": "text", "text": text}]
    parts += [{"type": "image_url", "image_url": {"url": url(picture)}} for picture in pictures]
    return json.dumps({"model": "m", "messages": [{"role": "user", "content": parts}]}).encode()


def requests(data: bytes) -> dict[str, tuple[str, dict[str, Any], str]]:
    """By name: dialect, request with the picture, and whose it is."""
    text, shown = encoded(data), url(data)
    block = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": text}}
    tool = {"type": "tool_result", "tool_use_id": "t1", "content": [block]}
    return {
        "chat": (
            "openai_chat",
            _said([{"type": "image_url", "image_url": {"url": shown, "detail": "low"}}]),
            "user",
        ),
        "mistral": ("mistral_agents", _said([{"type": "image_url", "image_url": shown}]), "user"),
        "responses": (
            "openai_responses",
            {
                "model": "m",
                "input": [{"role": "user", "content": [{"type": "input_image", "image_url": shown}]}],
            },
            "user",
        ),
        "anthropic": ("anthropic", {**_said([block]), "max_tokens": 9}, "user"),
        "anthropic tool": ("anthropic", {**_said([tool]), "max_tokens": 9}, "tool"),
        "gemini": (
            "gemini",
            {
                "contents": [
                    {"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": text}}]}
                ]
            },
            "user",
        ),
        "bedrock": (
            "bedrock_converse",
            {
                "messages": [
                    {"role": "user", "content": [{"image": {"format": "png", "source": {"bytes": text}}}]}
                ]
            },
            "user",
        ),
        "ollama": (
            "ollama_chat",
            {"model": "m", "messages": [{"role": "user", "content": "What?", "images": [text]}]},
            "user",
        ),
        "cohere": ("cohere_chat", _said([{"type": "image_url", "image_url": {"url": shown}}]), "user"),
    }


def _said(content: list[dict[str, Any]]) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": content}]}
