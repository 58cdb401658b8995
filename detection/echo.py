"""The words of a system prompt, found again in the answer to it.

A leak is a run of words that stand in the prompt in the same order. Every four words in a row of the
prompt are kept as one number; a word of the answer belongs to a run when it and the three before it
are among them. A run of at least `LEAK` words is a finding that begins with its fourth word: so nothing
is held for three words that any answer may share. From the fourth word on a run is held until it ends,
`LONGEST` words or `WIDEST` characters at most, and is then masked, blocked or released as a whole. What
can get out before that is three words and runs shorter than `LEAK`.

Case, punctuation, look-alikes and invisible characters make no difference. A Chinese or Japanese
character counts as half a word. Linear in prompt and answer.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

from .rules import Rule
from .text_channel import Scan
from .text_scan import Hit, Look
from .types import Direction, Kind, Level, Role, Segment
from .views.unicode import reading

LEAK = 16
"""Words of a prompt in a row that are a leak."""
LONGEST = 64
"""Words of one finding; a longer run is several."""
WIDEST = 4096
"""Characters of one finding."""
MOST_WORDS = 20_000
"""Words of a prompt that are looked for; the rest is not."""

_TOGETHER = 4
_LONGEST_WORD = 256
_OVERLONG = "\0"
"""Stands for a longer word, which is none of the prompt."""
_MOST_KEPT = 200_000
_WHOLE, _HALF = 2, 1
_ENOUGH = _WHOLE * (LEAK - _TOGETHER + 1)
_IDEOGRAPH = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_UNSEEN = "\u00ad\u200b-\u200f\u2060-\u2064\ufeff"
_WORD = re.compile(f"[{_IDEOGRAPH}]|(?:(?![{_IDEOGRAPH}])[\\w{_UNSEEN}])+")
_SPEAKS = (Kind.TEXT, Kind.REASONING, Kind.REFUSAL, Kind.ARGUMENTS)

RULE = Rule(
    id="system_prompt_echo",
    category="leak.system_prompt",
    level=Level.MEDIUM,
    pattern=".",
    max_length=WIDEST,
    directions=(Direction.ANSWER,),
    label="Withheld",
    source="Zhang et al. 2023: an answer that repeats its system prompt gives it away",
    examples=("-",),
    near_misses=("-",),
)
"""What a leak is reported as."""


class Quotable:
    """What must not be quoted: the words of one system prompt, as numbers.

    Args:
        texts: the prompt's texts.
    """

    __slots__ = ("begins", "fours", "words")

    def __init__(self, texts: Iterable[str]):
        fours: set[int] = set()
        begins: set[int] = set()
        self.words = 0
        for text in texts:
            words = [word.value for word in _words(text, final=True)][: MOST_WORDS - self.words]
            self.words += len(words)
            begins.update(map(hash, zip(words, words[1:], words[2:], strict=False)))
            fours.update(map(hash, zip(words, words[1:], words[2:], words[3:], strict=False)))
        self.fours = frozenset(fours)
        self.begins = frozenset(begins)

    def stands_in(self, text: str) -> bool:
        """Say whether a whole text holds a leak."""
        return any(run.weight >= _ENOUGH for run in _runs(_words(text, final=True), (), self))


class Prompts:
    """Keeps what was made of system prompts, by their digest: an application sends the same ones.

    Bounded by the words of all of them together.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, Quotable] = OrderedDict()
        self._words = 0

    def quotable(self, segments: Sequence[Segment]) -> Quotable | None:
        """Return what an answer must not quote of a request; None where it is too short to matter."""
        texts = [item.text for item in segments if item[2] is Role.SYSTEM and item[3] is Kind.TEXT]
        if sum(map(len, texts)) < LEAK:
            return None
        digest = blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        found = self._kept.get(digest)
        if found is None:
            found = self._kept[digest] = Quotable(texts)
            self._words += found.words
            while self._words > _MOST_KEPT and len(self._kept) > 1:
                self._words -= self._kept.popitem(last=False)[1].words
        else:
            self._kept.move_to_end(digest)
        return found if found.fours else None


def speaks(segment: Segment) -> bool:
    """Say whether a text of an answer is looked at for a leak."""
    return segment.direction is Direction.ANSWER and segment.kind in _SPEAKS


