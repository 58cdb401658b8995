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
    translated: bool = False
    """Whether it is asked in another format than the client's."""


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


def planned(
    candidates: Sequence[UpstreamSpec],
    model: str,
    *,
    certain: bool,
    foreign: Sequence[UpstreamSpec] = (),
) -> Plan | None:
    """Return who of the candidates answers for a model; None when nobody serves it.

    The closest pattern wins, of equals who speaks the client's format (`foreign` are those that do not),
    then the highest priority. If some of those have weights, they share; else the first is asked. A
    request that names no model goes to the first candidate if nobody takes all.
    """
    foreigners = {spec.name for spec in foreign}
    fits = [
        ((spec.closeness(model), spec.name not in foreigners, spec.priority), spec)
        for spec in (*candidates, *foreign)
    ]
    best = max((rank for rank, _ in fits if rank[0]), default=None)
    equals = [spec for rank, spec in fits if rank == best]
    if not equals:
        return Plan(Choice(candidates[0], certain)) if candidates and not model else None

    def choice(spec: UpstreamSpec, *, certain: bool) -> Choice:
        return Choice(spec, certain, spec.alias(model), spec.name in foreigners)

    weighted = [spec for spec in equals if spec.weight]
    choices = [choice(spec, certain=certain) for spec in weighted or equals[:1]]
    names = [name for item in choices for name in item.spec.fallback]
    asked = {item.spec.name for item in choices}
    others = {spec.name: spec for _, spec in fits if spec.name not in asked}
    then = [choice(others[name], certain=False) for name in dict.fromkeys(names) if name in others]
    equals_or_none = tuple(choices) if len(choices) > 1 else ()
    return Plan(choices[0], equals_or_none, tuple(then), alone=not (equals_or_none or then))
