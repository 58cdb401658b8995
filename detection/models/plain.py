"""The reading of a text that the models learn from: what looks the same is the same.

Kept apart from the views of the rules: those map every character back, this one only has to be cheap and
the same in training and in use. It runs under the Python of the training environment, too.
"""

import re
import unicodedata

_HIDDEN = re.compile(
    "[\u00ad\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e001f\U000e007f-\U000e01ef]+"
)
"""What is not seen, and marks piled onto letters; no marks that a script needs."""
_TAGS = re.compile("[\U000e0020-\U000e007e]+")
_TAG_BASE = 0xE0000
_UNSEEN = re.compile(_HIDDEN.pattern.removesuffix("]+") + _TAGS.pattern.removeprefix("[").removesuffix("+"))
_FOREIGN, _LETTER = re.compile("[\u0370-\u051d]"), re.compile("[a-z]")
"""What a word of both has to have: without one of them nobody need look for such words."""
_MIXED = re.compile(r"\b\w*(?:[a-z][\u0370-\u04ff\u0501-\u051d]|[\u0370-\u04ff\u0501-\u051d][a-z])\w*")
"""A word of Latin letters and others that look like them."""
_SPACES = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f"
_LOOK_ALIKES = str.maketrans("аеорсухіјѕԛԝһԁӏвкмнтαονυρικτ", "aeopcyxijsqwhdlbkmhtaovupikt")


def plain(text: str) -> str:
    """Return a text in small letters, compatibility forms and look-alikes folded, white space single."""
    if text.isascii():
        return _ascii(text.lower())
    if _UNSEEN.search(text) is not None:
        text = _HIDDEN.sub("", _TAGS.sub(_untagged, text))
    text = unicodedata.normalize("NFKC", text).casefold()
    if _FOREIGN.search(text) is not None and _LETTER.search(text) is not None:
        text = _MIXED.sub(_latin, text)
    return " ".join(text.split())


def _ascii(text: str) -> str:
    # A few looks for a character are quicker than cutting a text into its words.
    for space in _SPACES:
        if space in text:
            text = text.replace(space, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text.strip(" ")


def _untagged(match: re.Match[str]) -> str:
    return "".join(chr(ord(character) - _TAG_BASE) for character in match[0])


def _latin(match: re.Match[str]) -> str:
    return match[0].translate(_LOOK_ALIKES)
