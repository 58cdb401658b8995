"""What the appliance is meant to reach, each as one line with its answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .figures import Spread, ratios, spread
from .rounds import Process
from .summary import ByRound, Summary

OURS, BARE, NGINX = "guarded", "unguarded", "nginx"
WORKER = "sg worker"
"""How the processes of ours that serve requests are called."""


@dataclass(frozen=True, slots=True)
class Target:
    """One aim: the figure has to be at most, or at least, the limit."""

    text: str
    bound: Literal["at most", "at least"]
    limit: float
    unit: str = "times"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found for a target; without a figure it was not measured."""

    target: Target
    found: Spread | None

    @property
    def reached(self) -> bool | None:
        """Whether the median is within the limit."""
        if self.found is None:
            return None
        within = self.found.middle <= self.target.limit
        return within if self.target.bound == "at most" else self.found.middle >= self.target.limit

    @property
    def word(self) -> str:
        """The answer in a word or two."""
        return {None: "not measured", True: "reached", False: "not reached"}[self.reached]


def judge(
    text: str,
    bound: Literal["at most", "at least"],
    limit: float,
    values: Sequence[float],
    unit: str = "times",
) -> Answer:
    """Answer a target by its values in the rounds."""
    return Answer(Target(text, bound, limit, unit), spread(values))


def exchange_answers(summary: Summary) -> list[Answer]:
    """Answer the targets of whole exchanges and of streams."""

    def by(figure: Callable[[str, str], ByRound], cell: str, of: str, to: str) -> list[float]:
        return ratios(figure(of, cell), figure(to, cell))

    cpu, added, plain = summary.cpu, summary.added, "plain-16"
    hits = ratios(cpu(OURS, "hits-16"), cpu(OURS, plain))
    rate = by(summary.rate, plain, OURS, BARE)
    return [
        judge("CPU a request, 16 at once, to nginx's", "at most", 5, by(cpu, plain, OURS, NGINX)),
        judge("CPU a request, ferrogw's to ours", "at least", 2, by(cpu, plain, "ferrogw", OURS)),
        judge("CPU, ferrogw's with four guards to ours", "at least", 10, by(cpu, plain, GUARDS, OURS)),
        judge("added p50, one at a time, to nginx's", "at most", 2.2, by(added, "plain-1", OURS, NGINX)),
        judge("added p50 of frames, 16 streams", "at most", 2.2, by(added, "stream-16", OURS, NGINX)),
        judge("added p50 of frames, 64 streams", "at most", 2.2, by(added, "stream-64", OURS, NGINX)),
        judge("throughput, 16 at once, to unguarded", "at least", 0.75, rate),
        judge("CPU of a request with hits to one without", "at most", 1.5, hits),
    ]


GUARDS = "ferrogw+guards"


def memory_answer(processes: Mapping[str, Sequence[Process]]) -> Answer:
    """Answer for the resident memory of a worker."""
    target = Target("resident memory of a worker", "at most", 100, "MB")
    workers = [item for item in processes.get(OURS, ()) if item.name.startswith(WORKER)]
    return Answer(target, spread([item.resident / 1e6 for item in workers]))


def scaling_answers(summary: Summary, cell: str) -> list[Answer]:
    """Answer for two workers against one: by processor time, and as seen beside the load."""
    one, two = f"{OURS}-1", f"{OURS}-2"
    cost = [2 * part for part in ratios(summary.cpu(one, cell), summary.cpu(two, cell))]
    seen = ratios(summary.rate(two, cell), summary.rate(one, cell))
    return [
        judge("requests of two workers to one's, by CPU a request", "at least", 1.7, cost),
        judge("the same as seen, the load on the same cores", "at least", 1.7, seen),
    ]
