"""Texts made to be dear: what a megabyte of each kind costs in a prompt and in an answer.

Each is made of one kind of piece, from a seed: encodings of nothing and of prose, in each other and
apart, letters of every script, numbers, escapes, and words that rules look for without what they mean.
"""

import base64
import html
import random
import string
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

import orjson

from ...detection.core import Core
from ...detection.presets import preset
from ...detection.rules import load_packs
from ...detection.types import Principal
from .workload import plain_prompt

MEGABYTE = 1_000_000
"""Bytes of UTF-8."""
LIMIT = 200
"""Milliseconds that a megabyte of anything may take."""

type Piece = Callable[[random.Random], str]

_PRINCIPAL = Principal("tenant", "application", "bench", "key")
_SEED = 20
_TRIES = 3
_LETTERS = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_SIXTY_FOUR = _LETTERS + "+/"
_IN_ARGUMENTS = ("prose", "near misses", "context words", "leads")
"""Kinds that are also judged as the values of a tool's arguments, a text each."""
_VALUE = 60
"""Characters of one."""
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad"


@dataclass(frozen=True, slots=True)
class Dear:
    """What a megabyte of one kind costs, in milliseconds of processor time: the least of some tries."""

    kind: str
    prompt: float
    answer: float
    unjudged: str
    """Why a part of it was not judged; empty when all was."""


def hostile(size: int = MEGABYTE) -> Mapping[str, Callable[[], str]]:
    """Return what makes a text of `size` bytes, by kind; the same every time."""
    return {kind: lambda piece=piece: _filled(piece, size) for kind, piece in _PIECES.items()}  # type: ignore[misc] # mypy cannot infer a lambda's default


def dearest(core: Core, size: int = MEGABYTE) -> list[Dear]:
    """Judge a text of every kind as a request and as an answer; the dearest kinds first."""
    texts = hostile(size)
    found = [_cost(core, kind, {"role": "user", "content": make()}) for kind, make in texts.items()]
    found += [_cost(core, f"{kind}, in arguments", _calling(texts[kind]())) for kind in _IN_ARGUMENTS]
    return sorted(found, key=lambda item: -max(item.prompt, item.answer))


