"""A coroutine that is run up to its first wait and then awaited ends as if it had been awaited at once."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from sluicegate.middleware.started import Rest, begun


async def at_once() -> str:
    return "done"


async def twice(event: asyncio.Event) -> str:
    await event.wait()
    await asyncio.sleep(0)
    return "done"


async def stubborn(event: asyncio.Event) -> str:
    try:
        await event.wait()
    except asyncio.CancelledError:
        await asyncio.sleep(0)
        return "cleaned up"
    return "done"


async def yielding(_: asyncio.Event) -> str:
    await asyncio.sleep(0)
    return "done"


async def test_what_never_waits_has_its_result_at_once() -> None:
    assert begun(at_once) == "done"


async def test_what_is_raised_before_a_wait_is_raised_at_once() -> None:
    async def broken() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        begun(broken)


@pytest.mark.parametrize("work", [twice, stubborn, yielding])
async def test_what_waits_goes_on_when_it_is_awaited(
    work: Callable[[asyncio.Event], Coroutine[Any, Any, str]],
) -> None:
    event = asyncio.Event()
    rest = begun(work, event)
    assert isinstance(rest, Rest)
    asyncio.get_running_loop().call_soon(event.set)
    assert await rest == "done"


@pytest.mark.parametrize(("work", "said"), [(twice, None), (stubborn, "cleaned up")])
async def test_a_cancellation_reaches_it_where_it_waits(
    work: Callable[[asyncio.Event], Coroutine[Any, Any, str]], said: str | None
) -> None:
    began = asyncio.Event()

    async def run() -> str:
        rest = begun(work, asyncio.Event())
        assert isinstance(rest, Rest)
        began.set()
        return await rest

    task = asyncio.create_task(run())
    await began.wait()
    task.cancel()
    if said is None:
        with pytest.raises(asyncio.CancelledError):
            await task
    else:
        assert await task == said


async def test_a_deadline_that_is_set_between_holds() -> None:
    rest = begun(twice, asyncio.Event())
    assert isinstance(rest, Rest)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await rest
