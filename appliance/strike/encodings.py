"""Disguises that change how a text is spelled."""

import base64
import codecs
import html
from collections.abc import Callable, Mapping
from random import Random
from urllib.parse import quote

type Spelling = Callable[[str], str]
type Drawn = Callable[[str, Random], str]
"""Draws lots."""

_LEET = str.maketrans("aeiostAEIOST", "431057431057")
_LOOKALIKES = str.maketrans("aceiopsxyABCEHKMOPTX", "асеіорѕхуАВСЕНКМОРТХ")  # noqa: RUF001 - the material
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
_TAGS = {code: code + 0xE0000 for code in range(0x20, 0x7F)}
_INVISIBLE = "\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}\N{WORD JOINER}"
_MARKS = "\u0301\u0323\u0336\u0353"
_MORSE = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz0123456789",
        (
            ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- "
            "-..- -.-- --.. ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----."
        ).split(),
        strict=True,
    )
)


def base64_text(text: str) -> str:
    """Encode in base64, padded."""
    return base64.b64encode(text.encode()).decode()


def base64_url(text: str) -> str:
    """Encode in base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def base64_lines(text: str) -> str:
    """Encode in base64, split over lines."""
    whole = base64_text(text)
    return "\n".join(whole[at : at + 40] for at in range(0, len(whole), 40))


def hexadecimal(text: str) -> str:
    """Encode the bytes as hexadecimal digits."""
    return text.encode().hex()


def percent(text: str) -> str:
    """Encode as in URLs, letters too."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def percent_light(text: str) -> str:
    """Encode as in URLs what must be."""
    return quote(text)


def entities(text: str) -> str:
    """Encode as character references of HTML."""
    return "".join(f"&#{ord(character)};" for character in html.unescape(text))


def escapes(text: str) -> str:
    """Encode as escapes of JSON."""
    units = text.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def rot13(text: str) -> str:
    """Turn letters by half the alphabet."""
    return codecs.encode(text, "rot13")


def reversed_text(text: str) -> str:
    """Write backwards."""
    return text[::-1]


def leet(text: str) -> str:
    """Write digits for letters."""
    return text.translate(_LEET)


def spaced(text: str) -> str:
    """Put a space between letters, three between words."""
    return "   ".join(" ".join(word) for word in text.split())


def dotted(text: str, lots: Random) -> str:
    """Put a sign between letters."""
    sign = lots.choice(".-_*")
    return " ".join(sign.join(word) for word in text.split())


def lookalikes(text: str) -> str:
    """Write Cyrillic letters for Latin ones that look the same."""
    return text.translate(_LOOKALIKES)


def full_width(text: str) -> str:
    """Write full-width forms."""
    return text.translate(_FULL_WIDTH)


def invisible(text: str, lots: Random) -> str:
    """Put invisible characters between letters."""
    return "".join(character + lots.choice(_INVISIBLE) for character in text)


def marked(text: str, lots: Random) -> str:
    """Stuff letters with combining marks."""
    return "".join(
        character + lots.choice(_MARKS) if character.isalpha() else character for character in text
    )


def tags(text: str) -> str:
    """Write invisible tag characters behind something harmless."""
    return "What a nice day!" + text.translate(_TAGS)


def mixed_case(text: str, lots: Random) -> str:
    """Mix upper and lower case."""
    return "".join(lots.choice((character.lower(), character.upper())) for character in text)


def morse(text: str) -> str:
    """Write in Morse code; what has none is left out."""
    words = ([_MORSE[letter] for letter in word if letter in _MORSE] for word in text.lower().split())
    return " / ".join(" ".join(word) for word in words if word)


def binary(text: str) -> str:
    """Write bytes as bits."""
    return " ".join(f"{byte:08b}" for byte in text.encode())


SPELLINGS: Mapping[str, Spelling] = {
    "base64": base64_text,
    "base64-url": base64_url,
    "base64-lines": base64_lines,
    "hex": hexadecimal,
    "percent": percent,
    "percent-light": percent_light,
    "entities": entities,
    "escapes": escapes,
    "rot13": rot13,
    "reversed": reversed_text,
    "leet": leet,
    "spaced": spaced,
    "lookalikes": lookalikes,
    "full-width": full_width,
    "tags": tags,
    "morse": morse,
    "binary": binary,
}
"""By name of the technique."""
DRAWN_SPELLINGS: Mapping[str, Drawn] = {
    "dotted": dotted,
    "invisible": invisible,
    "marks": marked,
    "mixed-case": mixed_case,
}
"""By name of the technique."""
