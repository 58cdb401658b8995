"""What comes back from a scan: the outcome, and what may go on."""

from dataclasses import dataclass, field
from typing import Any

from .exchange import Exchange, Stream
from .outcome import Outcome


@dataclass(slots=True, unsafe_hash=True)  # as the verdict
class Result(Outcome):
    """A text that was scanned.

    `text` is what may go on: the text after masks, empty after a block. `exchange` remembers what was
    masked, so that the answer to this prompt gets it back.
    """

    text: str = field(default="", repr=False)
    exchange: Exchange | None = field(default=None, repr=False, compare=False)

    def answer_stream(self) -> Stream:
        """Begin to judge a streamed answer to this prompt.

        Raises:
            ValueError: the result is not of a scan.
        """
        if self.exchange is None:
            raise ValueError("only what was scanned has an answer")
        return self.exchange.stream()


@dataclass(slots=True, unsafe_hash=True)  # as the verdict
class Conversation(Outcome):
    """A conversation that was scanned. `messages` are what may go on, none after a block."""

    messages: tuple[dict[str, Any], ...] = field(default=(), repr=False)
