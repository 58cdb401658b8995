"""What SENTINEL's course teaches, done by this core.

``import sluicegate.compat.sentinel as sentinel`` runs its examples; after `install`, code that says
``from sentinel import scan`` does too. An engine's name chooses what is looked for, thresholds are
scores, and errors are never safe.
"""

import sys
from importlib import import_module

from .engine import BaseEngine, HybridEngine, MLEngine, PatternEngine, register_engine
from .engines import ENGINES
from .exceptions import ConfigurationError, SentinelError, ThreatDetectedError
from .feedback import FeedbackCollector
from .guarding import guard
from .pipeline import Tier, TieredPipeline
from .result import Finding, ScanResult
from .scanning import scan, scan_document, scan_output
from .state import configure, reset
from .whitelist import Whitelist

__all__ = [
    "ENGINES",
    "BaseEngine",
    "ConfigurationError",
    "FeedbackCollector",
    "Finding",
    "HybridEngine",
    "MLEngine",
    "PatternEngine",
    "PipelineResult",
    "ScanResult",
    "SentinelError",
    "ThreatDetectedError",
    "Tier",
    "TieredPipeline",
    "Whitelist",
    "configure",
    "guard",
    "install",
    "register_engine",
    "reset",
    "scan",
    "scan_document",
    "scan_output",
]

PipelineResult = ScanResult

_MODULES = ("engine", "exceptions", "feedback", "pipeline", "whitelist")


def install(name: str = "sentinel") -> None:
    """Let ``import sentinel`` and its modules mean this one, in this process.

    Raises:
        ImportError: another module has the name already.
    """
    if sys.modules.get(name, sys.modules[__name__]) is not sys.modules[__name__]:
        raise ImportError(f"a module named {name} is loaded already")
    sys.modules[name] = sys.modules[__name__]
    for module in _MODULES:
        sys.modules[f"{name}.{module}"] = import_module(f"{__name__}.{module}")
