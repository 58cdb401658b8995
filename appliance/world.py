"""What every process of an appliance is born with: made once, before the first fork."""

from dataclasses import dataclass, field

from ..detection.inspection import Inspector
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

    @property
    def guard_slot(self) -> Slot | None:
        """The slot of the process that runs the guard model, where we run one: the last."""
        own = self.settings.guard is not None and self.settings.guard.local is not None
        return self.board.slots[-1] if own else None
