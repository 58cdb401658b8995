"""The forms of frames that are known in one stream."""

from typing import Any

from .dialects import Frame
from .frame_form import PADDING, FrameForm, form_of
from .framing.aws_event_stream import Message
from .framing.base import Event
from .growing import Growing
from .loose_form import loose_form_of
from .message_form import MessageForm, message_form_of

type Form = FrameForm | MessageForm
"""What reads a frame by its bytes."""

_MOST_FORMS = 4
_MOST_TRIES = 16
"""Forms that are learned in one stream: where each frame has a form of its own, none helps."""


class Forms:
    """The forms known in one stream, the latest first."""

    __slots__ = ("_tries", "known")

    def __init__(self) -> None:
        self.known: list[Form] = []
        self._tries = 0

    def learn(self, event: Event, data: bytes, tree: Any, frame: Frame, growing: Growing) -> None:
        """Keep the form of a plain event that carries one growing text and nothing else to look at."""
        if (
            frame.bare
            and frame.slots[0].pointer
            and self._tries < _MOST_TRIES
            and not (frame.logprobs or frame.whole or frame.echoes)
        ):
            self._tries += 1
            slot, loose = frame.slots[0], (PADDING, *frame.loose)
            if isinstance(event, Message):
                form: Form = message_form_of(event, data, tree, slot, growing, loose)
            elif frame.loose:
                form = loose_form_of(event.raw, data, tree, slot, growing, loose)
            else:
                form = form_of(event.raw, data, tree, slot, growing)
            self.known = [form, *self.known[: _MOST_FORMS - 1]]

    def forget(self) -> None:
        """Forget all: texts ended, and no form may bring them more."""
        self.known = []