def _calling(text: str) -> dict[str, object]:
    """Return a message that calls a tool with a text cut into values."""
    values = {f"v{at}": text[at : at + _VALUE] for at in range(0, len(text), _VALUE)}
    call = {"name": "f", "arguments": orjson.dumps(values).decode()}
    return {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": call}]}


def _cost(core: Core, kind: str, message: dict[str, object]) -> Dear:
    request = orjson.dumps({"model": "m", "messages": [message]})
    said = {**message, "role": "assistant"}
    answer = orjson.dumps({"id": "c", "model": "m", "choices": [{"index": 0, "message": said}]})
    asked, reasons = _least(lambda: _requested(core, request))
    answered, more = _least(lambda: _answered(core, answer))
    return Dear(kind, asked, answered, reasons or more)


def _requested(core: Core, body: bytes) -> tuple[float, str]:
    inspection = core.with_models(None).open("openai_chat", preset("balanced"), _PRINCIPAL)
    began = time.process_time()
    inspection.request(body)
    taken = time.process_time() - began
    return taken, _reasons(inspection.core().prompt)


def _answered(core: Core, body: bytes) -> tuple[float, str]:
    inspection = core.open("openai_chat", preset("balanced"), _PRINCIPAL)
    inspection.request(b'{"model": "m", "messages": [{"role": "user", "content": "hello"}]}')
    began = time.process_time()
    inspection.response(body, "application/json")
    taken = time.process_time() - began
    return taken, _reasons(inspection.core().answer)


def _reasons(verdict: object) -> str:
    receipt = getattr(verdict, "receipt", None)
    return receipt.unjudged[0].reason if receipt is not None and receipt.unjudged else ""


def _least(judge: Callable[[], tuple[float, str]]) -> tuple[float, str]:
    """Return the least milliseconds of some tries, and what was not judged."""
    tries = [judge() for _ in range(_TRIES)]
    return min(taken for taken, _ in tries) * 1000, tries[0][1]


def _filled(piece: Piece, size: int) -> str:
    source = random.Random(_SEED)  # noqa: S311 - the same text every time, nothing secret
    parts: list[bytes] = []
    come = 0
    while come < size:
        parts.append(piece(source).encode("utf-8", "replace"))
        come += len(parts[-1])
    return b"".join(parts)[:size].decode("utf-8", "ignore")


@cache
def _vocabulary() -> tuple[str, ...]:
    return tuple(sorted({word.strip(".,;") for word in plain_prompt().split()}))


@cache
def _misses() -> tuple[str, ...]:
    return tuple(text[:300] for rule in load_packs() for text in rule.near_misses)


@cache
def _contexts() -> tuple[str, ...]:
    return tuple(word for rule in load_packs() for word in rule.context)


def _words(source: random.Random, count: int) -> str:
    return " ".join(source.choices(_vocabulary(), k=count))


def _of(alphabet: str, count: int, end: str = " ") -> Piece:
    return lambda source: "".join(source.choices(alphabet, k=count)) + end


def _between(low: int, high: int, count: int = 6, end: str = " ") -> Piece:
    return lambda source: "".join(chr(source.randrange(low, high)) for _ in range(count)) + end


def _word(source: random.Random) -> str:
    return source.choice(_vocabulary())


def _sixty_four(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _letters(spelled: Callable[[str], str]) -> Piece:
    return lambda source: "".join(map(spelled, _word(source))) + " "


def _deep(encode: Callable[[str], str], times: int, words: int = 20) -> Piece:
    def piece(source: random.Random) -> str:
        text = _words(source, words)
        for _ in range(times):
            text = encode(text)
        return text + " "

    return piece


_PIECES: Mapping[str, Piece] = {
    "prose": lambda source: _words(source, 20) + ". ",
    "base64, one line": _of(_SIXTY_FOUR, 9973, ""),
    "base64, lines": _of(_SIXTY_FOUR, 76, "\n"),
    "base64, words": _of(_SIXTY_FOUR, 40),
    "base64, short words": _of(_SIXTY_FOUR, 16),
    "base64 of prose": _deep(_sixty_four, 1, 6),
    "base64 of prose, long": _deep(_sixty_four, 1, 400),
    "base64 three times": _deep(_sixty_four, 3, 60),
    "base64 of Cyrillic": lambda source: _sixty_four(_between(0x410, 0x450, 400)(source)) + " ",
    "hexadecimal, one line": _of(_HEX, 9973, ""),
    "hexadecimal, lines": _of(_HEX, 64, "\n"),
    "hexadecimal, words": _of(_HEX, 32),
    "hexadecimal of prose": lambda source: _words(source, 20).encode().hex() + " ",
    "hexadecimal of prose, long": lambda source: _words(source, 400).encode()[:2000].hex() + " ",
    "hexadecimal of prose, apart": lambda source: _words(source, 20).encode().hex(" ") + " ",
    "binary": _letters(lambda letter: f"{ord(letter):08b} "),
    "digits": _of(string.digits, 9973, ""),
    "digits, long words": _of(string.digits, 16),
    "digits, words": lambda source: _of(string.digits, source.randrange(1, 20))(source),
    "letters and digits": lambda source: _of(_LETTERS, source.randrange(6, 20))(source),
    "Cyrillic": _between(0x410, 0x450),
    "Cyrillic, one line": _between(0x410, 0x450, 9973, ""),
    "Greek": _between(0x391, 0x3CA),
    "Arabic": _between(0x621, 0x64B),
    "Devanagari": _between(0x904, 0x950),
    "mixed scripts": lambda source: (
        "".join(source.choices("abcxyz\u0430\u0435\u0436\u0444\u03b1\u03b2\u03c9", k=6)) + " "
    ),
    "Unicode below U+3000": _between(0x80, 0x3000, 200, ""),
    "any Unicode": _between(0x20, 0x30000, 200, ""),
    "full width": _letters(lambda letter: chr(0xFEE0 + ord(letter))),
    "mathematical letters": _between(0x1D400, 0x1D700),
    "combining marks": lambda source: "".join(x + chr(source.randrange(0x300, 0x370)) for x in _word(source)),
    "unseen between letters": lambda source: "".join(x + source.choice(_UNSEEN) for x in _word(source)) + " ",
    "unseen in Cyrillic": lambda source: "\u200b".join(_between(0x410, 0x450)(source)),
    "JSON escaped seven times": _deep(lambda text: orjson.dumps(text).decode(), 7),
    "JSON in JSON": _deep(lambda text: orjson.dumps({"a": text, "b": 'x"\n'}).decode(), 2, 6),
    "escapes": _letters(lambda letter: f"\\u{ord(letter):04x}"),
    "escapes of anything": lambda source: f"\\u{source.randrange(0x10000):04x}",
    "escapes, octal": _letters(lambda letter: f"\\{ord(letter):03o}"),
    "escapes between words": lambda source: (
        _word(source) + source.choice(("\\n", "\\t", '\\"', "\\x41", "\\\\"))
    ),
    "backslashes": lambda source: "\\" * source.randrange(1, 9) + source.choice('nu"tx/'),
    "references": _letters(lambda letter: f"&#{ord(letter)};"),
    "references to anything": lambda source: f"&#{source.randrange(100_000)};",
    "references by name": lambda source: html.escape("<&>\"'")[: source.randrange(5, 24)] + _word(source),
    "percent signs": _letters(lambda letter: f"%{ord(letter):02X}"),
    "percent signs, any byte": lambda source: f"%{source.randrange(256):02x}",
    "percent signs three times": _deep(lambda text: quote(text + "/?&"), 3, 6),
    "form": lambda source: _words(source, 8).replace(" ", "+") + " ",
    "spaced": lambda source: " ".join(_word(source)) + "   ",
    "spaced by signs": lambda source: source.choice("._-*|/,+~^").join(_word(source)) + " ",
    "leet": _of("abcdefgh0134578@$!", 7),
    "backwards": lambda source: _words(source, 9)[::-1] + " ",
    "Morse": lambda source: _of(".-", source.randrange(1, 5), source.choice((" ", " ", "/", " / ")))(source),
    "near misses": lambda source: source.choice(_misses()) + "\n",
    "near misses backwards": lambda source: source.choice(_misses())[::-1] + "\n",
    "context words": lambda source: source.choice(_contexts()) + " ",
    "context words and digits": lambda source: (
        source.choice(_contexts()) + " " + _of(string.digits, 9)(source)
    ),
    "context words and letters": lambda source: source.choice(_contexts()) + "=" + _of(_LETTERS, 14)(source),
    "leads": lambda source: source.choice(("api_key=", "password: ", "Authorization: Bearer ", "sk-", "eyJ")),
    "addresses cut short": lambda source: "".join(source.choices(string.ascii_lowercase, k=5)) + "@",
    "links cut short": lambda source: source.choice(("http://", "http://a:", "![a](https://", "postgres://")),
    "tags": lambda source: f'<div style="display:none">{_word(source)}</div><!-- ',
    "any bytes": _between(0, 256, 200, ""),
}
