"""What the models are shown: pieces of texts about as long as a window, each with what it teaches.

A long text that attacks holds one attacking sentence and much that is none. So the piece that is shown holds
the sentence, where it is known, and pieces from elsewhere are not shown. Known sentences are put into other
carriers, too: what surrounds an attack must not give it away.
"""

import json
import random
import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

from .corpus.overlap import Overlap
from .harm import harm
from .located import among, located
from .ordinary import abroad, briefs, ordinary
from .rows import NO_TASK, UNKNOWN, Example, files, teaching
from .scenes import scenes
from .tone import tone

PIECE = 560
"""Characters of a piece: about a window of 128 tokens of English."""
_CLEAN = frozenset({"bipia_train", "piarena_indirect", "tool_outputs_asb_indirect", "xquad_multilingual"})
"""Files that hold the carriers of their injections clean."""
_CARRIERS = {
    "tool_outputs_asb_indirect": 6,
    "bipia_train": 2,
    "benign_t0_tasks": 1,
    "piarena_indirect": 1,
    "xquad_multilingual": 1,
    "corpus": 1,
}
"""How often a clean text of a file carries an attack of another."""
_HARMLESS = frozenset(
    {"benign_t0_tasks", "piarena_indirect", "xquad_multilingual", "bipia_train", "benign_gsm8k"}
)
"""Files whose benign texts are made of sentences that ask nobody for anything, but for the last."""
_OWN_LANG = 0.9
_SHORT = 400
"""Characters up to which a direct attack is put into carriers, too."""
_TURNED, _BEFORE = 4000, 0.25
"""Pairs of short texts that are made, and how often the attack stands first."""
_TURNING = ("en", "en", "en", "de", "hi-Latn", "hi-Latn", "es", "fr", "zh", "hi", "ru", "pt")
"""Languages of such pairs."""
_DENSE = 0.5
"""Characters a piece of a text holds whose letters are worth two or three tokens each, as a share."""
_BREAKS = re.compile('(?<=[.!?\u3002\uff01\uff1f])\\s+|\n+|(?<=\\w)(?="[,}\\]])')


def examples(data: Path, corpus: Path, seed: int) -> list[Example]:
    """Return every example: those of the files, our own, and attacks in carriers of other files."""
    found = [*whole(data / "train"), *corpus_rows(corpus)]
    rng = random.Random(seed)
    found += recombined(found, rng)
    found += turned(found, rng)
    measured = Overlap([data / "eval", data / "eval-only"])
    own = (*tone(seed), *harm(seed), *scenes(seed), *ordinary(seed), *abroad(seed), *briefs(seed))
    found += [item for item in own if item.text not in measured]
    return [piece for example in found for piece in pieces(example, rng)]


def whole(folder: Path, names: Container[str] | None = None) -> Iterator[Example]:
    """Yield the texts of the files (of those named) as they are, with spans where they can be found."""
    for name, rows in files(folder):
        if name in NO_TASK or (names is not None and name not in names):
            continue
        spans = _spans(name, rows)
        for row in rows:
            span = spans.get(row["id"], (0, 0))
            if row["category"] == "injection_direct" and len(row["text"]) <= _SHORT:
                span = (0, len(row["text"]))
            yield Example(row["text"], *teaching(row, name), name, row["id"], span, row["lang"])


def corpus_rows(path: Path) -> list[Example]:
    """Return our own examples: one JSON object a line, as the corpus writes them."""
    rows = [json.loads(line) for line in path.open(encoding="utf-8")]
    found = []
    for row in rows:
        labels = (1, UNKNOWN, UNKNOWN) if row["label"] else (0, 0, 0)
        direct = row["label"] and row["carrier"] == "none" and len(row["text"]) <= _SHORT
        if row["label"] and not direct and len(row["text"]) > PIECE:
            continue  # where the attack stands in it is not told, and most of it is none
        span = (0, len(row["text"])) if direct else (0, 0)
        found.append(Example(row["text"], *labels, "corpus", row["seed"], span, row["lang"]))
    return found


def _spans(name: str, rows: list[dict[str, object]]) -> dict[str, tuple[int, int]]:
    if name not in _CLEAN:
        return {}
    attacks = [row for row in rows if row["label"]]
    texts = [str(row["text"]) for row in attacks]
    clean = [str(row["text"]) for row in rows if not row["label"]]
    best = [
        first if first != (0, 0) else second
        for first, second in zip(located(texts, clean), among(texts), strict=True)
    ]
    return {str(row["id"]): span for row, span in zip(attacks, best, strict=True)}


