"""One call of a guarded function: its arguments on the way in, what it returns on the way out."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from ..detection.types import Role
from .exchange import Exchange, Stream
from .local import Library
from .outcome import Blocked, Outcome
from .session import current_session
from .settings import PolicyLike
from .tree import is_readable, texts_in, with_texts

_OWN_WORDS = (Role.SYSTEM, Role.USER)
"""Whose words may go anywhere in a session."""

type OnBlock = Literal["raise", "text"]
"""What a block does: raise `Blocked`, or stand the policy's safe text in place of the answer."""


@dataclass(frozen=True, slots=True)
class Guarding:
    """How a function is guarded.

    Attributes:
        library: returns the library that judges; asked at every call.
        policy: decides instead of the library's.
        roles: whose words an argument holds, by its name; a user's unless given.
        skip: names of arguments that are no texts for a model.
        on_outcome: is told what arguments, answers and streams came to.
    """

    library: Callable[[], Library]
    policy: PolicyLike | None = None
    on_block: OnBlock = "raise"
    roles: Mapping[str, Role] = field(default_factory=dict)
    skip: frozenset[str] = frozenset()
    on_outcome: Callable[[Outcome], object] | None = None


class Call:
    """One call.

    Args:
        guarding: how.
        signature: the function's.
    """

    def __init__(self, guarding: Guarding, signature: inspect.Signature):
        self.guarding = guarding
        self.signature = signature
        self.library = guarding.library()

    def begin(self) -> Exchange:
        """Open the exchange of this call."""
        return self.library.begin(self.guarding.policy)

    @cached_property
    def _exchange(self) -> Exchange:
        return self.begin()

    def arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> inspect.BoundArguments:
        """Return the arguments as they may go on.

        Raises:
            Blocked: one of them is blocked, whatever `on_block` says.
            BadInput: they are nested too deeply or hold too many texts.
            TypeError: they do not fit the function.
        """
        bound = self.signature.bind(*args, **kwargs)
        named = [(name, value) for name, value in bound.arguments.items() if name not in self.guarding.skip]
        texts = [text for name, value in named for text in texts_in(value, self._role(name))]
        session = current_session()
        if session is not None:
            session.say(*[text.text for text in texts if text.role in _OWN_WORDS])
        outcome, out = self._exchange.prompt(texts)
        self.report(outcome)
        if outcome.changed:
            rest = iter(out)
            for name, value in named:
                bound.arguments[name] = with_texts(value, rest)
        return bound

    def answer(self, value: Any) -> Any:
        """Return what the function returned as it may go on. Raises `Blocked` and `BadInput`."""
        if not is_readable(value):
            self.unread(value)
        texts = [*texts_in(value, Role.ASSISTANT)]
        if not texts:
            return value
        outcome, out = self._exchange.answer(texts)
        self.report(outcome)
        changed = any(text.text != new for text, new in zip(texts, out, strict=True))
        return with_texts(value, iter(out)) if changed else value

    def is_quick(self, *values: object) -> bool:
        """Say whether values are judged so fast that an event loop need not be left. Raises `BadInput`."""
        return self.library.at_once(*(item.text for value in values for item in texts_in(value, Role.USER)))

    def stream(self) -> "Pieces":
        """Begin to judge what the function yields."""
        return Pieces(self, self._exchange.stream())

    def unread(self, value: object) -> None:
        """Deal with what holds no text that can be read. Raises `Blocked` where the policy says so."""
        self.report(self._exchange.unread(type(value).__name__))

    def report(self, outcome: Outcome) -> None:
        """Tell who wants to know, the session too. Raises `Blocked` for a block."""
        session = current_session()
        if session is not None:
            session.told(outcome)
        if self.guarding.on_outcome is not None:
            self.guarding.on_outcome(outcome)
        if outcome.blocked:
            raise Blocked(outcome)

    def instead(self, blocked: Blocked) -> str:
        """Return what stands in place of what was blocked. Raises it where that is wanted."""
        if self.guarding.on_block == "raise":
            raise blocked
        return blocked.outcome.safe_text

    def _role(self, name: str) -> Role:
        return self.guarding.roles.get(name, Role.USER)


class Pieces:
    """What a function yields, as it may go on."""

    def __init__(self, call: Call, stream: Stream):
        self._call = call
        self._stream = stream

    def feed(self, item: Any) -> Iterator[Any]:
        """Yield what may go on after the next item. Raises `Blocked` after it, and `BadInput`."""
        if not isinstance(item, str):
            if item is not None:
                self._call.unread(item)
            yield item
            return
        released = self._stream.feed(item)
        if released:
            yield released
        if self._stream.blocked:
            self._call.report(self._stream.outcome())

    def close(self) -> Iterator[Any]:
        """Yield what was held. Raises `Blocked` after it, and `BadInput`."""
        released = self._stream.close()
        if released:
            yield released
        self._call.report(self._stream.outcome())
