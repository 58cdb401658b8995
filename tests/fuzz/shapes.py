"""What a fuzzer begins with for one dialect."""

from dataclasses import dataclass
from typing import Any

from sluicegate.detection.dialects import NOTHING_ADDRESSED, Addressed

type Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Material:
    """What one dialect says.

    `addressed` is the address of its requests; `streams` are frames, each list one answer.
    """

    dialect: str
    requests: tuple[Any, ...]
    answers: tuple[Any, ...] = ()
    streams: tuple[tuple[Any, ...], ...] = ()
    addressed: Addressed = NOTHING_ADDRESSED
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.dialect
