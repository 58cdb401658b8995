"""What programs that judge for themselves are lent."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ...detection.ports import AuditSink
from ...detection.types import Principal
from ...middleware.remote.given import Given


@dataclass(frozen=True, slots=True)
class Lending:
    """Policies, keys and a place in the record.

    `give` says what an application has now; `audit` takes the records of its exchanges while `accepting`.
    """

    give: Callable[[Principal], Given] = field(repr=False)
    audit: AuditSink
    accepting: Callable[[], bool]
