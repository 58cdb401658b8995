"""A core that fails where and when a test says."""

from collections.abc import Callable, Iterator

from sluicegate.detection.dialects import NOTHING_ADDRESSED, Addressed
from sluicegate.detection.inspection import Decision, Inspection, Inspector, Step, StreamGuard
from sluicegate.detection.policy import Policy
from sluicegate.detection.ports import Links
from sluicegate.detection.surrender import Held, Surrenders
from sluicegate.detection.texts import TextInspection
from sluicegate.detection.types import AuditCore, Principal, Refusal

type Chance = Callable[[str], None]
"""Is asked at every step, by its name, and raises where that step is to fail."""


class Injected(RuntimeError):
    """A failure that a test wanted. Its message stands for text that must not get out."""


class FaultyInspector:
    """Opens inspections of another core whose steps may fail."""

    def __init__(self, inner: Inspector, chance: Chance) -> None:
        self._inner = inner
        self._chance = chance

    def warm(self, *, expressions: bool = True) -> Iterator[None]:
        return self._inner.warm(expressions=expressions)

    def open(
        self,
        dialect: str,
        policy: Policy,
        principal: Principal,
        exchange_id: str = "",
        links: Links | None = None,
    ) -> "FaultyInspection":
        self._chance("open")
        return FaultyInspection(
            self._inner.open(dialect, policy, principal, exchange_id, links), self._chance
        )

    def texts(self, policy: Policy, principal: Principal) -> TextInspection:
        return self._inner.texts(policy, principal)

    def error(self, dialect: str, status: int, code: str, message: str, param: str | None = None) -> Refusal:
        return self._inner.error(dialect, status, code, message, param)


class FaultyInspection:
    """One exchange."""

    def __init__(self, inner: Inspection, chance: Chance) -> None:
        self._inner = inner
        self._chance = chance
        self.settle = inner.settle

    @property
    def model(self) -> str:
        return self._inner.model

    @property
    def wants_stream(self) -> bool:
        return self._inner.wants_stream

    @property
    def wants_array(self) -> bool:
        return self._inner.wants_array

    def request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> Decision:
        self._chance("request")
        decision = self._inner.request(body, addressed)
        self._chance("request judged")
        return decision

    def response(self, body: bytes, content_type: str) -> Decision:
        self._chance("response")
        decision = self._inner.response(body, content_type)
        self._chance("response judged")
        return decision

    def stream(self) -> StreamGuard:
        self._chance("stream")
        return FaultyGuard(self._inner.stream(), self._chance)

    def asking_stream(self) -> None:
        return None

    def core(self) -> AuditCore:
        return self._inner.core()


class FaultyGuard:
    """The guard of one streamed answer. A step fails before the inner guard hears of it, or behind it."""

    def __init__(self, inner: StreamGuard, chance: Chance) -> None:
        self._inner = inner
        self._chance = chance

    def feed(self, chunk: bytes) -> Step:
        self._chance("feed")
        step = self._inner.feed(chunk)
        self._chance("fed")
        return step

    def close(self) -> Step:
        self._chance("close")
        step = self._inner.close()
        self._chance("closed")
        return step

    def fault(self, message: str) -> bytes:
        self._chance("fault")
        return self._inner.fault(message)

    def held(self) -> Held:
        assert isinstance(self._inner, Surrenders)
        return self._inner.held()

    def surrender(self, held: Held) -> bytes:
        assert isinstance(self._inner, Surrenders)
        return self._inner.surrender(held)
