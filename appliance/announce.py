"""What a start says: where everything is, and - once - the secrets it made.

Secrets are shown to a person at a terminal only. Anything else that reads our output may keep it,
so they go into a file of the data directory instead, and its path is said.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from ..detection.policy import Policy
from ..gateway.intercepted.host_rules import MAGIC_HOST
from ..gateway.upstream_spec import UpstreamSpec
from .bootstrap import FirstSecrets
from .data_dir import first_secrets_file
from .intercept_settings import InterceptSettings
from .ports import Ports, base_url
from .secrets import write_private
from .settings import Settings
from .upstreams import DEMO

_EXAMPLE = "Write to maria.keller@example.org that card 4111 1111 1111 1111 is blocked."
_ANOTHER_KEY = "Another key: sluicegate key create --application NAME"

type Row = tuple[str, str]


def announce(
    settings: Settings,
    policy: Policy,
    specs: Sequence[UpstreamSpec],
    ports: Ports,
    first: FirstSecrets,
    stream: TextIO | None = None,
) -> None:
    """Say what runs. Writes to stdout unless another stream is given."""
    stream = stream or sys.stdout
    terminal = stream.isatty()
    rows = [*_places(settings, ports), *_choices(policy, specs), *_guard(settings)]
    rows += _interception(settings.intercept)
    example = _curl(base_url(settings.host, ports.proxy.port), first.key if terminal else None)
    if terminal:
        from .banner import print_banner  # noqa: PLC0415 - rich takes its time, and only a person sees it

        hint = "Shown this once: keep them." if first else _ANOTHER_KEY
        print_banner(stream, rows, list(_shown(first, settings)), hint, settings.warnings, example)
    else:
        if first:
            rows.append(("First secrets", str(_filed(first, settings))))
        _print_plain(stream, rows, settings.warnings, example)
    stream.flush()


def _places(settings: Settings, ports: Ports) -> Iterator[Row]:
    yield "Gateway", base_url(settings.host, ports.proxy.port) + "/v1"
    yield "Detection API", base_url(settings.host, ports.detection.port)
    yield "Web admin", base_url(settings.host, ports.admin.port)


def _choices(policy: Policy, specs: Sequence[UpstreamSpec]) -> Iterator[Row]:
    yield "Policy", f"{policy.name} ({policy.digest})"
    for spec in specs:
        if spec.name == DEMO:
            yield "Upstream", f"{DEMO}: answers by itself, no model is asked and nothing is sent anywhere"
        else:
            yield "Upstream", f"{spec.name}: {spec.base_url} for {', '.join(spec.models or ('*',))}"


def _guard(settings: Settings) -> Iterator[Row]:
    guard, vision = settings.guard, settings.vision
    if guard is not None:
        place = f"{guard.local.path}, starting: it takes minutes" if guard.local else guard.url
        yield "Guard model", f"{guard.model} ({guard.format}): {place}"
    if vision is not None:
        yield "Vision guard", f"{vision.model} ({vision.format}): {vision.url}"
    if settings.embeddings is not None:
        yield "Embeddings", f"{settings.embeddings.model}: {settings.embeddings.url}"


def _interception(stated: InterceptSettings | None) -> Iterator[Row]:
    """Say how clients reach the transparent proxy; a mode may name a port of its own."""
    if stated is not None:
        modes = [mode if "@" in mode else f"{mode}@{stated.port}" for mode in stated.modes]
        yield "Transparent", f"{', '.join(modes)} on {stated.host}, trust: http://{MAGIC_HOST}/"


def _shown(first: FirstSecrets, settings: Settings) -> Iterator[Row]:
    if first.password is not None:
        yield "Admin sign-in", f"{settings.admin_email}  {first.password}"
    if first.key is not None:
        yield "API key", first.key


def _filed(first: FirstSecrets, settings: Settings) -> Path:
    path = first_secrets_file(settings).resolve()
    lines = [f"admin sign-in: {settings.admin_email} {first.password}"] if first.password else []
    lines += [f"API key: {first.key}"] if first.key else []
    write_private(path, "\n".join(lines) + "\n")
    return path


def _curl(base: str, key: str | None) -> str:
    return (
        f"curl {base}/v1/chat/completions \\\n"
        f'  -H "Authorization: Bearer {key or "$SLUICEGATE_KEY"}" -H "Content-Type: application/json" \\\n'
        f"""  -d '{{"model": "demo", "messages": [{{"role": "user", "content": "{_EXAMPLE}"}}]}}'"""
    )


def _print_plain(stream: TextIO, rows: Sequence[Row], notes: Sequence[str], example: str) -> None:
    stream.writelines(f"{name + ':':16}{value}\n" for name, value in rows)
    stream.writelines(f"Note: {note}\n" for note in notes)
    stream.write(f"{_ANOTHER_KEY}\nTry:\n{example}\n")
