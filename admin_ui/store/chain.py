"""The audit chain: every closed exchange carries a keyed digest of itself and of the one before it.

Whoever changes, removes, inserts or reorders rows without the key leaves a place where the digests
do not follow. BLAKE2b in its keyed mode (RFC 7693) is the MAC. The head of the chain is a row of
its own under a seal, so that rows cut off at the end are noticed, too. What nobody can notice is a
whole database put back to an earlier copy of itself.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from . import crossing
from .database import Database
from .entries import COLUMNS, Row
from .record import canonical

_PAGE = 1000
_JSON = frozenset(name for name in COLUMNS if name.endswith(("_categories", "_verdict")))
_PROMPT, _ANSWER = COLUMNS.index("prompt_verdict"), COLUMNS.index("answer_verdict")
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends: the number and digest of its newest entry, 0 and empty at the start.

    Rows up to the id `since` were closed before there was a chain.
    """

    number: int = 0
    digest: bytes = b""
    since: int = 0

    def seal(self, key: bytes) -> bytes:
        """Return what only a holder of the key can say of this head."""
        return _mac(key, b"head", orjson.dumps((self.number, self.digest.hex(), self.since)))


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not follow. `number` is None for an entry that has none."""

    number: int | None
    request_id: str
    reason: str


class Follower:
    """Makes the digests of entries. Keyed once, for the key costs as much as a tenth of an entry."""

    def __init__(self, key: bytes) -> None:
        self._keyed = blake2b(key=key, person=b"entry", digest_size=_BYTES)

    def digest(self, previous: bytes, number: int, row: Row) -> bytes:
        """Return the digest of the entry of a number, given the digest of the one before it."""
        mac = self._keyed.copy()
        # No JSON holds a line break, so nothing else comes to the same bytes.
        prompt, answer = str(row[_PROMPT]).encode(), str(row[_ANSWER] or "").encode()
        mac.update(b"%b%d%b\n%b\n%b" % (previous, number, orjson.dumps(row[:_PROMPT]), prompt, answer))
        return mac.digest()


def continued(key: bytes, number: int, digest: bytes, since: int, seal: bytes, highest: int | None) -> Head:
    """Return where the next entry goes on, given the head that is stored and the highest number.

    After a head that is not ours, or is not the newest, it goes on from a digest that no entry has:
    nothing is lost, and the break stays to be seen.
    """
    head = Head(number, digest, since)
    if _is_ours(head, seal, key) and (highest or 0) <= number:
        return head
    return Head(max(number, highest or 0), _mac(key, b"broken", digest), since)


def linked(key: bytes, head: Head, rows: Sequence[tuple[Row, bool]]) -> tuple[list[Row], Head]:
    """Give the rows that are `final` their number and digest; return all and the new head."""
    number, digest, follower = head.number, head.digest, Follower(key)
    made: list[Row] = []
    for row, final in rows:
        if final:
            number += 1
            digest = follower.digest(digest, number, row)
            made.append((*row, number, digest))
        else:
            made.append((*row, None, None))
    return made, Head(number, digest, head.since)


async def verify(database: Database, key: bytes) -> Break | None:
    """Read the whole chain and return its first break, None when it holds."""
    async with database.session() as session:
        connection = await session.connection()
        number, digest, since, seal, highest = (await connection.execute(crossing.chain_head())).one()
        head = Head(number, digest, since)
        if not _is_ours(head, seal, key) or (highest or 0) > number:
            return Break(head.number, "", "the head of the chain is not what was written")
        unchained = (await connection.execute(crossing.unchained(head.since))).first()
        if unchained is not None:
            return Break(None, str(unchained[0]), "an entry that is not in the chain")
        return await _walk(connection, head, key)


async def _walk(connection: AsyncConnection, head: Head, key: bytes) -> Break | None:
    reached, follower = Head(), Follower(key)
    while reached.number < head.number:
        rows = (await connection.execute(crossing.chained(reached.number, head.number, _PAGE))).all()
        if not rows:
            return Break(reached.number + 1, "", "entries are missing at the end")
        for row in rows:
            number, digest, request_id = row.chain_number, bytes(row.chain_digest or b""), row.request_id
            if number != reached.number + 1:
                return Break(reached.number + 1, request_id, "entries are missing")
            expected = follower.digest(reached.digest, number, _row(row))
            if not hmac.compare_digest(digest, expected):
                return Break(number, request_id, "the entry is not what was written")
            reached = Head(number, digest)
    if reached.digest != head.digest:
        return Break(reached.number, "", "the last entry is not what was written")
    return None


def _row(row: Any) -> Row:
    """Return a row as it was when its digest was made."""
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's documented way to columns by name
    return tuple(_value(name, values[name]) for name in COLUMNS)


def _value(name: str, value: Any) -> Any:
    if name in _JSON:
        return None if value is None else canonical(value)
    return value.isoformat(" ", "microseconds")[:26] if name == "created_at" else value


def _is_ours(head: Head, seal: bytes, key: bytes) -> bool:
    """Say whether we sealed the head, or it is the unsealed one of a chain that has not begun."""
    begun = head.number > 0 or head.digest != b"" or seal != b""
    return not begun or hmac.compare_digest(seal, head.seal(key))


def _mac(key: bytes, purpose: bytes, told: bytes) -> bytes:
    return blake2b(told, key=key, person=purpose, digest_size=_BYTES).digest()
