"""From what the core is in doubt about to passages for a guard, and from readings to its opinion."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ...harms import HARMS
from ...texts import Text
from ...tiers import HARMFUL, Doubt, Opinion, Score
from ...types import Direction, Kind, Level, Role
from .passage import OTHER, Definition, Passage, Reading
from .windows import windows

OVER_SIZE = "over size"
"""Why a text is unjudged that has more windows than a guard may be asked about."""


FOUND = 0.5
"""From here on a guard says rather yes than no."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a guard is asked about: characters of a window, windows of a text, bytes of a picture."""

    window: int = 6000
    windows: int = 8
    picture: int = 5 << 20


class Passages(NamedTuple):
    """The passages that a doubt comes to, and whether they hold all of its text."""

    passages: tuple[Passage, ...]
    whole: bool


def passages(doubt: Doubt, covers: frozenset[str], extent: Extent, nonce: str) -> Passages:
    """Cut a doubt into passages. `covers` is what the guard can find; `nonce` see `Passage`."""
    shown = doubt.kind is Kind.IMAGE
    if shown and len(doubt.text) * 3 // 4 > extent.picture:
        return Passages((), False)
    pieces = windows("" if shown else _spellable(doubt.text), extent.window, extent.windows)
    answer = doubt.direction is Direction.ANSWER or doubt.role is Role.ASSISTANT
    frame = Passage(
        text="",
        role=doubt.role,
        answer=answer,
        question=_question(doubt.before)[-extent.window :] if answer else "",
        tags=tuple(tag for tag in HARMS if tag in covers and _family(tag) in doubt.families),
        definitions=tuple(Definition(own.tag, own.name, own.definition) for own in doubt.definitions),
        nonce=nonce,
        picture=doubt.text if shown else "",
    )
    return Passages(tuple(_filled(frame, text) for text in pieces.texts), pieces.whole)


def opinion(
    doubt: Doubt, readings: Iterable[Reading], model: str, seconds: float, unjudged: str = ""
) -> Opinion:
    """Return what a guard says of a text: of each category the most that any reading of it says.

    Where not all of the text was read (`unjudged` says why), what was found in the rest stands; where
    nothing was found nothing is known.
    """
    worst: dict[str, float] = {}
    for reading in readings:
        for tag, share in reading.items():
            worst[tag] = max(worst.get(tag, 0.0), share)
    if unjudged and max(worst.values(), default=0.0) < FOUND:
        return Opinion(model, seconds=seconds, unjudged=unjudged)
    return Opinion(model, tuple(_score(doubt, tag, share) for tag, share in worst.items()), seconds)


def _family(tag: str) -> str:
    return HARMS[tag].category.partition(".")[0]


def _question(before: Sequence[Text]) -> str:
    return next((_spellable(text.text) for text in reversed(before) if text.role is Role.USER), "")


def _spellable(text: str) -> str:
    """Return a text that has a UTF-8 form: half a surrogate pair, which JSON can spell, has none."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _filled(frame: Passage, text: str) -> Passage:
    return replace(frame, text=text)


def _score(doubt: Doubt, tag: str, share: float) -> Score:
    if tag == OTHER:
        return Score(HARMFUL, share, Level.NONE)
    if tag in HARMS:
        return Score(HARMS[tag].category, share, HARMS[tag].level)
    own = next(own for own in doubt.definitions if own.tag == tag)
    return Score(own.category, share, own.level)
