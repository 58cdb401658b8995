"""What says that a streamed answer is complete."""

from typing import Any, NamedTuple

from ..pointer import split
from ..types import Role
from .places import found_in, places_of
from .tree import grown

_EVENT = "event="


class End(NamedTuple):
    """One way to say it; all empty, nothing says it.

    `mark` is the data of an event, `event` its name, `pointer` a member that is there and neither false
    nor null - or, with a `value`, has that value.
    """

    mark: bytes = b""
    event: str = ""
    pointer: str = ""
    value: str | None = None

    def told_by(self, tree: Any, name: str) -> bool:
        """Say whether a frame is the last one."""
        if self.event:
            return name == self.event
        if not self.pointer:
            return False
        for found in found_in(tree, places_of(self.pointer, Role.ASSISTANT)):
            if self.value is None:
                return found.value is not None and found.value is not False
            return bool(found.value == self.value)
        return False

    def frame(self) -> Any:
        """Return a frame that says it; None where no JSON does."""
        if not self.pointer:
            return None
        return grown(None, split(self.pointer), True if self.value is None else self.value)


def end_of(text: str) -> End:
    """Read ``"[DONE]"``, ``"event=end"``, ``"/done"`` or ``"/type=end"``. Raises `ValueError`."""
    if text.startswith("/"):
        pointer, equals, value = text.partition("=")
        if "*" in split(pointer):
            raise ValueError("ends must name one member")
        return End(pointer=pointer, value=value if equals else None)
    if text.startswith(_EVENT):
        return End(event=text.removeprefix(_EVENT))
    return End(mark=text.encode())
