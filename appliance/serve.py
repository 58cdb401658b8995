"""From settings to a served appliance, as fast as the machine can.

The ports come first, so that a second start fails before it touches anything. Then the rules are
compiled in a thread of their own while the main thread imports what the rest needs: each takes
about half of a start, and the compiler holds no lock of Python's.
"""

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
    with taken_ports(settings) as ports, ThreadPoolExecutor(1, "compiler") as pool:
        secrets = prepare(settings.data_dir)
        inspector: Future[Inspector] = pool.submit(_compile, secrets, settings.data_dir)
        from .life import live  # noqa: PLC0415 - imported while the rules compile

        live(settings, ports, secrets, inspector)


def _compile(secrets: Secrets, data_dir: Path) -> Inspector:
    from ..detection.core import build_inspector  # noqa: PLC0415 - the thread imports what only it needs

    return build_inspector(secrets.placeholder_key, cache=data_dir / "compiled")
