"""Ways to hide a text from a pattern, each undone by a view."""

import base64
import codecs
import json
import re
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote, quote_plus

from sluicegate.detection.rules import Rule
from sluicegate.detection.text_scan import Hit
from sluicegate.detection.views.morse import LETTERS

type Disguise = Callable[[str], str]

_LOOK_ALIKES = str.maketrans(
    "aceopxysijhABEHKMOPTX",
    "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0455\u0456\u0458\u04bb\u0410\u0392\u0415\u041d\u039a\u041c\u039f\u0420\u0422\u03a7",
)
_LEET = str.maketrans("aeiost", "431057")
_MORSE = {letter: signs for signs, letter in LETTERS.items()}
_WIDE = 0xFEE0


def _wide(text: str) -> str:
    return "".join(chr(ord(one) + _WIDE) if "!" <= one <= "~" else one for one in text)


def _tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(one)) if " " <= one <= "~" else one for one in text)


def _units(text: str) -> str:
    data = text.encode("utf-16-be")
    return "".join(f"\\u{data[at]:02x}{data[at + 1]:02x}" for at in range(0, len(data), 2))


def _morse(text: str) -> str:
    return " / ".join(" ".join(_MORSE[one] for one in word) for word in text.lower().split())


def _octets(text: str, spelled: str, between: str = "") -> str:
    return between.join(format(byte, spelled) for byte in text.encode())


EXACT: Mapping[str, Disguise] = {
    "full width": _wide,
    "look-alikes": lambda text: text.translate(_LOOK_ALIKES),
    "zero width": "\u200b".join,
    "bidi marks": lambda text: "\u202e" + "\u2066".join(text) + "\u202c",
    "stacked marks": lambda text: "".join(one + "\u0336\u0301" if one.isalpha() else one for one in text),
    "tag characters": _tags,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, no padding": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    "base64, url-safe": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64 in lines": lambda text: re.sub("(.{60})", r"\1\n", base64.b64encode(text.encode()).decode()),
    "hex": lambda text: text.encode().hex(),
    "hex, spaced": lambda text: text.encode().hex(" "),
    "url": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "url, what must be": lambda text: quote(text, safe=""),
    "url, form": quote_plus,
    "html by number": lambda text: "".join(f"&#{ord(one)};" for one in text),
    "html by hex number": lambda text: "".join(f"&#x{ord(one):x};" for one in text),
    "json escapes": _units,
    "json string": lambda text: json.dumps(text + "\n"),
    "python escapes": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "spaces": " ".join,
    "dashes": "-".join,
    "dots": ".".join,
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "reversed": lambda text: text[::-1],
    "binary": lambda text: _octets(text, "08b", " "),
    "binary, joined": lambda text: _octets(text, "08b"),
}
"""What loses nothing."""

LOSSY: Mapping[str, Disguise] = {
    "leet": lambda text: text.translate(_LEET),
    "other case": str.swapcase,
    "morse": _morse,
}
"""What a key or a number does not survive: only words do."""

FILLING = "\u200b\u2066\u202e\u202c\u0336\u0301 "
"""What stands between letters and is none: a mask may take it along or leave it."""

LETTER_BY_LETTER = (
    "full width", "zero width", "hex", "hex, spaced", "url", "html by number", "html by hex number",
    "json escapes", "python escapes", "spaces", "dashes", "dots", "rot13", "reversed", "binary",
    "binary, joined",
)  # fmt: skip
"""Disguises of a text that are those of its letters in a row, what stands between them aside."""


def bare(text: str, outer: str) -> str:
    """Return a disguised text without what stands between letters at its ends, itself disguised or not."""
    between = [*FILLING, "-", ".", *(EXACT[outer](one).strip() for one in (*FILLING, "-", "."))]
    while trimmed := next((one for one in between if one and text.startswith(one)), ""):
        text = text.removeprefix(trimmed)
    while trimmed := next((one for one in between if one and text.endswith(one)), ""):
        text = text.removesuffix(trimmed)
    return text


PAIRS = tuple((inner, outer) for inner in EXACT for outer in EXACT if inner != outer)
"""What is disguised twice, the first inside of the second."""


def in_morse(text: str) -> bool:
    """Say whether Morse code can spell a text."""
    return all(one in _MORSE or one.isspace() for one in text.lower())


def around(text: str) -> str:
    """Put a disguised text into a message."""
    return f"As agreed, here it is:\n{text}\nThank you."


def caught(hits: Iterable[Hit], rule: Rule) -> bool:
    """Say whether something of the rule's family was found."""
    family = rule.category.partition(".")[0]
    return any(hit.rule.category.partition(".")[0] == family for hit in hits)
