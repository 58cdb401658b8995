"""What every process of an appliance is born with: made once, before the first fork."""

from dataclasses import dataclass, field

from ..detection.inspection import Inspector
from ..detection.types import Tier
from ..gateway.intercepted.once import Handed
from ..middleware.guard_client.target import Target
from .board import Board, Slot
from .bus import Bus
from .policy_folder import Policies
from .ports import Ports
from .secrets import Secrets
from .settings import Settings

SPOOL = "spool"
"""Folder of the data directory where workers leave their record."""


INTERCEPTOR = "interceptor"
TRANSFORMER = "transformer"
GUARD_MODEL = "guard model"


def beside(settings: Settings, models: frozenset[Tier]) -> tuple[str, ...]:
    """Return the names of the processes beside control and workers, in the order of their slots, the last."""
    guard = settings.guard is not None and settings.guard.local is not None
    wanted = {
        INTERCEPTOR: settings.intercept is not None,
        TRANSFORMER: Tier.TRANSFORMER in models,
        GUARD_MODEL: guard,
    }
    return tuple(name for name, yes in wanted.items() if yes)


@dataclass(frozen=True, slots=True)
class World:
    """Settings in force, and what processes share."""

    settings: Settings
    policies: Policies
    secrets: Secrets
    ports: Ports
    board: Board
    bus: Bus
    core: list[Inspector] = field(default_factory=list)
    """The core, once it is built; the control process is forked before that and has none."""
    handed: Handed | None = None
    """What the transparent proxy and the workers share, where there is one."""
    guard: Target | None = None
    """Where the guard model is asked, where there is one."""
    vision: Target | None = None
    """Where the guard is asked that looks at pictures, where there is one."""
    embeddings: Target | None = None
    """Where texts become vectors, where that is not here."""
    models: frozenset[Tier] = frozenset()
    """The small models that are run; `Tier.SIMILARITY` where texts are compared."""
    transformer: Bus | None = None
    """Where the small transformer is asked, where it is run."""

    def beside(self, name: str) -> Slot | None:
        """Return the slot of a process beside control and workers, None for one that is not run."""
        names = beside(self.settings, self.models)
        return self.board.slots[names.index(name) - len(names)] if name in names else None
