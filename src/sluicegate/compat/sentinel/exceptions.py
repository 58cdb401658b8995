"""What goes wrong here."""

from .result import ScanResult


class SentinelError(Exception):
    """Base of the errors of this module."""


class ThreatDetectedError(SentinelError):
    """A threat was found where `on_threat` is ``raise``. Says what kind, never the text.

    Attributes:
        threat_type: name of the engine of the surest finding.
        result: all that was found.
    """

    def __init__(self, result: ScanResult):
        super().__init__(f"threat detected: {result.threat_type or 'a part that could not be judged'}")
        self.threat_type = result.threat_type
        self.result = result


class ConfigurationError(SentinelError, ValueError):
    """A setting that cannot be: names it and what there is."""
