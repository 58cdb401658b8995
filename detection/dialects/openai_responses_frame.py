"""One event of a streamed response being read: what was found in it so far."""

from collections.abc import Mapping
from typing import Any, ClassVar

from ..types import Direction, Kind, Role, Segment, Unjudged
from .base import Frame, Slot
from .collect import Collector
from .openai_responses_items import Items

_COUNTED = frozenset(("content_index", "item_id", "output_index", "sequence_number"))


class FrameReading:
    """Gathers what a `Frame` is made of.

    Attributes:
        slots: pieces of growing texts.
        others: texts that stand for themselves.
        controls: see `Frame`.
        lists, unjudged: see `Frame`.
        logprobs: see `Frame`.
        ended: see `Frame`.
    """

    __slots__ = ("_repeats", "controls", "ended", "lists", "logprobs", "others", "slots", "unjudged")
    reads: ClassVar[type[Items]] = Items
    """What reads items and their parts."""

    def __init__(self) -> None:
        self.slots: list[Slot] = []
        self.others: list[Segment] = []
        self.controls: list[Segment] = []
        self.lists: list[tuple[str, str]] = []
        self.logprobs: Mapping[int, str] | None = None
        self.ended: tuple[int, ...] = ()
        self.unjudged: list[Unjudged] = []
        self._repeats: list[Slot] = []

    def frame(self, *, bare: bool = False, loose: tuple[str, ...] = ()) -> Frame:
        """Return what was found."""
        return Frame(
            tuple(self.slots),
            tuple(self.others),
            self.ended,
            bare,
            self.logprobs,
            repeats=tuple(self._repeats),
            lists=tuple(self.lists),
            unjudged=tuple(self.unjudged),
            loose=loose,
            controls=tuple(self.controls),
        )

    def repeat(self, slot: Slot) -> None:
        """Take a text that is whole, and is told once more or only now."""
        self._repeats.append(slot)

    def item(self, item: Any, pointer: str) -> Items:
        """Return an item, read."""
        items = self.reads(Collector(Direction.ANSWER), strict=False)
        items.item(item, pointer)
        return items

    def part(self, part: Any, pointer: str, kind: Kind) -> Items:
        """Return a part of a message or of reasoning, read."""
        items = self.reads(Collector(Direction.ANSWER), strict=False)
        items.part(part, pointer, Role.ASSISTANT, kind)
        return items

    def walk(self, value: Any, pointer: str) -> None:
        """Take the texts of a value as they stand."""
        collector = Collector(Direction.ANSWER)
        collector.walk(value, pointer, Role.ASSISTANT)
        self.others += collector.segments

    def walk_tools(self, tools: Any, pointer: str) -> None:
        """Take the definitions of tools that a response repeats from its request."""
        collector = Collector(Direction.ANSWER)
        collector.walk(tools, pointer, Role.SYSTEM, Kind.TOOL_DEFINITION)
        self.others += collector.segments

    def members(self, value: dict[str, Any], pointer: str, skip: frozenset[str]) -> None:
        """Take what a response repeats from its request."""
        collector = Collector(Direction.ANSWER)
        collector.members(value, pointer, Role.SYSTEM, skip=skip)
        self.others += collector.segments
        self.controls += collector.controls

    def control(self, value: Any, key: str) -> None:
        """Take a member of the event that the provider's machinery writes."""
        collector = Collector(Direction.ANSWER)
        collector.control(value, "", key, Role.ASSISTANT)
        self.controls += collector.controls

    def rest(self, tree: dict[str, Any], skip: frozenset[str] | set[str]) -> None:
        """Take the members of the event that nobody knows."""
        collector = Collector(Direction.ANSWER)
        if tree.keys() <= skip:
            for key in _COUNTED & tree.keys():
                collector.control(tree[key], "", key, Role.ASSISTANT)
        else:
            collector.members(tree, "", Role.ASSISTANT, skip=frozenset(skip))
        self.others += collector.segments
        self.controls += collector.controls
