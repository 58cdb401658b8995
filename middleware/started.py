"""What costs nothing unless somebody has to wait."""

from collections.abc import Callable, Coroutine, Generator
from typing import Any


class Started[T]:
    """A coroutine that ran up to its first wait; awaiting it goes on from there, in the same task.

    Most coroutines of a request never wait: what is to be had while one waits - a timer, a watcher - need not
    be made before it does.

    Args:
        begin: makes the coroutine.
        given: what it is called with.

    Attributes:
        waits: whether it waits for something; if not, `result` is there.

    Raises what the coroutine raises before it waits.
    """

    __slots__ = ("_for", "_result", "_steps", "waits")

    def __init__[**Given](
        self, begin: Callable[Given, Coroutine[Any, Any, T]], *given: Given.args, **named: Given.kwargs
    ) -> None:
        try:
            self._for = next(steps := begin(*given, **named).__await__())
        except StopIteration as end:
            self.waits = False
            self._result: T = end.value
        else:
            self.waits = True
            self._steps = steps

    @property
    def result(self) -> T:
        """What the coroutine returned. Raises `AttributeError` for one that waits."""
        return self._result

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
