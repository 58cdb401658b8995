"""An audit entry between the worker that served the exchange and the database.

JSON in four parts: the exchange's own values, its setting, the verdict on the prompt and the one on
the answer. Between them stands a line break, which JSON has nowhere in a string: the drainer cuts
there, so it reads a setting once, and verdicts not at all. They are made once, in the worker, as the
text that the database keeps.

Packing happens while a client waits, so a verdict in which nothing was found is six numbers and
words; only one with something to tell is the whole object of `verdicts.to_json`. As there, no text
of anyone's is kept, and texts a client chose are cut to what their column holds.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import orjson

from ...detection.types import Action, AuditCore, AuditEntry, Decided, Principal, Receipt, Tier, Verdict
from . import verdicts
from .text import storable

OPEN = "open"
"""Outcome of an exchange that is still running."""

INTERRUPTED = "interrupted"
"""Outcome of an exchange whose worker died before it ended."""

FEW = 100
"""Findings, edits and unjudged parts of a verdict that are kept when all of them are too many."""

_ACTIONS = tuple(Action)
_SETTINGS = 256
"""Settings that are remembered as they were read."""

type Clean = list[Any]
"""Action, segments, characters, tier, seconds, policy of a verdict with nothing else to tell."""

type Packed = Clean | verdicts.Json


class Setting(NamedTuple):
    """What many exchanges have in common."""

    tenant_id: str
    application_id: str
    application: str
    key_id: str
    face: str
    method: str
    path: str
    upstream: str
    dialect: str
    model: str
    policy: str


class Record(NamedTuple):
    """One exchange as it is stored. A tuple, for the drainer makes thousands a second."""

    exchange_id: str
    status: int
    outcome: str
    streamed: bool
    started: float
    guard_seconds: float
    upstream_seconds: float
    client: str
    severity: int
    """Number of the most severe action of both directions."""
    tier: int
    found: str
    """Categories of both directions and the number of each one's level, as JSON in order; or nothing."""
    setting: Setting
    prompt_text: str
    """The verdict, as JSON with its keys in order."""
    answer_text: str | None

    @property
    def tenant_id(self) -> str:
        """Whose it is."""
        return self.setting.tenant_id

    @property
    def prompt(self) -> Packed:
        """The verdict on the prompt."""
        packed: Packed = orjson.loads(self.prompt_text)
        return packed

    @property
    def answer(self) -> Packed | None:
        """The verdict on the answer."""
        packed: Packed | None = None if self.answer_text is None else orjson.loads(self.answer_text)
        return packed

    @property
    def action(self) -> Action:
        """The most severe action of both directions."""
        return _ACTIONS[self.severity]

    @property
    def quiet(self) -> bool:
        """Whether it came to its end and nothing was done about it."""
        return self.outcome == "complete" and not self.severity

    @property
    def principal(self) -> Principal:
        """Who called."""
        return Principal(*self.setting[:4])

    def entry(self) -> AuditEntry:
        """Return the entry that was packed, with the texts of its edits empty."""
        answer, setting = self.answer, self.setting
        verdict = None if answer is None else verdict_of(answer)
        core = AuditCore(setting.dialect, setting.model, setting.policy, verdict_of(self.prompt), verdict)
        return AuditEntry(
            exchange_id=self.exchange_id,
            principal=self.principal,
            face=setting.face,
            method=setting.method,
            path=setting.path,
            upstream=setting.upstream,
            status=self.status,
            outcome=self.outcome,
            streamed=self.streamed,
            started=self.started,
            guard_seconds=self.guard_seconds,
            upstream_seconds=self.upstream_seconds,
            client=self.client,
            core=core,
        )


_OWN, _SHARED, _PARTS = Record._fields.index("setting"), len(Setting._fields), 4
_RECORD: Callable[[Iterable[Any]], Record] = partial(tuple.__new__, Record)
_SETTING: Callable[[Iterable[Any]], Setting] = partial(tuple.__new__, Setting)
_LINE = orjson.Fragment(b"\n0")
_CUT = b",\n0,"
_NOTHING = b"null]"


def pack(entry: AuditEntry, most: int | None = None) -> bytes:
    """Return an entry as bytes. `most` bounds the findings, edits and parts of each verdict."""
    core, principal = entry.core, entry.principal
    prompt, answer = core.prompt, core.answer
    # A sign makes the number that an enumeration's member is; `int` takes thirty times as long.
    severity, tier, decided = +prompt.action, +prompt.tier, prompt.decided
    if answer is not None:
        severity = +answer.action if answer.action > severity else severity
        tier = +answer.tier if answer.tier > tier else tier
        decided = decided + answer.decided if answer.decided else decided
    own = [
        entry.exchange_id, entry.status, entry.outcome, entry.streamed, entry.started, entry.guard_seconds,
        entry.upstream_seconds, entry.client[:45], severity, tier, _found(decided) if decided else "",
    ]  # fmt: skip
    setting = [
        principal.tenant_id, principal.application_id, principal.application[:100], principal.key_id,
        entry.face, entry.method[:16], entry.path[:500], entry.upstream[:100], core.dialect,
        core.model[:200], core.policy,
    ]  # fmt: skip
    verdict = None if answer is None else _packed(answer, most)
    return _told(own, setting, _packed(prompt, most), verdict)


