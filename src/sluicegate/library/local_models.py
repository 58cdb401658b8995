"""The small models in this process: for programs that have no appliance to ask."""

from collections.abc import Sequence
from time import monotonic

from ..detection.escalation import Models
from ..detection.shipped_models import Linear, Transformer, shipped_bands
from ..detection.tiers import Ask, Opinion, TextModel, nothing_known
from ..detection.types import Tier

_NAME = "transformer"


class LocalModels:
    """The models a library was told to use.

    Args:
        linear: asked in passing.
        transformer: asked about what is in doubt; None where nobody is.
    """

    def __init__(self, linear: TextModel, transformer: Transformer | None = None) -> None:
        self._transformer = transformer
        self.models = Models(linear, {Tier.TRANSFORMER} if transformer else (), shipped_bands())
        self.in_passing = Models(linear, (), shipped_bands())
        """Without what takes long: for faces that must not wait."""

    @classmethod
    def load(cls, name: str) -> "LocalModels":
        """Load ``linear`` or ``transformer``, which brings the other along. Raises `ModelMissing`."""
        return cls(Linear.load(), Transformer.load() if name == "transformer" else None)

    def opinions(self, ask: Ask) -> Sequence[Opinion]:
        """Return an opinion for each doubt, in order; what comes after the deadline is unjudged."""
        model, until = self._transformer, monotonic() + ask.rule.deadline
        if model is None or ask.tier is not Tier.TRANSFORMER:
            return nothing_known(ask.doubts, _NAME, "not installed")
        return [
            model.opinion(doubt.text) if monotonic() < until else Opinion(model.version, unjudged="deadline")
            for doubt in ask.doubts
        ]
