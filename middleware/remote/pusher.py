"""Carries records from the spool to an appliance: each at least once, and by its id exactly once."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

from .caller import RECORDS, Away, Caller
from .entries import LARGEST, MOST_RECORDS
from .record_spool import RecordSpool

_MOST_BYTES = 1 << 20
"""Bytes of one push."""
_TOO_LARGE = 413


class Pusher:
    """Sends what waits. `lost` is told how many records an appliance would not have, or nobody can read."""

    def __init__(self, spool: RecordSpool, caller: Caller, lost: Callable[[int], None]) -> None:
        self._spool = spool
        self._caller = caller
        self._tell_lost = lost

    def push(self) -> None:
        """Send all that waits now. Raises `Away`; what was not taken waits on."""
        with self._spool.waiting() as files:
            for file in files:
                for batch in _batches(file.lines(), self._tell_lost):
                    self._send(batch)
                file.remove()

    def _send(self, batch: Sequence[bytes]) -> None:
        try:
            answer = self._caller.tell(RECORDS, b'{"records":[' + b",".join(batch) + b"]}")
        except Away as fault:
            if fault.status != _TOO_LARGE or len(batch) == 1:
                raise
            half = len(batch) // 2
            self._send(batch[:half])
            self._send(batch[half:])
            return
        refused = _refused(answer, len(batch))
        if refused:
            self._tell_lost(refused)


def _batches(lines: Sequence[bytes], lost: Callable[[int], None]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for line in lines:
        if len(line) > LARGEST or not _is_whole(line):
            lost(1)  # half a line, of a disk that was full or a machine that stopped
            continue
        if batch and (len(batch) >= MOST_RECORDS or size + len(line) > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line)
    if batch:
        yield batch


def _is_whole(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _refused(answer: Any, sent: int) -> int:
    """Return how many records were refused. Raises `Away` for an answer that does not account for all."""
    taken = answer.get("accepted") if isinstance(answer, dict) else None
    refused = answer.get("refused") if isinstance(answer, dict) else None
    if (
        type(taken) is not int
        or type(refused) is not int
        or taken < 0
        or refused < 0
        or taken + refused != sent
    ):
        raise Away("the appliance does not say what became of the records")
    return refused