def repack(record: Record) -> bytes:
    """Return the bytes that a record was read from."""
    answer = None if record.answer_text is None else orjson.Fragment(record.answer_text)
    return _told(list(record[:_OWN]), list(record.setting), orjson.Fragment(record.prompt_text), answer)


def unpack(payload: bytes) -> Record:
    """Return what `pack` made bytes of, however spaced. Raises `ValueError` for anything else."""
    match orjson.loads(payload):
        case [[*own], 0, [*setting], 0, prompt, 0, answer] if len(own) == _OWN and len(setting) == _SHARED:
            answer_text = None if answer is None else canonical(answer)
            record = _RECORD((*own, _SETTING(setting), canonical(prompt), answer_text))
            return _storable(record) if b"\\u0000" in payload else record
    raise ValueError("not a record")


def unpack_all(payloads: Sequence[bytes]) -> list[Record]:
    """Return what `pack` made each payload of. Raises `ValueError` when one is anything else.

    One look at many costs half of many looks; who wants to know which it was asks `unpack`.
    """
    parts = [payload.split(_CUT) for payload in payloads]
    if not {_PARTS}.issuperset(map(len, parts)) or b"\\u0000" in b"".join(payloads):
        return [unpack(payload) for payload in payloads]
    # The first part begins with the bracket of the whole, the last ends with it.
    owns = orjson.loads(b"[" + b",".join([part[0][1:] for part in parts]) + b"]")
    if len(owns) != len(parts) or not all(type(own) is list and len(own) == _OWN for own in owns):
        raise ValueError("not records")
    return [
        _RECORD(
            (*own, _setting(setting), prompt.decode(), None if answer == _NOTHING else answer[:-1].decode())
        )
        for own, (_, setting, prompt, answer) in zip(owns, parts, strict=True)
    ]


def record_of(entry: AuditEntry) -> Record:
    """Return an entry as the database will see it."""
    return unpack(pack(entry))


def canonical(value: object) -> str:
    """Return JSON text that is the same for equal values: sorted keys, no spaces."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


@lru_cache(maxsize=_SETTINGS)
def _setting(told: bytes) -> Setting:
    fields = orjson.loads(told)
    if not isinstance(fields, list) or len(fields) != _SHARED:
        raise ValueError("not a setting")
    return _SETTING(fields)


def _told(own: list[Any], setting: list[Any], prompt: object, answer: object) -> bytes:
    try:
        return orjson.dumps([own, _LINE, setting, _LINE, prompt, _LINE, answer])
    except orjson.JSONEncodeError:
        # A lone surrogate in something a client chose.
        return orjson.dumps([_clean(own), _LINE, _clean(setting), _LINE, prompt, _LINE, answer])


def _clean(fields: Iterable[Any]) -> list[Any]:
    return [storable(item, len(item)) if isinstance(item, str) else item for item in fields]


def _storable(record: Record) -> Record:
    own, (prompt, answer) = record[:_OWN], record[_OWN + 1 :]
    return _RECORD((*_clean(own), _SETTING(_clean(record.setting)), prompt, answer))


def _found(decided: Sequence[Decided]) -> str:
    levels = {(item.finding.category, +item.finding.level) for item in decided}
    return orjson.dumps(sorted(levels)).decode()


def _packed(verdict: Verdict, most: int | None) -> Packed:
    receipt = verdict.receipt
    told = verdict.decided or verdict.edits or receipt.unjudged or receipt.remembered
    if told or verdict.tier > Tier.LINEAR:  # what the linear model costs is next to nothing
        return verdicts.to_json(verdict, most)
    return [
        +verdict.action,
        receipt.segments,
        receipt.characters,
        +verdict.tier,
        verdict.seconds,
        verdict.policy,
    ]


def verdict_of(packed: Packed) -> Verdict:
    """Return the verdict that was packed, with the texts of its edits empty."""
    if isinstance(packed, dict):
        return verdicts.from_json(packed)
    action, segments, characters, tier, seconds, policy = packed
    receipt = Receipt(segments, characters)
    return Verdict(Action(action), receipt=receipt, tier=Tier(tier), policy=policy, seconds=seconds)
