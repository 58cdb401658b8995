"""What handlers share beside the judge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ...detection.ports import BanList, Links
from ...detection.rules import Rule
from .asking import Results
from .bypass import Bypass
from .lending import Lending
from .options import Options
from .sessions import Sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Shared by all calls of a process."""

    sessions: Sessions
    results: Results
    rules: Callable[[], Sequence[Rule]] = field(repr=False)
    """What the core looks for."""
    now: Callable[[], float]
    """Seconds since the epoch."""
    bans: BanList
    serves: Callable[[str], bool]
    """Says whether the gateway has an upstream for a model."""
    options: Options = field(default_factory=Options)
    links: Links | None = None
    """Makes links to explanations."""
    bypass: Bypass | None = None
    """Takes bypass tokens; None where no token counts."""
    lending: Lending | None = None
    """Serves guards in other programs; None where nobody does."""
