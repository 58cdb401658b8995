"""One text or picture that models look at, and what their opinion on it means."""

import re
from collections.abc import Callable, Iterator, Mapping

from .bands import Bands, band_of
from .escalation import Stage
from .harms import HARMS
from .pointer import public
from .texts import Text
from .tiers import ATTACK, Opinion, Score
from .types import Finding, Level, Segment, Span, Tier, Unjudged
from .vault import value_digest

VIEW = "model"
"""A finding of a model's is about a whole text."""

_MODEL = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}")
_UNNAMED = "unnamed"
_GRAVE: Mapping[str, Level] = {
    harm.category: harm.level for harm in HARMS.values() if harm.category != ATTACK
}


class LookedAt:
    """A text, and the deepest opinion on it.

    Args:
        segment: the text.
        index: its place in the payload.
        part: how it is listed until somebody judged it; a picture is.
    """

    __slots__ = ("asked", "before", "index", "opinion", "part", "segment", "stage", "suspect", "tier")

    def __init__(self, segment: Segment, index: int, part: Unjudged | None = None) -> None:
        self.segment = segment
        self.index = index
        self.part = part
        self.before: tuple[Text, ...] = ()
        """What was said before it."""
        self.opinion: Opinion | None = None
        self.stage: Stage | None = None
        """Whose opinion it is."""
        self.tier = Tier.PATTERNS
        self.asked = Tier.PATTERNS
        """The deepest tier it was put to, whether that one answered or not."""
        self.suspect = False
        """Whether the patterns found an attack in it."""

    def take(self, stage: Stage, opinion: Opinion) -> None:
        """Let the opinion of a deeper tier count."""
        self.stage, self.opinion, self.tier = stage, opinion, stage.rule.tier

    def scores(self) -> Iterator[Score]:
        """Yield the scores that the policy wants to know."""
        stage, opinion = self.stage, self.opinion
        if stage is None or opinion is None:
            return
        for score in opinion.scores:
            family = score.category.partition(".")[0]
            if family in stage.families or any(item.category == score.category for item in stage.definitions):
                yield score

    def worst(self) -> float:
        """Return the highest score, 0 for none."""
        return max([score.score for score in self.scores()], default=0.0)

    def matters(self, bands: Bands) -> bool:
        """Say whether the opinion is a finding, or may become one."""
        return self.suspect or any(
            score.score >= min(band_of(bands, self.tier, score.category)[:2]) for score in self.scores()
        )

    def in_doubt(self, bands: Bands) -> bool:
        """Say whether a deeper tier could tell more."""
        if self.suspect and self.tier < Tier.TRANSFORMER:
            return not self.is_sure(bands)
        return not self.is_sure(bands) and any(
            score.score >= band_of(bands, self.tier, score.category).doubt for score in self.scores()
        )

    def is_sure(self, bands: Bands) -> bool:
        """Say whether the tier that judged it is sure of a finding."""
        return any(score.score >= band_of(bands, self.tier, score.category).high for score in self.scores())

    def findings(self, bands: Bands, digest_key: Callable[[], bytes]) -> Iterator[Finding]:
        """Yield what the opinion comes to: findings of the whole text, which are never edited.

        `digest_key` gives the key that digests the text; asked only for a finding.
        """
        segment, opinion = self.segment, self.opinion
        for score in self.scores():
            level = self._level(score, bands)
            if opinion is None or level is Level.NONE:
                continue
            yield Finding(
                self.tier.name.lower(),
                opinion.model if _MODEL.fullmatch(opinion.model) else _UNNAMED,
                score.category,
                level,
                score.score,
                public(segment.pointer),
                Span(0, len(segment.text)),
                segment.role,
                segment.kind,
                segment.direction,
                value_digest(digest_key(), segment.text),
                VIEW,
                editable=False,
                tier=self.tier,
            )

    def _level(self, score: Score, bands: Bands) -> Level:
        band = band_of(bands, self.tier, score.category)
        level = band.level(score.score)
        if level is Level.NONE or score.level is not Level.NONE:
            return level and score.level
        if self.stage is not None:
            for item in self.stage.definitions:
                if item.category == score.category:
                    return item.level
        return _GRAVE.get(score.category, level)


def is_readable(opinion: Opinion) -> bool:
    """Say whether an opinion holds nothing but scores from 0 to 1, of categories as they are spelled."""
    return all(0.0 <= score.score <= 1.0 and "." in score.category for score in opinion.scores)
