"""The items of a realtime conversation: those of Responses, with parts that are sound and its transcript.

Source: `openai.types.realtime.ConversationItem` of the official Python package.
"""

from typing import Any

from ..types import Kind, Role
from .openai_responses_frame import FrameReading
from .openai_responses_items import Items

_SOUND = frozenset(("input_audio", "output_audio", "audio"))
_PART = frozenset(("type", "audio", "transcript"))


class RealtimeItems(Items):
    """Reads items into a collector."""

    __slots__ = ()

    def part(self, part: Any, pointer: str, role: Role, kind: Kind = Kind.TEXT) -> None:
        """Collect the texts of a part; sound is listed as unjudged, its transcript is a text."""
        name = part.get("type") if isinstance(part, dict) else None
        if not isinstance(name, str) or name not in _SOUND:
            super().part(part, pointer, role, kind)
            return
        collector = self.collector
        if isinstance(part.get("audio"), str):
            collector.skip(f"{pointer}/audio", "audio")
        elif part.get("audio") is not None:
            collector.walk(part["audio"], f"{pointer}/audio", role)
        transcript = part.get("transcript")
        if isinstance(transcript, str):
            collector.text(transcript, f"{pointer}/transcript", role, kind)
        elif transcript is not None:
            collector.walk(transcript, f"{pointer}/transcript", role)
        collector.members(part, pointer, role, skip=_PART)


class RealtimeReading(FrameReading):
    """Gathers what a `Frame` of a realtime answer is made of."""

    __slots__ = ()
    reads = RealtimeItems

    def walk_name(self, name: str, pointer: str) -> None:
        """Take the name of a tool."""
        self.collector.text(name, pointer, Role.ASSISTANT, Kind.NAME)
