"""Collecting segments from a parsed payload: typed paths first, everything unknown generically.

Whatever a provider adds tomorrow is scanned before we know it: a walk over the rest takes every
string, every long number and every long key.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import Parsed
from ..json_text import dump
from ..pointer import public, step
from ..types import Direction, Kind, Role, Segment, Unjudged
from .base import Frame, Slot

SHORTEST = 7
"""Numbers and keys with fewer characters say nothing about anyone."""

_SMALL = 10 ** (SHORTEST - 2)
"""Whole numbers within are shorter than `SHORTEST` with their sign."""

MOST_SEGMENTS = 50_000
MOST_UNJUDGED = 1000
_LONGEST_WORD = 40
_MOST = 10**9
"""Longer words and higher numbers may say something about someone."""

CONTROL = frozenset(
    (
        "agent_id", "api_version", "completed_at", "content_index", "conversation_id", "created",
        "created_at", "createTime", "done", "done_reason", "eval_count", "eval_duration", "event_id",
        "event_type", "finish_reason", "finishReason", "first_id", "generation_id", "has_more", "id",
        "index", "interaction_id", "is_finished", "item_id", "jsonrpc", "last_id", "load_duration",
        "media_type", "meta", "metrics", "model", "modelVersion", "object", "output_index",
        "prompt_eval_count", "prompt_eval_duration", "random_seed", "relevance_score", "response_id",
        "response_type", "responseId", "role", "seed", "sequence_number", "service_tier", "status",
        "stop_reason", "stopReason", "stream", "system_fingerprint", "tokenCount", "total_duration", "type",
        "usage", "usage_info", "usageMetadata",
    )
)  # fmt: skip
"""Members that an upstream's machinery writes, or a client's: names, counts and ids, which dialects skip.

They are not trusted to be that: what does not look it is judged as a text that cannot be edited.
"""
SOURCES = frozenset(
    (
        "annotation", "annotations", "citationMetadata", "citation_metadata", "citations", "documents",
        "executed_tools", "groundingMetadata", "grounding_metadata", "search_results", "urlContextMetadata",
        "url_context_metadata",
    )
)  # fmt: skip
"""Members in which a provider quotes what its tools found: nobody's words in the exchange."""
_TOKENS = frozenset(("logprobs", "logprobsResult", "token_ids"))
_VECTORS = frozenset(("embedding", "embeddings"))
_LONGEST_CONTROL = 80
_WORD = r"(?:[A-Za-z]{1,20}+\d{0,2}+[a-z]{0,2}+|\d{1,2}+[a-z]?+|20\d\d(?:\d{4})?+)"
_PLAIN = re.compile(
    rf"""(?:chatcmpl|cmpl|resp|msg|msg_bdrk|call|toolu|toolu_bdrk|tooluse|fp|gen|rs|fc|conv|file|batch|req|run)
        [-_][A-Za-z0-9]*+
    |[A-Za-z]{{1,20}}+\d{{0,2}}+[a-z]{{0,2}}+(?:[-_./:]{_WORD})*
    |20\d\d-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{{1,9}})?(?:Z|[+-]\d\d:\d\d)?)?
    |[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}
    |""",
    re.VERBOSE,
)
"""Words, names of models, ids by the prefixes that providers give theirs, times, UUIDs."""
_WATCHED = CONTROL | _TOKENS | _VECTORS
_WORDS = frozenset(
    (
        "assistant", "chat.completion", "chat.completion.chunk", "default", "end_turn", "function", "length",
        "list", "message", "stop", "STOP", "text", "text_completion", "tool_calls", "tool_use", "user",
    )
)  # fmt: skip
"""Plain strings that nearly every payload holds."""
_COUNTS = frozenset(
    (
        "audio_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "cached_tokens",
        "candidatesTokenCount", "completion_tokens", "completion_tokens_details", "input_tokens",
        "output_tokens", "prompt_tokens", "prompt_tokens_details", "promptTokenCount", "reasoning_tokens",
        "total_tokens", "totalTokenCount",
    )
)  # fmt: skip
"""Names of counts: words only, which need no look."""
_LONG_TOKEN = re.compile(rb'"(?:[^"\\]|\\.){16,}"')

