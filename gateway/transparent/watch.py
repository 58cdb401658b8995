"""Whether the gateway is there, known before a request is handed over."""

import asyncio
import contextlib

AGAIN_SECONDS = 0.2
"""How long until a gateway that is away is asked again."""


class Watch:
    """Holds a connection to the gateway: its end tells at once that somebody went."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._task: asyncio.Task[None] | None = None
        self.alive = False
        """Whether the gateway took a connection when it was asked last."""
        self.changed = asyncio.Event()
        """Set whenever that was asked."""

    def start(self) -> None:
        """Begin to watch, in the running loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """Watch no more."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(OSError):
                await self._hold()
            await asyncio.sleep(0 if self.alive else AGAIN_SECONDS)

    async def _hold(self) -> None:
        """Connect, and wait until the connection ends; nothing is said on it."""
        try:
            reader, writer = await asyncio.open_connection(*self._address)
        except OSError:
            self._say(alive=False)
            raise
        self._say(alive=True)
        try:
            await reader.read(1)
        finally:
            writer.close()

    def _say(self, *, alive: bool) -> None:
        self.alive = alive
        self.changed.set()
