"""Which upstreams may answer a request, in which order. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from .upstream_spec import UpstreamSpec


@dataclass(frozen=True, slots=True)
class Choice:
    """An upstream.

    `certain`: it is beyond doubt, named by the path or the only one there is. `alias` is the name under
    which it is asked for the model; empty where that is the name the request has.
    """

    spec: UpstreamSpec
    certain: bool
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Who is asked.

    `first` is, unless there are `equals`: then all of these (`first` is one) share the requests by
    their weights. `then` lists who is asked when one of them cannot answer.
    """

    first: Choice
    equals: tuple[Choice, ...] = ()
    then: tuple[Choice, ...] = ()
    alone: bool = True
    """Whether there is nobody but the first."""

    @property
    def usual(self) -> tuple[Choice, ...]:
        """Who is asked as long as nothing fails."""
        return self.equals or (self.first,)

    def order(self, draw: int) -> list[Choice]:
        """Return everybody in the order in which to ask; `draw` is any number, evenly spread."""
        if not self.equals:
            return [self.first, *self.then]
        chosen = self._drawn(draw)
        return [chosen, *(item for item in self.equals if item is not chosen), *self.then]

    def _drawn(self, draw: int) -> Choice:
        left = draw % sum(item.spec.weight for item in self.equals)
        for item in self.equals:
            left -= item.spec.weight
            if left < 0:
                return item
        raise AssertionError("weights are above zero")


def planned(candidates: Sequence[UpstreamSpec], model: str, *, certain: bool) -> Plan | None:
    """Return who of the candidates answers for a model; None when nobody serves it.

    The closest pattern wins, of equals the highest priority. If some of those have weights, they share;
    else the first is asked. A request that names no model goes to the first if nobody takes all.
    """
    fits = [(spec.closeness(model), spec.priority, spec) for spec in candidates]
    best = max(((close, priority) for close, priority, _ in fits if close), default=None)
    equals = [spec for close, priority, spec in fits if (close, priority) == best]
    if not equals:
        return Plan(Choice(candidates[0], certain)) if candidates and not model else None
    weighted = [spec for spec in equals if spec.weight]
    choices = [Choice(spec, certain, spec.alias(model)) for spec in weighted or equals[:1]]
    names = [name for choice in choices for name in choice.spec.fallback]
    asked = {choice.spec.name for choice in choices}
    others = {spec.name: spec for spec in candidates if spec.name not in asked}
    then = [
        Choice(others[name], certain=False, alias=others[name].alias(model))
        for name in dict.fromkeys(names)
        if name in others
    ]
    equals_or_none = tuple(choices) if len(choices) > 1 else ()
    return Plan(choices[0], equals_or_none, tuple(then), alone=not (equals_or_none or then))