def recombined(found: Iterable[Example], rng: random.Random) -> Iterator[Example]:
    """Yield carriers with attacks of other files in them, and as often with something harmless.

    What is harmless is a sentence of another benign text: that a text changes its subject is no attack.
    """
    found = list(found)
    attacks = [item for item in found if item.span != (0, 0)]
    harmless = [item for item in found if item.source in _HARMLESS]
    by_lang: dict[str, list[Example]] = {}
    for item in attacks:
        by_lang.setdefault(item.lang, []).append(item)
    for carrier in found:
        times = _CARRIERS.get(carrier.source, 0) if carrier.attack == 0 and len(carrier.text) > 150 else 0
        for _ in range(times):
            attack = rng.choice(by_lang.get(carrier.lang, attacks) if rng.random() < _OWN_LANG else attacks)
            if attack.source != carrier.source:
                yield _put(attack, attack.text[slice(*attack.span)].strip(), carrier, rng)
            other = rng.choice(harmless)
            sentence = rng.choice([part for part in _BREAKS.split(other.text) if part] or [other.text])
            yield _put(other, sentence.strip()[:400], carrier, rng)


def turned(found: Iterable[Example], rng: random.Random) -> Iterator[Example]:
    """Yield short requests that end or begin with an attack, and as often with another request."""
    asked: dict[str, list[Example]] = {}
    ordered: dict[str, list[Example]] = {}
    for item in found:
        if item.attack == 1 and item.span == (0, len(item.text)) and len(item.text) <= _SHORT // 2:
            ordered.setdefault(item.lang, []).append(item)
        elif item.attack == 0 and item.harmful == 0 and len(item.text) <= _SHORT // 2:
            asked.setdefault(item.lang, []).append(item)
    for _ in range(_TURNED):
        lang = rng.choice(_TURNING)
        if lang not in asked or lang not in ordered:
            continue
        first, order, other = rng.choice(asked[lang]), rng.choice(ordered[lang]), rng.choice(asked[lang])
        joint = rng.choice((" ", " ", "\n", "\n\n"))
        for second, known in ((order, (1, UNKNOWN, UNKNOWN)), (other, (0, 0, 0))):
            parts = [first.text.strip(), second.text.strip()]
            if second is order and rng.random() < _BEFORE:
                parts.reverse()
            yield Example(joint.join(parts), *known, "turned", f"{second.key}+{first.key}", (0, 0), lang)


def _put(given: Example, injected: str, carrier: Example, rng: random.Random) -> Example:
    places = [match.end() for match in _BREAKS.finditer(carrier.text)] or [len(carrier.text)]
    if not carrier.text.startswith(("{", "[")):
        places += [0, len(carrier.text)]
    place = rng.choice(places)
    joint = rng.choice((" ", "\n", "\n\n"))
    text = carrier.text[:place] + joint + injected + joint + carrier.text[place:]
    first = place + len(joint)
    known = (1, UNKNOWN, UNKNOWN) if given.attack == 1 else (0, 0, 0)
    key = f"{given.key}+{carrier.key}"
    return Example(text, *known, given.source, key, (first, first + len(injected)), carrier.lang)


def pieces(example: Example, rng: random.Random) -> Iterator[Example]:
    """Yield the pieces of an example that are shown."""
    size = PIECE if example.text.isascii() or _latin(example.text) else int(PIECE * _DENSE)
    if len(example.text) <= size:
        yield example
    elif example.span != (0, 0):
        yield _around(example, size, rng)
    else:
        last = len(example.text) - size
        if example.attack == 1:
            # Who wraps a request begins and ends with the wrapping.
            starts = {0, last}
        else:
            starts = {0, last, *(rng.randrange(last + 1) for _ in range(min(last // size, 3)))}
        for start in sorted(starts):
            yield example._replace(text=example.text[start : start + size])


def _latin(text: str) -> bool:
    return sum(character < "\u0250" for character in text[:400]) > 300


def _around(example: Example, size: int, rng: random.Random) -> Example:
    first, last = example.span
    room = max(size - (last - first), 0)
    before = rng.randint(0, room)
    start = max(min(first - before, len(example.text) - size), 0)
    return example._replace(text=example.text[start : start + max(size, 0)], span=(0, 0))
