"""What a strike came to, by technique."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..evaluation.intervals import Share
from .attacks import Attack
from .fate import Fate, Target


@dataclass(frozen=True, slots=True)
class Score:
    """How many attacks of a technique met which fate."""

    technique: str
    fates: Counter[Fate]

    @property
    def count(self) -> int:
        """How many attacks there were."""
        return self.fates.total()

    @property
    def caught(self) -> Share:
        """How many were blocked or changed."""
        return Share(self.fates[Fate.CAUGHT], self.count)

    @property
    def noticed(self) -> Share:
        """How many were caught or flagged."""
        return Share(self.count - self.fates[Fate.MISSED], self.count)


@dataclass(slots=True)
class Scores:
    """The scores of a strike so far, and the attacks that came through."""

    by_technique: dict[str, Score] = field(default_factory=dict)
    through: list[tuple[Attack, Fate]] = field(default_factory=list)

    def note(self, attack: Attack, fate: Fate) -> None:
        """Count an attack."""
        score = self.by_technique.setdefault(attack.technique, Score(attack.technique, Counter()))
        score.fates[fate] += 1
        if fate is not Fate.CAUGHT:
            self.through.append((attack, fate))

    @property
    def total(self) -> Score:
        """All techniques together."""
        fates: Counter[Fate] = Counter()
        for score in self.by_technique.values():
            fates.update(score.fates)
        return Score("all together", fates)


def strike(target: Target, attacks: Iterable[Attack], report: Callable[[int, str], None]) -> Scores:
    """Send attacks one after another. Raises `ApplianceError` when the target fails."""
    scores = Scores()
    for number, attack in enumerate(attacks, 1):
        scores.note(attack, target.strike(attack))
        report(number, attack.technique)
    return scores
