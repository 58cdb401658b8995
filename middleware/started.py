"""What costs nothing unless somebody has to wait."""

from collections.abc import Callable, Coroutine, Generator
from typing import Any


def begun[*Given, T](begin: Callable[[*Given], Coroutine[Any, Any, T]], *given: *Given) -> "T | Rest[T]":
    """Run a coroutine up to its first wait; return its result, or what is left of it.

    Most coroutines of a request never wait: what is to be had while one waits - a timer, a watcher - need not
    be made before it does. Raises what the coroutine raises before it waits.

    Args:
        begin: makes the coroutine.
        given: what it is called with.
    """
    try:
        waits_for = (coroutine := begin(*given)).send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    return Rest(waits_for, coroutine)


class Rest[T]:
    """A coroutine that waits for something; awaiting this goes on from there, in the same task."""

    __slots__ = ("_for", "_steps")

    def __init__(self, waits_for: object, coroutine: Coroutine[Any, Any, T]) -> None:
        self._for = waits_for
        self._steps = coroutine.__await__()

    def __await__(self) -> Generator[Any, Any, T]:
        """Wait, and go on."""
        waits_for, steps = self._for, self._steps
        while True:
            try:
                yield waits_for
            except BaseException as thrown:  # noqa: BLE001 - it is the coroutine's, as in any other wait
                try:
                    waits_for = steps.throw(thrown)
                except StopIteration as end:
                    result: T = end.value
                    return result
            else:
                return (yield from steps)
