"""Styles: the same words as different people would type them."""

import random
from collections.abc import Callable, Mapping

from .encodings import ENCODINGS
from .seeds import choices, slots

Style = Callable[[str, str, random.Random], str]
"""Text, its language, a source of chance: the text in this style."""


def _framed(slot: str, *, before: bool) -> Style:
    def style(text: str, lang: str, rng: random.Random) -> str:
        if (slot, lang) not in slots():
            return text
        words = rng.choice(choices(slot, lang))
        return f"{words} {text}" if before else f"{text} {words}"

    return style


def _typos(text: str, lang: str, rng: random.Random) -> str:
    """Every word of five letters or more has one chance in six of a swap, a loss or a double."""
    words = text.split(" ")
    for at, word in enumerate(words):
        if len(word) >= 5 and word.isalpha() and rng.random() < 1 / 6:
            cut = rng.randrange(1, len(word) - 2)
            a, b = word[cut], word[cut + 1]
            words[at] = word[:cut] + rng.choice([b + a, a, a + a + b]) + word[cut + 2 :]
    return " ".join(words)


def _some_words(encoding: str, share: float) -> Style:
    def style(text: str, lang: str, rng: random.Random) -> str:
        change = ENCODINGS[encoding]
        return " ".join(
            change(word) if len(word) > 3 and rng.random() < share else word for word in text.split(" ")
        )

    return style


def _markdown(text: str, lang: str, rng: random.Random) -> str:
    head, _, rest = text.partition(" ")
    return rng.choice([f"**{text}**", f"### {text}", f"- {text}", f"**{head}** {rest}", f"_{text}_"])


def _quoted(text: str, lang: str, rng: random.Random) -> str:
    left, right = rng.choice([('"', '"'), ("'", "'"), ("“", "”"), ("«", "»"), ("„", "“")])
    return left + text + right


STYLES: Mapping[str, tuple[float, Style]] = {
    "plain": (30, lambda text, lang, rng: text),
    "polite": (8, _framed("polite", before=True)),
    "chatty_before": (10, _framed("chatty_before", before=True)),
    "chatty_after": (8, _framed("chatty_after", before=False)),
    "shouting": (5, lambda text, lang, rng: text.upper()),
    "lower": (9, lambda text, lang, rng: text.lower().rstrip(".!")),
    "typos": (9, _typos),
    "markdown": (4, _markdown),
    "quoted": (2, _quoted),
    "code_block": (3, lambda text, lang, rng: f"```\n{text}\n```"),
    "lines": (3, lambda text, lang, rng: text.replace(". ", ".\n")),
    "leet": (2, _some_words("leet", 0.5)),
    "spaced": (1, _some_words("spaced", 0.35)),
    "homoglyph": (1, _some_words("homoglyph", 0.5)),
}
"""Weight and function of every style."""


def styled(text: str, lang: str, rng: random.Random) -> tuple[str, str]:
    """A style drawn by weight and the text in it; `plain` when the style changes nothing."""
    name = rng.choices(list(STYLES), [weight for weight, _ in STYLES.values()])[0]
    changed = STYLES[name][1](text, lang, rng)
    return ("plain", text) if changed == text else (name, changed)
