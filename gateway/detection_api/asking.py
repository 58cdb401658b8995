"""What the service asks of the record."""

from collections.abc import Mapping
from typing import Any, Protocol

from ...detection.types import Principal


class Results(Protocol):
    """Answers questions about the record."""

    async def ask(self, question: str, principal: Principal, options: Mapping[str, Any]) -> Any:
        """Return a JSON value with what the record of the principal's tenant says, and of nobody else's.

        Questions and their options: ``stats`` and ``categories`` (`days`), ``page`` (`page`, `per_page`,
        `action`, `application_id`, `security_risk_level` and its two sisters, `start_date`, `end_date`),
        ``one`` (`id`; None where there is none), ``usage`` (`days`; of the key that asks). Raises
        `UpstreamFault` (503) while the record cannot be read.
        """
        ...
