"""What an app says of a format of its own."""

from dataclasses import dataclass
from typing import Literal

from ..types import Role
from .ends import End, end_of
from .places import Place, Where, places_of

type BodyKind = Literal["json", "form", "text", "query"]
"""What a request is: JSON, a form (of either encoding), a plain text, or the query of its address."""
type StreamKind = Literal["sse", "sse-text", "ndjson", "text"]
"""How an answer streams: events that hold JSON, or text; lines of JSON; a plain text that grows."""

_BODIES = ("json", "form", "text", "query")
_STREAMS = ("sse", "sse-text", "ndjson", "text")
_TEXTS = ("sse-text", "text")
_SAID = 200


@dataclass(frozen=True, slots=True)
class Fields:
    """Where the texts of a format stand that no provider knows.

    Attributes:
        request: pointers to the texts of a request; ``*`` stands for any element or member. All its
            texts unless given. Fields of a form and parameters of a query have their name for a
            pointer: ``/message``.
        answer: the same of an answer; None passes answers on unread, and then nothing is put back in them
            that a request lost.
        body: what a request is.
        stream: how an answer streams, if it does. JSON that streams needs pointers in `answer`: the
            texts there grow from frame to frame.
        ends: what the last frame of a streamed answer says, where one does: ``"[DONE]"``,
            ``"event=end"``, ``"/done"`` (anything but false or null there) or ``"/type=end"``. What is held
            of a text leaves before it.
        blocked: status of the answer to a request that is blocked; with 200 it says so as an app's
            answer would, in the first pointer of `answer`.

    Raises:
        ValueError: one of them has no usable form.
    """

    request: Where = ("",)
    answer: Where | None = ("",)
    body: BodyKind = "json"
    stream: StreamKind = "sse"
    ends: str = ""
    blocked: int = 403

    def __post_init__(self) -> None:
        if self.body not in _BODIES:
            raise ValueError(f"body must be one of {', '.join(_BODIES)}")
        if self.stream not in _STREAMS:
            raise ValueError(f"stream must be one of {', '.join(_STREAMS)}")
        if not 200 <= self.blocked <= 599:
            raise ValueError("blocked must be a status from 200 to 599")
        if self.blocked == _SAID and self.body == "json" and not self.says:
            raise ValueError("blocked=200 needs a pointer in answer that names one member")
        _ = (self.asked, self.answered, self.end)

    @property
    def asked(self) -> tuple[Place, ...]:
        """Where the texts of a request stand."""
        return places_of(self.request, Role.USER)

    @property
    def answered(self) -> tuple[Place, ...]:
        """Where the texts of an answer stand."""
        return () if self.answer is None else places_of(self.answer, Role.ASSISTANT)

    @property
    def grows(self) -> tuple[Place, ...]:
        """Where the texts of an answer stand that grow: those of which frames hold pieces."""
        if self.stream in _TEXTS and self.answer is not None:
            return places_of(("",), Role.ASSISTANT)
        return tuple(place for place in self.answered if place.steps)

    @property
    def end(self) -> End:
        """What the last frame of a stream says."""
        return end_of(self.ends)

    @property
    def says(self) -> Place | None:
        """Where an answer of our own says its text."""
        return next((place for place in self.answered if place.steps and "*" not in place.steps), None)
