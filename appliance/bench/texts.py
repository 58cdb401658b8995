"""Kinds of text to be scanned, made the same every time: ordinary, and hard in their own way."""

import base64
import random
import re
from collections.abc import Callable, Mapping, Sequence
from pydoc_data.topics import topics

import orjson

from .workload import plain_prompt

_SIZE = 16 * 1024
_PARAGRAPH, _PIECE, _PIECES = 240, 2048, 16
"""Characters of a paragraph and of a text, and how many texts there are."""
_PROSE = re.compile(r"[A-Za-z ,.;:()'\"-]+")
_CHINESE = (
    "港口办公室保存着每一艘随潮水进港的船的账本、写账的人手很稳、也不喜欢猜测。",
    "雾落在河上的时候、引水员在外面等着、那一天的账就很短。",
    "春天粮食用驳船从平原运来、太阳还没有出来码头上就挤满了车。",
    "没有人记得是谁造了栈桥尽头的起重机、最老的搬运工小时候它就在那里。",
    "一份好的总结会写明运了什么、在仓库里放了多久、哪些商人付款晚了。",
    "读者想知道新的仓库是否值得它的价钱、议会应该怎样处理那条路。",
)
"""Their commas are written as full-width ones when they are used."""


def kinds() -> Mapping[str, str]:
    """Return a text of about 16 KiB, in bytes of UTF-8, for each kind."""
    return {name: _filled(make) for name, make in _MAKERS.items()}


def ordinary_prose() -> Sequence[str]:
    """Return texts of about 2 KiB of prose by many hands: Python's manual, code left out."""
    parts = [" ".join(part.split()) for text in topics.values() for part in text.split("\n\n")]
    prose = [part for part in parts if len(part) > _PARAGRAPH and _PROSE.fullmatch(part)]
    joined = "\n\n".join(prose)
    return [joined[at : at + _PIECE] for at in range(0, min(len(joined), _PIECES * _PIECE), _PIECE)]


def shortened(text: str, size: int) -> str:
    """Return the beginning of a text, at most `size` bytes of UTF-8."""
    return text.encode()[:size].decode("utf-8", "ignore")


def _filled(make: Callable[[random.Random], str]) -> str:
    source = random.Random(20)  # noqa: S311 - the same text every time, nothing secret
    parts: list[str] = []
    size = 0
    while size < _SIZE:
        parts.append(make(source))
        size += len(parts[-1].encode())
    return shortened("".join(parts), _SIZE)


def _prose(source: random.Random) -> str:
    sentences = plain_prompt().split(". ")
    source.shuffle(sentences)
    return ". ".join(sentence.rstrip(".") for sentence in sentences) + ".\n"


def _json(source: random.Random) -> str:
    row = {
        "id": source.randrange(10**6),
        "status": source.choice(["open", "paid", "late"]),
        "weight": round(source.uniform(1, 900), 2),
        "notes": [source.choice(_prose_words()) for _ in range(6)],
        "shed": {"row": source.randrange(40), "free": source.random() < 0.5, "since": "2024-03-11"},
    }
    return orjson.dumps(row).decode() + ",\n"


def _code(source: random.Random) -> str:
    name, other = source.choice(_prose_words()).lower(), source.choice(_prose_words()).lower()
    limit = source.randrange(2, 90)
    return (
        f"def {name}_{limit}(items: list[dict[str, int]], *, limit: int = {limit}) -> int:\n"
        f'    """Count the {other} below the limit."""\n'
        f"    total = 0\n    for index, item in enumerate(items[1:], start={limit}):\n"
        f'        if item["{other}"] <= limit and index % {limit} != 0:\n'
        f"            total += item.get({name!r}, {limit}) >> 2\n    return total\n\n\n"
    )


def _logs(source: random.Random) -> str:
    day, hour, minute = source.randrange(1, 29), source.randrange(24), source.randrange(60)
    return (
        f"2025-11-{day:02}T{hour:02}:{minute:02}:{source.uniform(10, 59):.3f}Z INFO"
        f" [{source.randrange(9999)}] shed.worker-{source.randrange(64)} order={source.randrange(10**8)}"
        f" took={source.randrange(9000)}ms bytes={source.randrange(10**7)}"
        f" queue={source.randrange(500)}/{source.randrange(500, 900)}"
        f" trace={source.randbytes(8).hex()} code={source.choice([200, 201, 204, 404])}\n"
    )


def _base64(source: random.Random) -> str:
    return base64.encodebytes(source.randbytes(570)).decode()


def _chinese(source: random.Random) -> str:
    return source.choice(_CHINESE).replace("、", "\uff0c")


def _prose_words() -> list[str]:
    return [word.strip(".,;") for word in plain_prompt().split()]


_MAKERS: Mapping[str, Callable[[random.Random], str]] = {
    "prose": _prose,
    "JSON": _json,
    "code": _code,
    "logs full of digits": _logs,
    "base64": _base64,
    "Chinese": _chinese,
}
