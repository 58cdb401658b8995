"""Coverage-guided fuzzing of the scan of whole texts with all its views.

Inputs that reach lines of the views no input reached before are kept and changed further. Each is held
to what must hold of any text: places are inside of it, what is masked there is gone, and of twice the
text is made in at most little more than twice the time. Run with ``-s`` it tells the seed and what was
reached. `FUZZ_SECONDS` and `FUZZ_SEED` set how long and from where.
"""

import os
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from sluicegate.detection import views
from sluicegate.detection.patterns import Pattern
from sluicegate.detection.ruleset import Ruleset
from sluicegate.detection.text_scan import PLAIN, Look, TextScan
from sluicegate.detection.types import Direction
from tests.detection.disguises import EXACT, LOSSY, in_morse
from tests.detection.support import RULES
from tests.fuzz.coverage import Reached, lines_reached
from tests.long.doubling import grows_little

SECONDS = float(os.environ.get("FUZZ_SECONDS", "600"))
SEED = int(os.environ.get("FUZZ_SEED", Random().randrange(10**6)))
pytestmark = [pytest.mark.long, pytest.mark.timeout(SECONDS + 600)]
PROMPTS = Ruleset([Pattern(rule) for rule in RULES if Direction.PROMPT in rule.directions])
FOLDERS = (str(Path(views.__file__).parent), str(Path(views.__file__).parent.parent / "text_scan.py"))
_LONGEST = 2000
_ENOUGH = 50_000
"""Characters whose time can be measured."""


def look(text: str, *, whole: bool = True) -> Look:
    return TextScan(PROMPTS, whole=whole).look(text, final=True)


def hidden(text: str, random: Random) -> str:
    """Disguise a part of a text, or all of it."""
    low = random.randrange(len(text) + 1)
    high = random.randrange(low, min(len(text), low + 200) + 1)
    part = text[low:high].replace("\ud800", "?")
    name = random.choice([*EXACT, *LOSSY])
    if name == "morse" and not in_morse(part):
        return text
    return text[:low] + {**EXACT, **LOSSY}[name](part) + text[high:]


def cut(text: str, random: Random) -> str:
    low = random.randrange(len(text) + 1)
    return text[:low] + text[low + random.randrange(20) :]


def repeated(text: str, random: Random) -> str:
    low = random.randrange(len(text) + 1)
    return text[:low] + text[low : low + random.randrange(1, 40)] * random.randrange(2, 20) + text[low:]


def strewn(text: str, random: Random) -> str:
    low = random.randrange(len(text) + 1)
    return text[:low] + random.choice("%&\\+-/.=#; \n\u200b\uff0c0aZ\u0430\ud800") + text[low:]


CHANGES: tuple[Callable[[str, Random], str], ...] = (hidden, hidden, cut, repeated, strewn)


def changed(corpus: list[str], random: Random) -> str:
    text = random.choice(corpus)
    if random.random() < 0.2:
        text += random.choice(corpus)
    for _ in range(random.randrange(1, 4)):
        text = random.choice(CHANGES)(text, random)[:_LONGEST]
    return text


def check_places(text: str) -> None:
    found = look(text).hits
    for hit in found[:5]:
        assert 0 <= hit.start < hit.end <= len(text), (text, hit)
        if hit.view == PLAIN:
            assert text[hit.start : hit.end] == hit.value
        masked = text[: hit.start] + "#" * (hit.end - hit.start) + text[hit.end :]
        same = [
            other
            for other in look(masked).hits
            if (other.rule, other.view, other.value) == (hit.rule, hit.view, hit.value)
            and other.start < hit.end
            and hit.start < other.end
        ]
        assert not same, (text, hit, same)


def check_time(text: str) -> None:
    many = text * (_ENOUGH // len(text) + 1)
    for whole in (True, False):
        assert grows_little(PROMPTS, many, whole=whole), (text, whole)


def test_what_must_hold_of_any_text_holds() -> None:
    sys.stdout.write(f"\nseed {SEED}\n")
    random = Random(SEED)
    corpus = [text for pattern in PROMPTS.patterns for text in islice(pattern.rule.examples, 1)]
    reached: Reached = set()
    kept = tried = 0
    end = time.monotonic() + SECONDS
    with lines_reached(reached, FOLDERS):
        while time.monotonic() < end:
            text = changed(corpus, random)
            known = len(reached)
            check_places(text)
            tried += 1
            if len(reached) > known or tried % 50 == 0:
                kept += len(reached) > known
                corpus.append(text)
                if text:
                    check_time(text)
    sys.stdout.write(f"{tried} texts, {kept} reached something new, {len(reached)} lines\n")
    assert kept > 1
