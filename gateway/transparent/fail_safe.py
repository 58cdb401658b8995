"""What becomes of a flow when the addon fails: what the operator chose, never what mitmproxy would do.

mitmproxy logs the exception of a hook and goes on as if the hook had said nothing: a fault in front of
the hand-over would send a request on unseen.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Protocol

from .tally import Tally


class Failing(Protocol):
    """An addon whose hooks may fail."""

    @property
    def tally(self) -> Tally:
        """Where failures are counted."""
        ...

    @property
    def fails_open(self) -> bool:
        """Whether traffic goes on when a hook fails."""
        ...


type Mend[D] = Callable[[Failing, D], None]
"""Brings what a hook was given into a safe state. It fails under no circumstances."""


def guarded[S: Failing, D](
    closed: Mend[D], opened: Mend[D]
) -> Callable[[Callable[[S, D], None]], Callable[[S, D], None]]:
    """Return a decorator of hooks: of an exception the flow's mend is all that is left."""

    def decorate(hook: Callable[[S, D], None]) -> Callable[[S, D], None]:
        @wraps(hook)
        def run(self: S, data: D) -> None:
            try:
                hook(self, data)
            except Exception:  # noqa: BLE001 - whatever failed, the operator's choice is what happens
                _mend(self, data, closed, opened)

        return run

    return decorate


def guarded_async[S: Failing, D](
    closed: Mend[D], opened: Mend[D]
) -> Callable[[Callable[[S, D], Awaitable[None]]], Callable[[S, D], Awaitable[None]]]:
    """Return the same for hooks that wait."""

    def decorate(hook: Callable[[S, D], Awaitable[None]]) -> Callable[[S, D], Awaitable[None]]:
        @wraps(hook)
        async def run(self: S, data: D) -> None:
            try:
                await hook(self, data)
            except Exception:  # noqa: BLE001 - as above
                _mend(self, data, closed, opened)

        return run

    return decorate


def _mend[D](addon: Failing, data: D, closed: Mend[D], opened: Mend[D]) -> None:
    if addon.fails_open:
        opened(addon, data)
        addon.tally.count("failed_open")
    else:
        closed(addon, data)
        addon.tally.count("failed_closed")
