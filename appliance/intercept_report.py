"""What the transparent proxy saw, written down for ``sluicegate intercept report``."""

import asyncio
import time
from pathlib import Path
from typing import Any

import orjson

from ..gateway.transparent.tally import Tally
from .errors import ApplianceError
from .secrets import write_private

FILE = "interception.json"
_EVERY_SECONDS = 2.0

ADVICE = {
    "shadow": "An application speaks to a model at a host nobody allowed: add a rule for it, or refuse it.",
    "quic": "QUIC goes past the proxy: refuse UDP port 443 for these clients, they fall back to TCP.",
    "ech": "The client hides the name of its host: block HTTPS records in DNS, or set the client's policy.",
    "pinned": "The client does not trust the proxy's root: install it (sluicegate ca export) or tunnel it.",
    "direct_ip": "The client goes to an address without a name: refuse egress that no name was asked for.",
    "unjudged": "gRPC or a WebSocket that nobody can judge: let the policy refuse it, or tunnel the host.",
}
"""What to do about each thing that is listed."""


class Reporter:
    """Writes a tally into the data directory, now and then and at the end."""

    def __init__(self, data_dir: Path, tally: Tally) -> None:
        self._path = data_dir / FILE
        self._tally = tally
        self._written: dict[str, int] = {}
        self._since = time.time()

    async def run(self) -> None:
        """Write whenever something changed, until cancelled."""
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            if self._tally.counts() != self._written:
                self.write()

    def write(self) -> None:
        """Write what is counted now."""
        self._written = self._tally.counts()
        listed = [(item.kind, item.client, item.host, item.times) for item in self._tally.sightings()]
        report = {"since": self._since, "counts": self._written, "listed": listed}
        write_private(self._path, orjson.dumps(report).decode())


def read_report(data_dir: Path) -> dict[str, Any]:
    """Return the last report. Raises `ApplianceError` where there is none."""
    path = data_dir / FILE
    try:
        report: dict[str, Any] = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ApplianceError(f"{path}: no report: {error.strerror}; does the proxy run?") from error
    except orjson.JSONDecodeError:
        raise ApplianceError(f"{path}: damaged") from None
    return report