_tuple = tuple.__new__
"""Makes a named tuple in half the time, with every field given."""
_NOTHING: frozenset[str] = frozenset()
_NUMBERS = {int, float}


class Collector:
    """Gathers the segments of one payload in reading order."""

    def __init__(self, direction: Direction):
        self._direction = direction
        self.segments: list[Segment] = []
        self.unjudged: list[Unjudged] = []
        self.controls: list[Segment] = []
        """Strings at the places of `CONTROL` that are no plain ones."""

    def text(
        self,
        text: str,
        pointer: str,
        role: Role,
        kind: Kind = Kind.TEXT,
        *,
        name: str = "",
        encoded: bool = False,
        editable: bool = True,
    ) -> None:
        """Add one text; an empty one is nothing. Raises `BadInput` beyond `MOST_SEGMENTS`."""
        if len(self.segments) >= MOST_SEGMENTS:
            raise BadInput("The payload holds too many texts.", code="too_many_values")
        if text:
            self.segments.append(
                _tuple(Segment, (text, pointer, role, kind, self._direction, editable, name, encoded))
            )

    def document(self, body: bytes, parsed: Parsed) -> Document:
        """Return what was collected from a body."""
        segments = (*self.segments, *self.controls)
        return Document(body, parsed.tree, segments, tuple(self.unjudged), parsed.compact)

    def frame(
        self,
        slots: Iterable[Slot] = (),
        *,
        bare: bool = False,
        ended: Iterable[int] = (),
        closed: Iterable[str] = (),
        logprobs: Mapping[int, str] | None = None,
        whole: Iterable[tuple[str, str]] = (),
        repeats: Iterable[Slot] = (),
        lists: Iterable[tuple[str, str]] = (),
        echoes: Iterable[Slot] = (),
        loose: tuple[str, ...] = (),
        media: Iterable[tuple[str, str]] = (),
    ) -> Frame:
        """Return a frame of a stream that brings all that was collected beside what is named here.

        Args: see `Frame`, which nothing else makes: so no dialect forgets what was collected. One that
            holds other texts, or none that grow, or that ends or repeats something, is never `bare`.
        """
        slots, others, ended, repeats = tuple(slots), tuple(self.segments), tuple(ended), tuple(repeats)
        return Frame(
            slots,
            others,
            ended,
            bare and bool(slots) and not (others or ended or repeats),
            logprobs,
            tuple(whole),
            tuple(closed),
            repeats,
            tuple(lists),
            tuple(self.unjudged),
            tuple(echoes),
            loose,
            tuple(media),
            tuple(self.controls),
        )

    def skip(self, pointer: str, reason: str) -> None:
        """Note a part that no scanner can read: the first `MOST_UNJUDGED`, and the first for each reason.

        A policy may stop for one reason and not for another.
        """
        if len(self.unjudged) < MOST_UNJUDGED or all(reason != part.reason for part in self.unjudged):
            self.unjudged.append(Unjudged(public(pointer), reason))

    def walk(self, value: Any, pointer: str, role: Role, kind: Kind = Kind.OTHER, *, name: str = "") -> None:
        """Add every text below `value`, keys included."""
        if isinstance(value, str):
            self.text(value, pointer, role, kind, name=name)
        elif isinstance(value, dict):
            self.members(value, pointer, role, kind)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if not isinstance(item, float):
                    self.walk(item, f"{pointer}/{index}", role, kind, name=name)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self._number(value, pointer, role, kind, name)

    def stray(self, frame: Any, role: Role) -> None:
        """Add every text of a frame that its dialect does not know.

        Members of `CONTROL` are not edited here: pieces of text that were held before such a frame are
        carried by frames that repeat them.
        """
        if isinstance(frame, dict):
            self.members(frame, "", role, skip=CONTROL)
        else:
            self.walk(frame, "", role)

    def members(
        self,
        value: dict[str, Any],
        pointer: str,
        role: Role,
        kind: Kind = Kind.OTHER,
        skip: frozenset[str] = _NOTHING,
    ) -> None:
        """Add every text below the members of an object but those named in `skip`."""
        for key, item in value.items():
            if key in skip:
                if item is not None and key in _WATCHED:
                    # What machinery writes is a number or a plain word nearly always: no call for that.
                    known = key in CONTROL and (type(item) is int or (type(item) is str and item in _WORDS))
                    if not known:
                        self._watched(item, pointer, key, role)
                continue
            if len(key) >= SHORTEST:
                self.text(key, pointer, role, kind, editable=False)
            # Most parameters are switches and small numbers: no call for what says nothing.
            if (
                item is None
                or item is True
                or item is False
                or (type(item) is int and -_SMALL < item < _SMALL)
            ):
                continue
            whose = Role.RETRIEVED if key in SOURCES else role
            self.walk(item, step(pointer, key), whose, kind, name=key)

    def _watched(self, value: Any, pointer: str, key: str, role: Role) -> None:
        """Take a member that its dialect skips, where it is not what the dialect takes it for."""
        if key in CONTROL:
            if key != "model" or self._direction is Direction.ANSWER:  # a request's is judged in its place
                self.control(value, pointer, key, role)
        elif key in _TOKENS:
            self.tokens(value, step(pointer, key), role)
        else:
            self.numbers(value, step(pointer, key), role)

    def control(self, value: Any, pointer: str, key: str, role: Role) -> None:
        """Take a member of `CONTROL` below `pointer`: nothing where it holds what such members hold."""
        if isinstance(value, str):
            if len(value) > _LONGEST_CONTROL or _PLAIN.fullmatch(value) is None:
                where = step(pointer, key)
                self.controls.append(
                    _tuple(Segment, (value, where, role, Kind.OTHER, self._direction, False, "", False))
                )
        elif isinstance(value, dict | list) and not words_only(value):
            inner = Collector(self._direction)
            inner.walk(value, step(pointer, key), role)
            self.controls += [segment._replace(editable=False) for segment in inner.segments]

    def tokens(self, value: Any, pointer: str, role: Role) -> None:
        """Take tokens that repeat a text which is judged: what is too long for a token is a text."""
        if value is not None and _LONG_TOKEN.search(dump(value)):
            self.walk(value, pointer, role)

    def numbers(self, value: Any, pointer: str, role: Role) -> None:
        """Take what should be lists of numbers, or one: nothing where it is."""
        if isinstance(value, list):
            if not set(map(type, value)) <= _NUMBERS:
                for index, item in enumerate(value):
                    self.numbers(item, f"{pointer}/{index}", role)
        elif isinstance(value, dict):
            for key, item in value.items():
                if len(key) >= SHORTEST:
                    self.text(key, pointer, role, Kind.OTHER, editable=False)
                self.numbers(item, step(pointer, key), role)
        elif isinstance(value, str):
            self.text(value, pointer, role, Kind.OTHER)

    def _number(self, value: float, pointer: str, role: Role, kind: Kind, name: str) -> None:
        spelled = repr(value)
        if len(spelled) >= SHORTEST:
            self.text(spelled, pointer, role, kind, name=name, editable=False)


def is_plain(value: Any) -> bool:
    """Say whether a value is a string that looks like what machinery writes, see `CONTROL`."""
    return isinstance(value, str) and len(value) <= _LONGEST_CONTROL and _PLAIN.fullmatch(value) is not None


def words_only(value: Any) -> bool:
    """Say whether a value holds counts, switches and names of constants only: no text of anyone's."""
    if isinstance(value, str):
        return len(value) <= _LONGEST_WORD and (not value or value.replace("_", "").isalpha())
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in _COUNTS and not words_only(key):
                return False
            if not (-_MOST < item < _MOST if type(item) is int else words_only(item)):
                return False
        return True
    if isinstance(value, list):
        return all(words_only(item) for item in value)
    if type(value) is int:
        return -_MOST < value < _MOST
    return value is None or type(value) in (bool, float)
