"""One event of a streamed response being read: what was found in it so far."""

from collections.abc import Mapping
from typing import Any, ClassVar

from ..types import Direction, Kind, Role
from .base import Frame, Slot
from .collect import Collector
from .openai_responses_events import NAMES
from .openai_responses_items import Items

_COUNTED = frozenset(("content_index", "item_id", "output_index", "sequence_number"))
_NAMES = frozenset(NAMES)


class FrameReading:
    """Gathers what a `Frame` is made of.

    Attributes:
        collector: takes texts that stand for themselves.
        slots: pieces of growing texts.
        lists, logprobs, ended, media: see `Frame`.
    """

    __slots__ = ("_repeats", "collector", "ended", "lists", "logprobs", "media", "slots")
    reads: ClassVar[type[Items]] = Items
    """What reads items and their parts."""

    def __init__(self) -> None:
        self.collector = Collector(Direction.ANSWER)
        self.slots: list[Slot] = []
        self.lists: list[tuple[str, str]] = []
        self.logprobs: Mapping[int, str] | None = None
        self.ended: tuple[int, ...] = ()
        self.media: tuple[tuple[str, str], ...] = ()
        self._repeats: list[Slot] = []

    def frame(self, *, bare: bool = False, loose: tuple[str, ...] = ()) -> Frame:
        """Return what was found."""
        return self.collector.frame(
            self.slots,
            bare=bare,
            ended=self.ended,
            logprobs=self.logprobs,
            repeats=self._repeats,
            lists=self.lists,
            loose=loose,
            media=self.media,
        )

    def repeat(self, slot: Slot) -> None:
        """Take a text that is whole, and is told once more or only now."""
        self._repeats.append(slot)

    def item(self, item: Any, pointer: str) -> Items:
        """Return an item, read."""
        items = self.reads(self._aside(), strict=False)
        items.item(item, pointer)
        return items

    def part(self, part: Any, pointer: str, kind: Kind) -> Items:
        """Return a part of a message or of reasoning, read."""
        items = self.reads(self._aside(), strict=False)
        items.part(part, pointer, Role.ASSISTANT, kind)
        return items

    def _aside(self) -> Collector:
        """Return what collects texts of which some grow; what machinery wrote is the frame's at once."""
        aside = Collector(Direction.ANSWER)
        aside.controls = self.collector.controls
        return aside

    def walk(self, value: Any, pointer: str) -> None:
        """Take the texts of a value as they stand."""
        self.collector.walk(value, pointer, Role.ASSISTANT)

    def walk_tools(self, tools: Any, pointer: str) -> None:
        """Take the definitions of tools that a response repeats from its request."""
        self.collector.walk(tools, pointer, Role.SYSTEM, Kind.TOOL_DEFINITION)

    def members(self, value: dict[str, Any], pointer: str, skip: frozenset[str]) -> None:
        """Take what a response repeats from its request."""
        self.collector.members(value, pointer, Role.SYSTEM, skip=skip)

    def control(self, value: Any, key: str) -> None:
        """Take a member of the event that the provider's machinery writes."""
        self.collector.control(value, "", key, Role.ASSISTANT)

    def rest(self, tree: dict[str, Any], skip: frozenset[str] | set[str]) -> None:
        """Take the members of the event that nobody knows."""
        if tree.keys() <= skip:
            for key in _COUNTED & tree.keys():
                self.collector.control(tree[key], "", key, Role.ASSISTANT)
            if tree.get("type") not in _NAMES:
                self.collector.control(tree.get("type"), "", "type", Role.ASSISTANT)
        else:
            self.collector.members(tree, "", Role.ASSISTANT, skip=frozenset(skip))
