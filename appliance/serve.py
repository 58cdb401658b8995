"""From settings to a served appliance, as fast as the machine can.

The ports come first, so that a second start fails before it touches anything. Then a thread of
its own builds the core while the main thread imports what the rest needs. The very first start
compiles the rules, which takes longest of all but holds no lock of Python's; later ones load them.
"""

import gc
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from ..detection.inspection import Inspector
from .logging import configure
from .ports import taken_ports
from .secrets import Secrets, prepare
from .settings import Settings


def run(settings: Settings) -> None:
    """Run an appliance until it is told to stop. Raises `ApplianceError` when it cannot."""
    configure(settings.log_level, settings.log_format)
    _hurry()
    with taken_ports(settings) as ports, ThreadPoolExecutor(1, "core") as pool:
        secrets = prepare(settings.data_dir)
        inspector: Future[Inspector] = pool.submit(_build, secrets, settings.data_dir)
        from .life import live  # noqa: PLC0415 - imported while the core is built

        live(settings, ports, secrets, inspector)


def _hurry() -> None:
    """Spare a start what only costs it time; together a fifth of a second.

    Importing makes no garbage but many objects to look through for it. httpx has a command line
    of its own that pulls in a terminal's worth of packages where they happen to be installed.
    """
    gc.disable()
    sys.modules["httpx._main"] = None  # type: ignore[assignment] # None is how an import is switched off


def _build(secrets: Secrets, data_dir: Path) -> Inspector:
    from ..detection.core import build_inspector  # noqa: PLC0415 - the thread imports what only it needs

    return build_inspector(secrets.placeholder_key, cache=data_dir / "compiled")
