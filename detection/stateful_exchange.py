"""Exchanges whose history the provider keeps: what stood for values in it is known again.

A request that only names what was said before brings no values along, and its answer may repeat their
placeholders. They are kept under the names the provider gave: a response's, a conversation's, a file's.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, runtime_checkable

from .dialects import Dialect
from .exchange import AnyExchange
from .inspection import Step, StreamGuard
from .ports import Place
from .surrender import Surrenders

LONGEST_NAME = 256


@runtime_checkable
class Stateful(Protocol):
    """A dialect whose provider keeps what was said."""

    def named(self, tree: Any) -> tuple[str, ...]:
        """Return the names under which the provider keeps what an answer tells."""
        ...


@runtime_checkable
class NamedStream(Protocol):
    """The shape of a streamed answer that its provider keeps."""

    def named(self) -> tuple[str, ...]:
        """Return the names of the answer that were told so far, see `Stateful`."""
        ...


class StatefulExchange(AnyExchange[Dialect]):
    """An exchange that may go on with an earlier one."""

    __slots__ = ()

    def _recall(self, names: Iterable[str]) -> None:
        """Take the placeholders that are kept under these names."""
        vaults = self._engine.vaults
        for name in names if vaults is not None else ():
            minted = vaults.recall(self._place(name)) if vaults is not None else None
            if minted:
                self._shared().vault.remember(minted)

    def _keep(self, names: Iterable[str]) -> None:
        """Keep the placeholders of this exchange under these names."""
        vaults = self._engine.vaults
        minted = self._scope.vault.tokens() if self._scope is not None else None
        if vaults is None or not minted:
            return
        for name in dict.fromkeys((*names, *self._asked.continues)):
            vaults.keep(self._place(name), minted)

    def _names(self, tree: Any) -> tuple[str, ...]:
        """Return the names that an answer brings; none where no provider keeps anything."""
        # Asked in this order: without a scope nothing was minted, and a protocol's `isinstance` takes long.
        if self._engine.vaults is None or self._scope is None or not isinstance(self._dialect, Stateful):
            return ()
        return tuple(name for name in self._dialect.named(tree) if 0 < len(name) <= LONGEST_NAME)

    def _place(self, name: str) -> Place:
        return Place(self._principal.tenant_id, self._principal.application_id, name)


class KeepingGuard:
    """Guards a streamed answer, and keeps its placeholders as soon as the answer has a name.

    Args:
        guard: judges the answer.
        named: returns the names that were told so far.
        keep: keeps the placeholders under names.
    """

    def __init__(
        self, guard: StreamGuard, named: Callable[[], tuple[str, ...]], keep: Callable[[Iterable[str]], None]
    ):
        self._guard = guard
        self._named = named
        self._keep = keep
        self._known: tuple[str, ...] = ()
        self.fault = guard.fault
        if isinstance(guard, Surrenders):
            self.held = guard.held
            self.surrender = guard.surrender

    def feed(self, chunk: bytes) -> Step:
        """Take the next bytes; see `StreamGuard`."""
        return self._noted(self._guard.feed(chunk))

    def close(self) -> Step:
        """The upstream ended; see `StreamGuard`."""
        return self._noted(self._guard.close())

    def _noted(self, step: Step) -> Step:
        named = self._named()
        if named != self._known:
            self._known = named
            self._keep(named)
        return step
