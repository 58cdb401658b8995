"""A driver in a process of its own: jobs in, results out, and an end when it takes too long."""

import json
import os
import selectors
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from tests.conformance.sdks import Sdk

ROOT = Path(__file__).resolve().parents[2]
START, PATIENCE = 300.0, 90.0
"""Seconds that a package may take to import, and that one job may take."""

_JAVASCRIPT = ROOT / "tests" / "conformance" / "javascript"
_QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LANGSMITH_TRACING": "false",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AI_SDK_LOG_WARNINGS": "false",
    "NO_PROXY": "*",
}
"""Nothing is asked but the gateway."""


class TooSlow(Exception):
    """A driver said nothing in time: something hangs."""


def command(sdk: Sdk) -> list[str]:
    """How a driver is started."""
    if sdk.where == "javascript":
        return ["node", str(_JAVASCRIPT / f"{sdk.driver}.mjs")]
    python = sys.executable if sdk.where == "ours" else str(ROOT / ".venv-conformance" / "bin" / "python")
    return [python, "-W", "ignore", "-m", f"tests.conformance.drivers.{sdk.driver}"]


class Driver:
    """A running driver; use as a context manager. `about` is its package and version."""

    def __init__(self, sdk: Sdk) -> None:
        self.sdk = sdk
        self.about: dict[str, str] = {}
        self._rest = b""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            command(self.sdk),
            cwd=ROOT,
            env={name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | _QUIET,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            self.about = self._line(START)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, job: dict[str, Any]) -> Any:
        """What came of a job. Raises `TooSlow` when nothing does in time."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job).encode() + b"\n")
        self._process.stdin.flush()
        return self._line(PATIENCE)

    def _line(self, seconds: float) -> Any:
        """The next line that is JSON; some packages print lines of their own."""
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while True:
                line, found, self._rest = self._rest.partition(b"\n")
                if found:
                    if line.startswith(b"{"):
                        return json.loads(line)
                    continue
                self._rest = line
                if not selector.select(seconds):
                    raise TooSlow(f"{self.sdk.name} said nothing for {seconds} s")
                data = os.read(self._process.stdout.fileno(), 1 << 16)
                assert data, f"the driver of {self.sdk.name} ended"
                self._rest += data
