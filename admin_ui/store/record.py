"""An audit entry between the worker that served the exchange and the database: a flat list, in JSON.

Packing happens while a client waits, so a verdict in which nothing was found is six numbers and
words; only one with something to tell is the whole object of `verdicts.to_json`. As there, no text
of anyone's is kept, and texts a client chose are cut to what their column holds.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import orjson

from ...detection.types import Action, AuditCore, AuditEntry, Principal, Receipt, Tier, Verdict
from . import verdicts
from .text import storable

OPEN = "open"
"""Outcome of an exchange that is still running."""

INTERRUPTED = "interrupted"
"""Outcome of an exchange whose worker died before it ended."""

FEW = 100
"""Findings, edits and unjudged parts of a verdict that are kept when all of them are too many."""

_ACTIONS = tuple(Action)

type Clean = list[Any]
"""Action, segments, characters, tier, seconds, policy of a verdict with nothing else to tell."""

type Packed = Clean | verdicts.Json


class Record(NamedTuple):
    """One exchange as it is stored. A tuple, for the drainer makes thousands a second."""

    exchange_id: str
    tenant_id: str
    application_id: str
    application: str
    key_id: str
    face: str
    method: str
    path: str
    upstream: str
    status: int
    outcome: str
    streamed: bool
    started: float
    guard_seconds: float
    upstream_seconds: float
    client: str
    dialect: str
    model: str
    policy: str
    prompt: Packed
    answer: Packed | None

    @property
    def action(self) -> Action:
        """The most severe action of both directions."""
        return _ACTIONS[max(_action(self.prompt), _action(self.answer))]

    @property
    def quiet(self) -> bool:
        """Whether it came to its end and nothing was done about it."""
        return self.outcome == "complete" and not _action(self.prompt) and not _action(self.answer)

    @property
    def principal(self) -> Principal:
        """Who called."""
        return Principal(self.tenant_id, self.application_id, self.application, self.key_id)

    def entry(self) -> AuditEntry:
        """Return the entry that was packed, with the texts of its edits empty."""
        answer = None if self.answer is None else verdict_of(self.answer)
        core = AuditCore(self.dialect, self.model, self.policy, verdict_of(self.prompt), answer)
        return AuditEntry(
            exchange_id=self.exchange_id,
            principal=self.principal,
            face=self.face,
            method=self.method,
            path=self.path,
            upstream=self.upstream,
            status=self.status,
            outcome=self.outcome,
            streamed=self.streamed,
            started=self.started,
            guard_seconds=self.guard_seconds,
            upstream_seconds=self.upstream_seconds,
            client=self.client,
            core=core,
        )


_LENGTH = len(Record._fields)
_RECORD: Callable[[list[Any]], Record] = partial(tuple.__new__, Record)


def pack(entry: AuditEntry, most: int | None = None) -> bytes:
    """Return an entry as bytes. `most` bounds the findings, edits and parts of each verdict."""
    fields = _fields(entry, most)
    try:
        return orjson.dumps(fields)
    except orjson.JSONEncodeError:
        # A lone surrogate in something a client chose.
        return orjson.dumps([storable(item, len(item)) if isinstance(item, str) else item for item in fields])


def unpack(payload: bytes) -> Record:
    """Return what `pack` made bytes of. Raises `ValueError` for anything else."""
    fields = orjson.loads(payload)
    if not isinstance(fields, list) or len(fields) != _LENGTH:
        raise ValueError("not a record")
    record = tuple.__new__(Record, fields)
    return _storable(record) if b"\\u0000" in payload else record


def unpack_all(payloads: Sequence[bytes]) -> list[Record]:
    """Return what `pack` made each payload of. Raises `ValueError` when one is anything else.

    One look at many costs half of many looks; who wants to know which it was asks `unpack`.
    """
    told = b"[" + b",".join(payloads) + b"]"
    if b"\\u0000" in told:
        return [unpack(payload) for payload in payloads]
    found = orjson.loads(told)
    if len(found) != len(payloads) or not all(type(item) is list and len(item) == _LENGTH for item in found):
        raise ValueError("not records")
    return list(map(_RECORD, found))


def record_of(entry: AuditEntry) -> Record:
    """Return an entry as the database will see it."""
    return unpack(pack(entry))


def _fields(entry: AuditEntry, most: int | None) -> list[Any]:
    core, principal = entry.core, entry.principal
    answer = core.answer
    return [
        entry.exchange_id,
        principal.tenant_id,
        principal.application_id,
        principal.application[:100],
        principal.key_id,
        entry.face,
        entry.method[:16],
        entry.path[:500],
        entry.upstream[:100],
        entry.status,
        entry.outcome,
        entry.streamed,
        entry.started,
        entry.guard_seconds,
        entry.upstream_seconds,
        entry.client[:45],
        core.dialect,
        core.model[:200],
        core.policy,
        _packed(core.prompt, most),
        None if answer is None else _packed(answer, most),
    ]


def _packed(verdict: Verdict, most: int | None) -> Packed:
    receipt = verdict.receipt
    told = verdict.decided or verdict.edits or receipt.unjudged or receipt.remembered
    if told or verdict.tier > Tier.LINEAR:  # what the linear model costs is next to nothing
        return verdicts.to_json(verdict, most)
    return [
        int(verdict.action),
        receipt.segments,
        receipt.characters,
        int(verdict.tier),
        verdict.seconds,
        verdict.policy,
    ]


def _storable(record: Record) -> Record:
    fields = (storable(item, len(item)) if isinstance(item, str) else item for item in record)
    return Record._make(fields)


def _action(packed: Packed | None) -> int:
    if isinstance(packed, list):
        action: int = packed[0]
        return action
    return 0 if packed is None else Action[packed["action"].upper()]


def verdict_of(packed: Packed) -> Verdict:
    """Return the verdict that was packed, with the texts of its edits empty."""
    if isinstance(packed, dict):
        return verdicts.from_json(packed)
    action, segments, characters, tier, seconds, policy = packed
    receipt = Receipt(segments, characters)
    return Verdict(Action(action), receipt=receipt, tier=Tier(tier), policy=policy, seconds=seconds)
