"""One run of vLLM: a group of processes that starts together and ends together."""

import asyncio
import ctypes
import os
import signal
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import BinaryIO

from .errors import ApplianceError

STOP_SECONDS = 6.0
"""How long it may take to end when it is asked to."""

_PR_SET_PDEATHSIG = 1
_LINES = 12
_LINE_BYTES = 300
_CHUNK = 65536
_libc = ctypes.CDLL(None, use_errno=True)


class VllmProcess:
    """A run. What it prints is read until it serves, and dropped after: then it could tell of texts."""

    def __init__(self, process: asyncio.subprocess.Process, output: BinaryIO) -> None:
        self._process = process
        self._output = output
        self._lines: deque[bytes] = deque(maxlen=_LINES)
        self._serves = False
        self._reading = asyncio.create_task(self._read())
        self.ended = asyncio.create_task(process.wait())
        """Done when the first process of the group has ended; its result is the exit code."""

    @classmethod
    async def start(cls, words: Sequence[str], environ: Mapping[str, str]) -> "VllmProcess":
        """Start it. Raises `ApplianceError` where there is no such program."""
        # asyncio's own pipe would hide the end of the first process as long as others of the group hold it
        read, write = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                env=dict(environ),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write,
                stderr=write,
                start_new_session=True,
                preexec_fn=_as_a_program,  # one thread runs here, so nothing can be locked
            )
        except OSError as error:
            os.close(read)
            raise ApplianceError(f"models.guard.command: {words[0]}: {error.strerror}") from None
        finally:
            os.close(write)
        return cls(process, os.fdopen(read, "rb", buffering=0))

    @property
    def pid(self) -> int:
        """The first process of the group."""
        return self._process.pid

    @property
    def said(self) -> list[str]:
        """The last lines before it served."""
        return [line[:_LINE_BYTES].decode("utf-8", "replace").rstrip() for line in self._lines]

    def serves(self) -> None:
        """It serves from now on: what it prints is nobody's business."""
        self._serves = True
        self._lines.clear()

    async def stop(self) -> None:
        """End all of it: asked first, then at once."""
        if not self.ended.done():
            self._signal(signal.SIGTERM)
            await asyncio.wait([self.ended], timeout=STOP_SECONDS)
        # the first process may have left others behind
        self._signal(signal.SIGKILL)
        await self.ended
        self._reading.cancel()
        await asyncio.wait([self._reading])
        self._output.close()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    async def _read(self) -> None:
        output = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(output), self._output
        )
        rest = b""
        try:
            while piece := await output.read(_CHUNK):
                if not self._serves:
                    *lines, rest = (rest + piece).split(b"\n")
                    self._lines.extend(lines)
                    rest = rest[-_CHUNK:]
        finally:
            transport.close()


def _as_a_program() -> None:
    """Undo in the new process what a child of the appliance ignores, and end with the one that started it."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
