"""What all calls of guarded clients share, and what a transport gets back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from ...detection.inspection import Inspector
from ...detection.policy import Policy
from ...detection.ports import AuditSink
from ...detection.types import Principal
from ..asgi import Headers
from ..clock import SystemClock
from ..limits import Limits
from ..spooled import Body
from .directory import Directory
from .tally import Tally
from .unasked import Asks, nobody

FACE = "outbound"
"""What records call this door."""

type Unknown = Literal["pass", "refuse"]
"""What becomes of a request that no table knows."""
type Fail = Literal["closed", "open"]
"""What becomes of a call whose judging fails."""

WHOEVER = Principal("local", FACE, FACE, "")
"""Whose calls these are unless it is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """How calls are guarded.

    Attributes:
        inspector: returns the core, loaded when it is asked for; safe for several threads.
        policy: returns the policy in force.
        asks: asks models that take long.
        waits: says whether there are any.
    """

    inspector: Callable[[], Inspector]
    policy: Callable[[], Policy]
    audit: AuditSink
    tally: Tally
    principal: Principal = WHOEVER
    directory: Directory = field(default_factory=Directory)
    limits: Limits = field(default_factory=Limits)
    unknown: Unknown = "refuse"
    fail: Fail = "closed"
    clock: SystemClock = field(default_factory=SystemClock)
    asks: Asks = nobody
    waits: Callable[[], bool] = bool


@dataclass(frozen=True, slots=True)
class Send:
    """What may go to the provider: all fields of the request, and its body."""

    headers: Headers
    body: Body


@dataclass(frozen=True, slots=True)
class Given:
    """A whole answer for the program."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Streaming:
    """The head of an answer that is let go as it comes: give its bytes to `Call.feed`."""

    status: int
    headers: Headers


@dataclass(frozen=True, slots=True)
class Collecting:
    """The answer is judged whole: give its bytes to `Call.more`, then ask `Call.whole`."""
