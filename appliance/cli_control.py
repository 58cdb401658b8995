"""Runs one change of the control plane from the command line."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from .settings import Settings

if TYPE_CHECKING:
    from ..admin_ui.store.control import Control


def with_control[T](settings: Settings, work: Callable[["Control"], Awaitable[T]]) -> T:
    """Open the control plane of the data directory, do the work, close it.

    Raises `ApplianceError` when it cannot be opened, and whatever the work raises.
    """
    from .data_dir import control_of  # noqa: PLC0415 - half a second that help and usage errors need not wait

    async def run() -> T:
        async with control_of(settings) as control:
            return await work(control)

    return asyncio.run(run())
