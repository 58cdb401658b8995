"""One thread at a time: the rules keep state while they scan a text.

Scanning holds the interpreter anyway, so taking turns costs next to nothing. The turn is given up
while a caller's own function runs: it may be slow, and may scan texts itself.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

TURN = threading.Lock()

# A forked child must not inherit a turn that nobody will end.
os.register_at_fork(before=TURN.acquire, after_in_parent=TURN.release, after_in_child=TURN.release)


@contextmanager
def aside() -> Iterator[None]:
    """Give up the turn for a while."""
    TURN.release()
    try:
        yield
    finally:
        TURN.acquire()


async def in_thread[**Given, Returned](
    function: Callable[Given, Returned], /, *args: Given.args, **kwargs: Given.kwargs
) -> Returned:
    """Call a function in a thread of asyncio's own, so that the event loop goes on."""
    import asyncio  # noqa: PLC0415 - a tenth of a second that programs without a loop need not wait for

    return await asyncio.to_thread(function, *args, **kwargs)
