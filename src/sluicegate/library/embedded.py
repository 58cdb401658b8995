"""The core of this process as an `Inspector`, for faces that live in a program: safe for several threads."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from ..detection.policy import Policy
from ..detection.ports import Links
from ..detection.types import Principal, Refusal
from .default import current
from .local import Library
from .turn import TURN

if TYPE_CHECKING:
    from ..detection.core import Core
    from ..detection.dialects import Dialect
    from ..detection.exchange import Engine
    from ..detection.texts import TextInspection
    from ..detection.tiers import Ask, Opinion
    from .turned_exchange import TurnedExchange

_ENDED = object()
_USUAL = "openai_chat"


class Embedded:
    """Opens exchanges in a library's core. Implements `detection.inspection.Inspector`.

    Functions that scan are asked, too; where one looks at answers, a streamed one waits for its texts' ends.

    Args:
        library: returns the library whose core it is; unless given, the one in force when an exchange is
            opened.
        own: dialects beside the shipped ones, by name.
        asks: whoever drives the exchanges asks the models that take long (`opinions`); they are left out
            otherwise.
    """

    def __init__(
        self,
        library: Callable[[], Library] = current,
        own: "Mapping[str, Dialect] | None" = None,
        *,
        asks: bool = False,
    ) -> None:
        self._library = library
        self._own = own or {}
        self._asks = asks
        self._plain: tuple[Library, Core] | None = None
        """A loaded library, and its core for the exchanges of whoever asks for nothing special."""

    @property
    def waits(self) -> bool:
        """Whether exchanges may ask for models that take long."""
        return self._asks and self._library().waits

    def opinions(self, ask: "Ask") -> "Sequence[Opinion]":
        """Return what the models of this process say: an opinion for each doubt, in order. Takes long."""
        return self._library().opinions(ask)

    @property
    def ready(self) -> bool:
        """Whether the rules are loaded; if not, the first exchange waits for them."""
        library = self._library()
        return (self._plain is not None and self._plain[0] is library) or library.ready

    def load(self) -> None:
        """Load the rules now."""
        self._library().load()

    def warm(self, *, expressions: bool = True) -> Iterator[None]:
        """Do ahead what first exchanges would wait for; see `Inspector.warm`."""
        steps = self._core(self._library()).warm(expressions=expressions)
        while True:
            with TURN:
                if next(steps, _ENDED) is _ENDED:
                    return
            yield

    def open(
        self,
        dialect: str,
        policy: Policy,
        principal: Principal,
        exchange_id: str = "",
        links: Links | None = None,
    ) -> "TurnedExchange":
        """Begin an exchange in a named dialect: one of its own, or a shipped one."""
        library, plain = self._library(), self._plain
        speaks = self._own.get(dialect) or _loaded()[0][dialect]
        if plain is None or plain[0] is not library or policy.topics or policy.knowledge or policy.own_rules:
            return self._open_any(library, speaks, policy, principal, exchange_id, links)
        return _loaded()[1](plain[1], speaks, policy, principal, exchange_id, links)

    def _open_any(
        self,
        library: Library,
        speaks: "Dialect",
        policy: Policy,
        principal: Principal,
        exchange_id: str,
        links: Links | None,
    ) -> "TurnedExchange":
        core = self._core(library)
        scanners = library.settings.scanners
        if library.settings.source is None and not scanners:
            self._plain = library, core
        if self._asks and (policy.topics or policy.knowledge):
            with TURN:
                core = library.asking_core_for(policy)
        principal = library.principal or principal
        engine: Engine = core
        if policy.own_rules:
            with TURN:
                engine = core.engine(policy, principal)
        _, kind = _loaded()
        if scanners:
            from .scanned_exchange import ScannedExchange, with_scanners  # noqa: PLC0415 - loads the engine

            engine, kind = with_scanners(engine, scanners), ScannedExchange
        return kind(engine, speaks, policy, principal, exchange_id, links)

    def texts(self, policy: Policy, principal: Principal) -> "TextInspection":
        """Begin an exchange of plain texts; its steps take no turns."""
        library = self._library()
        with TURN:
            return library.core.texts(policy, library.principal or principal)

    def error(self, dialect: str, status: int, code: str, message: str, param: str | None = None) -> Refusal:
        """Render an error in the dialect's own envelope; an unknown dialect gives OpenAI's."""
        dialects, _ = _loaded()
        speaks = self._own.get(dialect) or dialects.get(dialect, dialects[_USUAL])
        return speaks.error(status, code, message, param)

    def _core(self, library: Library) -> "Core":
        if library.ready:
            return library.asking_core if self._asks else library.core
        with TURN:
            return library.asking_core if self._asks else library.core


@cache
def _loaded() -> "tuple[Mapping[str, Dialect], type[TurnedExchange]]":
    """Return what is loaded with the engine: the shipped dialects, and the kind of exchanges."""
    from ..detection.dialects import DIALECTS  # noqa: PLC0415 - loaded with the engine
    from .turned_exchange import TurnedExchange  # noqa: PLC0415 - loads the engine

    return DIALECTS, TurnedExchange
