"""Ourselves: a real ``sluicegate up`` in processes of its own, everything on, or without the guard."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .subject import Place, Running, free_port, spawn, wait_until_ready

_KEY = "bench-key-0123456789-abcdefghij"
_UPSTREAM = """
[[upstreams]]
name = "bench"
base_url = "http://127.0.0.1:{port}/v1"
api_key = "bench-upstream-key-0123456789"
models = ["*"]
"""


@dataclass(frozen=True, slots=True)
class Ourselves:
    """The appliance. `what` it is: a number of rules, the packs filled up, or less (`own_process`)."""

    name: str = "guarded"
    about: str = "all shipped packs, both ways, keys, limiter, masks, record"
    what: str = "0"
    workers: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[str, str] = field(default_factory=dict)
    """Files of policies, by name."""

    def but(self, *, name: str, workers: int) -> "Ourselves":
        """Return the same with another number of workers."""
        return replace(self, name=name, workers=workers)

    def missing(self) -> str:
        """It is always here."""
        return ""

    def start(self, place: Place) -> Running:
        """Start it on free ports with a data directory that lasts as long as the benchmark."""
        ports = {name: free_port() for name in ("admin_port", "detection_port", "proxy_port")}
        config = place.folder / "sluicegate.toml"
        config.touch(mode=0o600)
        config.write_text(_UPSTREAM.format(port=place.upstream))
        policies = place.folder / "var" / "policies"
        for name, text in self.policies.items():
            policies.parent.mkdir(mode=0o700, exist_ok=True)
            policies.mkdir(mode=0o700, exist_ok=True)
            (policies / f"{name}.toml").write_text(text)
        settings = {
            "data_dir": str(place.folder / "var"),
            "workers": str(self.workers),
            "api_key": _KEY,
            "admin_password": "a-password-for-the-benchmark",
            "policy": "balanced",
            "rate_limit": "1000000/second",
            "log_level": "warning",
            **{name: str(port) for name, port in ports.items()},
            **self.settings,
        }
        environment = {f"SLUICEGATE_{name.upper()}": value for name, value in settings.items()}
        command = [sys.executable, "-m", f"{__package__}.own_process", self.what, "up"]
        process = spawn([*command, "--config", str(config)], place.folder, environment)
        wait_until_ready(process, place.folder, ports["proxy_port"], "/ready")
        return Running(ports["proxy_port"], {"authorization": f"Bearer {_KEY}"}, process, ports=ports)


GUARDED = Ourselves()
UNGUARDED = Ourselves("unguarded", "the same without detection: keys, limiter, record, proxy", "unguarded")
PROXY_ONLY = Ourselves("proxy-only", "server, routing and upstream client of ours alone", "proxy")
