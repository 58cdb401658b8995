"""What people report as wrong: counted, kept without the text, turned into exceptions."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .result import ScanResult
from .whitelist import Whitelist, digest_of

MOST_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class FalsePositive:
    """A report that a text was no threat. `digest` is the text's SHA-256; the text is not kept."""

    digest: str
    rules: tuple[str, ...]
    engines: tuple[str, ...]
    risk_score: float
    context: Mapping[str, Any]
    reported: datetime = field(compare=False)


class FeedbackCollector:
    """Keeps the latest `MOST_KEPT` reports in memory."""

    def __init__(self) -> None:
        self._reports: deque[FalsePositive] = deque(maxlen=MOST_KEPT)

    @property
    def reports(self) -> tuple[FalsePositive, ...]:
        """The reports, the oldest first."""
        return tuple(self._reports)

    def report_fp(
        self, text: str, scan_result: ScanResult, context: Mapping[str, Any] | None = None
    ) -> FalsePositive:
        """Report that what was found in a text is no threat.

        Args:
            text: what was scanned.
            scan_result: what came of it.
            context: whatever helps to judge the report; kept as it is.
        """
        report = FalsePositive(
            digest_of(text),
            tuple(str(item.metadata["rule"]) for item in scan_result.findings),
            tuple(dict.fromkeys(item.engine for item in scan_result.findings)),
            scan_result.risk_score,
            dict(context or {}),
            datetime.now(UTC),
        )
        self._reports.append(report)
        return report

    def whitelist(self) -> Whitelist:
        """Return a whitelist of the very texts that were reported."""
        exceptions = Whitelist()
        for report in self._reports:
            exceptions.add_hash(report.digest)
        return exceptions
