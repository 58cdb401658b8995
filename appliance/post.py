"""A place among the processes that is kept filled: with the control process, or with a worker."""

from dataclasses import dataclass, field
from time import monotonic

from .backoff import Backoff
from .child import Child, Main


@dataclass(frozen=True, slots=True)
class Crew:
    """Which processes an appliance is made of."""

    control: Main
    worker: Main
    workers: int
    drain_seconds: float
    beside: tuple[tuple[str, Main], ...] = ()
    """Names and work of processes beside these, one of each; a reload leaves them alone."""


@dataclass(slots=True, eq=False)
class Post:
    """Changes as the supervisor fills it."""

    name: str
    main: Main
    slots: range
    """The slots its child may take."""
    child: Child | None = None
    backoff: Backoff = field(default_factory=Backoff)
    due: float = 0.0
    """When it is filled again, by the monotonic clock."""

    @property
    def ready(self) -> bool:
        """Whether somebody serves here."""
        return self.child is not None and self.child.ready

    def ended(self, *, expected: bool = False) -> None:
        """The child is gone: fill the post again, at once or after a while."""
        now = monotonic()
        if not expected and self.child is not None:
            self.backoff = self.backoff.ended(now - self.child.born if self.child.ready else 0.0)
        self.due = now + (0.0 if expected else self.backoff.delay)
        self.child = None
