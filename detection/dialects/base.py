"""What a dialect is: one provider's wire format, read, answered and streamed.

A dialect is stateless and shared. It knows where texts stand and how the provider says no; it
never judges.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

from ..document import Document
from ..framing.base import Framing
from ..types import Kind, Refusal, Role, Segment, Unjudged


class Addressed(NamedTuple):
    """What the address of a request says: some providers name there what others say in the body.

    Attributes:
        model: the model; empty where the body names it.
        stream: whether the answer is streamed; None where the body says it.
        framing: how a streamed answer is framed, where a route knows several (``sse``, ``json_array``);
            empty for the dialect's own.
        kept: name of what the provider keeps and the request is about; empty where there is none.
    """

    model: str = ""
    stream: bool | None = None
    framing: str = ""
    kept: str = ""


NOTHING_ADDRESSED = Addressed()
"""The address of a request whose body says it all."""


@dataclass(slots=True, unsafe_hash=True)  # not frozen, see `Document`; nobody changes one
class Asked:
    """What a request asks for, as far as answering it natively needs."""

    model: str = ""
    stream: bool = False
    choices: int = 1
    usage: bool = False
    """A streamed answer is to end with a chunk that reports usage."""
    framing: str = ""
    """How a streamed answer is framed, see `Addressed`."""
    continues: tuple[str, ...] = ()
    """Names under which the provider keeps what this request goes on with."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A piece of a growing text in one frame of a stream.

    `choice` and `target` name the text: `target` is the pointer it has in a buffered answer.
    `pointer` is where its next characters stand in this frame; empty where it only speaks of the text, which
    is how calls of tools begin. A text that is not `editable` is signed:
    what would change it stops the answer.
    """

    choice: int
    target: str = field(repr=False)
    pointer: str = field(repr=False)
    text: str = field(repr=False)
    kind: Kind
    name: str = ""
    encoded: bool = False
    role: Role = Role.ASSISTANT
    editable: bool = True


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a stream, read.

    `others` are texts that do not grow and are judged by themselves. `ended` lists the choices
    that are complete with this frame, `closed` the targets of texts that are complete with it while
    their choice goes on; a target that never grew is no fault. `bare` frames carry growing text and
    nothing else: when all of it is held, the frame can wait. `logprobs` maps a choice to the pointer of
    its token list. `whole` holds the places and values of strings that must not come in pieces (names,
    ids): a client that puts pieces together would read what no frame showed. `repeats` are strings
    that repeat the whole of a text that grew in earlier frames and is closed with this frame or before:
    `text` is all of it, `target` the text's. One that repeats no text is the only frame of its own.
    `lists` are token lists beside such strings: the pointer of each, and the target of its text. `echoes`
    are strings that repeat all that came of a text so far, this frame's piece too, while it goes on.
    `loose` points at small numbers and times that differ from frame to frame and say nothing: frames that
    differ in them and in their text alone need not be read, but for the newest before others are written.
    """

    slots: tuple[Slot, ...] = ()
    others: tuple[Segment, ...] = ()
    ended: tuple[int, ...] = ()
    bare: bool = False
    logprobs: Mapping[int, str] | None = None
    whole: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    closed: tuple[str, ...] = field(default=(), repr=False)
    repeats: tuple[Slot, ...] = field(default=(), repr=False)
    lists: tuple[tuple[str, str], ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    """Parts that no scanner can read, by their places in a buffered answer: told again they are the same."""
    echoes: tuple[Slot, ...] = field(default=(), repr=False)
    loose: tuple[str, ...] = ()
    media: tuple[tuple[str, str], ...] = ()
    """Sound or pictures that say what texts say, too: the pointer of each, and what the targets of those
    texts begin with. Once one of these was changed such a string is empty."""
    controls: tuple[Segment, ...] = ()
    """Strings at places where machinery writes that do not look it: judged, and no reason to read more."""


class StreamShape(Protocol):
    """The frames of one streamed answer. Made for each, so it may remember what its end needs."""

    @property
    def framing(self) -> Framing:
        """How the frames stand in the bytes."""
        ...

    @property
    def repeating(self) -> bool:
        """Whether frames may repeat whole texts (`Frame.repeats`): texts are kept to be compared."""
        ...

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one frame's JSON.

        Args:
            name: what the framing calls the event; empty where it has no names.

        Raises:
            UpstreamFault: it is no frame of this dialect.
        """
        ...

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return a frame like `tree` that carries `text` in the slot's place and nothing else.

        The slot's own text is empty where nothing more will come: the frame it stood in has left.
        """
        ...

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """Return the frames that end a stopped stream.

        Args:
            tree: the last frame seen, which may not have left; None before the first.
            choices: those that did not end.
            text: what the client is told.
            opened: where each text that did not end stood last, in the order in which they began.
        """
        ...

    def fault(self, message: str) -> Any:
        """Return the frame that says that the rest of a stream cannot be told."""
        ...


@runtime_checkable
class Leaving(Protocol):
    """A shape that takes the frame it read last for one that did not leave."""

    def left(self) -> None:
        """The frame that was read last left, and no other one was read since."""
        ...


@runtime_checkable
class Withdrawing(Protocol):
    """A shape that must know which of the calls it read were never told, before it ends the stream."""

    def withdraw(self, targets: Iterable[str]) -> None:
        """Forget the calls whose arguments have these targets."""
        ...


class Dialect(Protocol):
    """One wire format."""

    name: str
    turns: str
    """Member of a request that lists a conversation's turns, each read by itself; empty where none does."""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request that was sent to such an address. Raises `BadInput`."""
        ...

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read a whole answer or error body.

        Returns:
            The document, and pointers of values (token lists) that repeat a text in another form:
            each maps to the pointer prefix of the texts it repeats. When one of those is edited,
            the value must become null. Raises `BadInput` when it is no JSON.
        """
        ...

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Return a native answer that says no, streamed when the request asked for a stream.

        Args:
            original: the upstream's parsed answer that is replaced whole; None before there is one.
        """
        ...

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return an error in the provider's envelope."""
        ...

    def stream(self, asked: Asked) -> StreamShape | None:
        """Return the shape of the streamed answer to such a request; None where nothing streams."""
        ...
