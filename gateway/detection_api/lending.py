"""What programs that are guarded elsewhere are lent."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ...detection.inspection import Inspector
from ...detection.ports import AuditSink
from ...detection.types import Principal
from ...library.panel import Panel
from ...middleware.remote.given import Given


@dataclass(frozen=True, slots=True)
class Lending:
    """Policies and keys, a place in the record, and a core.

    `give` says what an application has now; `audit` takes the records of its exchanges while `accepting`. The
    other two judge.
    """

    give: Callable[[Principal], Given] = field(repr=False)
    audit: AuditSink
    accepting: Callable[[], bool]
    inspector: Inspector
    panel: Panel