class EchoScan:
    """A growing text that is also looked at for the words of the prompt. Keeps three words and no text.

    Args:
        scan: the text's scan by rules.
        quotable: the prompt.
    """

    __slots__ = ("_before", "_begun", "_quotable", "_scan")

    def __init__(self, scan: Scan, quotable: Quotable):
        self._scan = scan
        self._quotable = quotable
        self._before: tuple[str, ...] = ()
        self._begun = ""

    @property
    def start(self) -> int:
        """Offset of the first character that is not committed."""
        return self._scan.start

    @property
    def tail(self) -> str:
        """The characters that are not committed."""
        return self._scan.tail

    def look(self, more: str, final: bool) -> Look:
        """Judge the tail with `more` behind it. Changes nothing."""
        look = self._scan.look(more, final)
        text = self._scan.tail + more
        words = _words(self._begun + text, final=final)
        shift = self._scan.start - len(self._begun)
        hits: list[Hit] = []
        held = len(self._begun) + len(text)
        for run in _runs(words, self._before, self._quotable):
            if run.open and not final and held - run.start <= WIDEST:
                held = max(run.start, len(self._begun))
            elif run.weight >= _ENOUGH:
                value = text[run.start - len(self._begun) : run.end - len(self._begun)]
                hits.append(Hit(RULE, run.start + shift, run.end + shift, "words", value))
        if not final:
            held = min(held, self._next_held(words, held))
        decided = min(look.decided, held + shift)
        if not hits and decided == look.decided:
            return look
        every = sorted((*look.hits, *hits), key=lambda hit: (hit.start, -hit.end))
        kept = tuple([hit for hit in every if hit.start < decided])
        return Look(decided, kept, look.unjudged, look.crowded)

    def _next_held(self, words: list["_Word"], end: int) -> int:
        """Return where a word begins that has no end yet and may be the fourth of a run."""
        if not words or words[-1].whole:
            return end
        last = (*self._before, *(word.value for word in words[-_TOGETHER:-1]))[-_TOGETHER + 1 :]
        begins = len(last) == _TOGETHER - 1 and hash(last) in self._quotable.begins
        return words[-1].start if begins and words[-1].value != _OVERLONG else end

    def commit(self, more: str, upto: int) -> None:
        """Append `more` and declare everything before offset `upto` decided and dealt with."""
        scan = self._scan
        passed = self._begun + (scan.tail + more)[: upto - scan.start]
        scan.commit(more, upto)
        words = _words(passed, final=False)
        self._begun = ""
        if words and not words[-1].whole:
            self._begun = passed[words.pop().start :][: _LONGEST_WORD + 1]
        if words:
            seen = (*self._before, *(word.value for word in words[-_TOGETHER + 1 :]))
            self._before = seen[-_TOGETHER + 1 :]

    def passing(self, more: str) -> int:
        """Look, and commit what is decided, where nothing stands; -1 where something does."""
        look = self.look(more, final=False)
        if look.hits or look.unjudged:
            return -1
        count = look.decided - self.start
        self.commit(more, look.decided)
        return count


class _Word(NamedTuple):
    value: str
    start: int
    end: int
    whole: bool


class _Run(NamedTuple):
    """Words of a prompt from the fourth on; `open` while more may follow."""

    start: int
    end: int
    weight: int
    open: bool


def _bare(word: str) -> str:
    if len(word) > _LONGEST_WORD:
        return _OVERLONG
    return (word if word.isascii() else reading(word)).lower()


def _words(text: str, *, final: bool) -> list[_Word]:
    words: list[_Word] = []
    for found in _WORD.finditer(text):
        value, end = _bare(found[0]), found.end()
        whole = final or end < len(text) or _is_half(value)
        if value or not whole:
            words.append(_Word(value, found.start(), end, whole))
    return words


def _is_half(word: str) -> bool:
    return len(word) == 1 and "\u3040" <= word <= "\u9fff"


def _runs(words: Iterable[_Word], before: tuple[str, ...], quotable: Quotable) -> Iterator[_Run]:
    """Yield the runs of a text, in order; only the last can be open."""
    last = before
    start = end = -1
    count = weight = 0
    for word in words:
        if not word.whole:
            break
        last = (*last, word.value)[-_TOGETHER:]
        inside = hash(last) in quotable.fours and word.value != _OVERLONG
        if start >= 0 and (not inside or count >= LONGEST or word.end - start > WIDEST):
            yield _Run(start, end, weight, open=False)
            start = -1
        if inside:
            if start < 0:
                start, count, weight = word.start, 0, 0
            end = word.end
            count += 1
            weight += _HALF if _is_half(word.value) else _WHOLE
    if start >= 0:
        yield _Run(start, end, weight, open=True)
