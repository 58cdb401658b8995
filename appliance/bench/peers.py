"""Other gateways, measured where they are found: how each is found, configured and started.

A peer is named by ``--peer NAME=PATH`` or by ``SLUICEGATE_BENCH_NAME``, else looked for on PATH;
one that is not there is left out with a line. Configurations follow each project's own documents:
as little as it needs to pass chat completions on, its rate limit raised, logging at errors.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .subject import Place, Running, free_port, spawn, wait_until_ready

_KEY = "fgw_0123456789abcdef0123456789abcdef"
_FERROGW = """
strategy:
  mode: single
targets:
  - virtual_key: openai
"""
_FERROGW_PLUGINS = """
plugins:
  - name: word-filter
    type: guardrail
    stage: before_request
    enabled: true
    config: {blocked_words: ["confidential-project-name", "internal-only"], case_sensitive: false}
  - name: pii-redact
    type: guardrail
    stage: before_request
    enabled: true
    config: {action: redact, redact_mode: replace_type, apply_to: input}
  - name: secret-scan
    type: guardrail
    stage: before_request
    enabled: true
    config: &secrets {action: block, entropy_check: true}
  - name: secret-scan
    type: guardrail
    stage: after_request
    enabled: true
    config: *secrets
  - name: prompt-shield
    type: guardrail
    stage: before_request
    enabled: true
    config: {action: block, threshold: 0.9, apply_to: user_messages}
"""


def find(name: str, program: str, given: Mapping[str, Path]) -> str:
    """Return the path of a peer's program; empty when there is none."""
    path = given.get(name) or os.environ.get(f"SLUICEGATE_BENCH_{name.upper()}", "")
    return shutil.which(path or program) or ""


@dataclass(frozen=True, slots=True)
class Ferrogw:
    """Ferro Labs AI Gateway: one Go binary.

    With `plugins` its four guards are on, for answers as well where they can judge answers: of the
    four secret-scan does.
    """

    program: str
    plugins: bool = False
    workers: int = 1

    @property
    def name(self) -> str:
        """With or without."""
        return "ferrogw+guards" if self.plugins else "ferrogw"

    @property
    def about(self) -> str:
        """What is switched on."""
        guards = ", word-filter, pii-redact, secret-scan both ways, prompt-shield" if self.plugins else ""
        return f"routing, key, limiter with a high limit{guards}"

    def missing(self) -> str:
        """Say whether the program is there."""
        return "" if self.program else "not found; pip install ferrogw, then --peer ferrogw=PATH"

    def start(self, place: Place) -> Running:
        """Start it with its documented variables and a configuration file."""
        port = free_port()
        config = place.folder / "config.yaml"
        config.write_text(_FERROGW + (_FERROGW_PLUGINS if self.plugins else ""))
        environment = {
            "GATEWAY_CONFIG": str(config),
            "PORT": str(port),
            "MASTER_KEY": _KEY,
            "OPENAI_API_KEY": "bench-upstream-key",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{place.upstream}",
            "RATE_LIMIT_RPS": "1000000",
            "RATE_LIMIT_BURST": "1000000",
            "LOG_LEVEL": "error",
        }
        process = spawn([self.program, "serve"], place.folder, environment)
        wait_until_ready(process, place.folder, port, "/readyz")
        return Running(port, {"authorization": f"Bearer {_KEY}"}, process, restores=not self.plugins)


@dataclass(frozen=True, slots=True)
class Portkey:
    """Portkey's gateway: a node server; the upstream is named by each request's headers."""

    program: str
    name: str = "portkey"
    about: str = "routing by headers; no key, no limiter, no guard"
    workers: int = 1

    def missing(self) -> str:
        """Say whether the program is there."""
        return "" if self.program else "not found; npm install @portkey-ai/gateway, then --peer portkey=PATH"

    def start(self, place: Place) -> Running:
        """Start it without its web page."""
        port = free_port()
        command = ["node", self.program, f"--port={port}", "--headless"]
        process = spawn(command, place.folder, {"NODE_ENV": "production"})
        wait_until_ready(process, place.folder, port, "/")
        headers = {
            "authorization": "Bearer bench-upstream-key",
            "x-portkey-provider": "openai",
            "x-portkey-custom-host": f"http://127.0.0.1:{place.upstream}/v1",
        }
        return Running(port, headers, process)


@dataclass(frozen=True, slots=True)
class LiteLlm:
    """LiteLLM's proxy: one worker, a master key, no database."""

    program: str
    name: str = "litellm"
    about: str = "routing, master key; no limiter, no guard, no record"
    workers: int = 1

    def missing(self) -> str:
        """Say whether the program is there."""
        return "" if self.program else "not found; pip install 'litellm[proxy]', then --peer litellm=PATH"

    def start(self, place: Place) -> Running:
        """Start it with one model."""
        port = free_port()
        config = place.folder / "config.yaml"
        config.write_text(_LITELLM.format(upstream=place.upstream, key=_KEY))
        command = [self.program, "--config", str(config), "--port", str(port), "--num_workers", "1"]
        environment = {"LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        process = spawn([*command, "--host", "127.0.0.1", "--telemetry", "False"], place.folder, environment)
        wait_until_ready(process, place.folder, port, "/health/liveliness")
        return Running(port, {"authorization": f"Bearer {_KEY}"}, process)


_LITELLM = """
model_list:
  - model_name: gpt-4o-mini
    litellm_params:
      model: openai/gpt-4o-mini
      api_base: http://127.0.0.1:{upstream}/v1
      api_key: bench-upstream-key
litellm_settings:
  telemetry: false
general_settings:
  master_key: {key}
"""
