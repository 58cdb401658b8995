"""The tiers behind the patterns: what they are asked, and what they say. Their contract.

The core finds out what it is in doubt about and hands it to whoever drives it as an `Ask`; the driver
awaits the tier and brings its opinions back (`Inspection.settle`). A tier never decides: it says how
sure it is, and the policy does the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from .similar.subjects import Subjects
from .tenant.scanner import CustomScanner
from .texts import Text
from .tier_rule import TierRule
from .types import Direction, Kind, Level, Role, Tier

ATTACK = "prompt_attack.model"
"""Category of what a model takes for an attack on the model."""
HARMFUL = "harmful.model"
"""Category of harmful content whose kind the model does not tell; `harms.HARMS` has the kinds."""
TOXIC = "harmful.toxicity"
OVER_BUDGET = "budget"
"""Reason of an opinion that was not sought, to keep to the budget: the cheaper tiers' counts."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One text that a tier is asked about.

    Attributes:
        text: the whole text, as it stands in the payload.
        role: whose words it holds.
        kind: what it is for.
        direction: on its way to the model or from it.
        pointer: where it stands, fit for a record; never send it out of the machine.
        families: what the policy wants to know: ``prompt_attack``, ``harmful``; no other score counts.
        definitions: what a tenant defined in words (``genai``), to be looked for as well.
        score: how sure the cheaper tiers are of the worst they saw, 0 to 1.
        always: the policy wants it judged whatever it costs; no budget holds it back.
        before: what was said before it in the same exchange, the oldest first; for models that read
            conversations. Untrusted like the text itself.
        subjects: what it is to be compared with, for a tier that compares.
    """

    text: str = field(repr=False)
    role: Role
    kind: Kind
    direction: Direction
    pointer: str = field(default="", repr=False)
    families: tuple[str, ...] = ("prompt_attack", "harmful")
    definitions: tuple[CustomScanner, ...] = field(default=(), repr=False)
    score: float = 0.0
    always: bool = False
    before: tuple[Text, ...] = field(default=(), repr=False)
    subjects: Subjects | None = None


class Score(NamedTuple):
    """How sure a model is that a text is of a category, 0 to 1, calibrated.

    `level` is how grave such a text is; `Level.NONE` leaves it to the bands of the tier.
    """

    category: str
    score: float
    level: Level = Level.NONE


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a tier says about one text.

    Attributes:
        model: which model spoke, and its version: stands in records as the rule of a finding. Lower-case
            letters, digits, ``_``, ``-``, ``.``, at most 60.
        scores: of every category it knows and was asked for, also low ones.
        seconds: processor time that this text took; where nobody knows it the time it was waited for.
        unjudged: why nothing is known (``deadline``, ``busy``, ``dead``, ``unreadable``...), a few lower-case
            words that tell nothing of the text. Then there are no scores, and the text is not called safe.
    """

    model: str
    scores: tuple[Score, ...] = ()
    seconds: float = 0.0
    unjudged: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """What the core wants to know of one tier before it decides. `rule` says how long and what else then."""

    tier: Tier
    doubts: tuple[Doubt, ...]
    rule: TierRule


class SlowTier(Protocol):
    """A tier that has to be awaited. One a process, shared by all exchanges."""

    @property
    def tier(self) -> Tier:
        """Which one it is."""
        ...

    async def judge(self, doubts: Sequence[Doubt], deadline: float) -> Sequence[Opinion]:
        """Return one opinion for each doubt, in order, within `deadline` seconds from now.

        Whatever goes wrong - the model is away, too busy, too slow, answers nonsense - is an opinion
        that is `unjudged`, never an exception. Cancelling the call takes what still waits out of the
        line. It neither logs nor keeps a text.
        """
        ...


class TextModel(Protocol):
    """A model so fast that it is asked in passing: the linear tier."""

    @property
    def version(self) -> str:
        """Which model, and which training of it; as `Opinion.model`."""
        ...

    def opinion(self, text: str) -> Opinion:
        """Judge a text. Synchronous, well under a millisecond for a page; it never raises for a text."""
        ...


def nothing_known(doubts: Sequence[Doubt], model: str, reason: str) -> list[Opinion]:
    """Return opinions that say only that nothing is known, and why."""
    return [Opinion(model, unjudged=reason) for _ in doubts]
