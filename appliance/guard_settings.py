"""The guards of the settings file: ``[models.guard]`` reads texts, ``[models.vision]`` looks at pictures.

The first is at a URL, or the appliance runs it; the second is at a URL.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..detection.models.guards.doubts import Extent
from ..detection.models.guards.registry import FORMATS, SEEING
from .base_url import BadBaseUrl, Endpoint, read_base_url
from .given_table import GivenTable
from .nearest import did_you_mean

KEYS: Mapping[str, str] = {
    "format": f"How it is asked: {', '.join(FORMATS)}.",
    "url": "Base URL of its OpenAI API, with /v1; or `path`, not both.",
    "path": "Folder of a model that the appliance serves itself, with vLLM.",
    "model": "Name it is served under; with `path` the folder's name unless given.",
    "api_key": "Its key: env:NAME, file:PATH, or sealed. A model of our own gets one made up.",
    "timeout": "Most seconds of one request, whatever a policy allows (10).",
    "concurrency": "Requests of one worker at a time (16).",
    "queue": "Exchanges of one worker that may wait for it beside those; more are turned away (256).",
    "window": "Characters of a text that are read at once (6000).",
    "windows": "Windows of one text; what is behind them is unjudged (8).",
    "command": "With `path`: what starts vLLM, a name, a path or a list of words (vllm).",
    "gpu_memory": "With `path`: share of a GPU's memory to take, in percent (vLLM's own default).",
    "context": "With `path`: most tokens of a request, where the model's own is more than is needed.",
    "arguments": "With `path`: further words for `vllm serve`.",
    "start_seconds": "With `path`: how long a start may take until it is tried again (600).",
}
"""Every key of ``[models.guard]`` and what it says."""

VISION_KEYS: Mapping[str, str] = {
    "format": f"How it is asked: {', '.join(SEEING)}.",
    **{name: KEYS[name] for name in ("api_key", "timeout", "concurrency", "queue")},
    "url": "Base URL of its OpenAI API, with /v1.",
    "model": "Name it is served under.",
    "picture_bytes": "Bytes of a picture; larger ones are unjudged (5242880).",
}
"""Every key of ``[models.vision]`` and what it says."""

_LOCAL = ("command", "gpu_memory", "context", "arguments", "start_seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalGuard:
    """How a model of our own is served."""

    path: Path
    command: tuple[str, ...] = ("vllm",)
    gpu_memory: int | None = None
    """Percent."""
    context: int | None = None
    """Tokens."""
    arguments: tuple[str, ...] = ()
    start_seconds: int = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSettings:
    """One guard: at `url`, or `local`."""

    format: str
    model: str
    url: str | None = None
    local: LocalGuard | None = None
    api_key: str | None = field(default=None, repr=False)
    timeout: int = 10
    concurrency: int = 16
    queue: int = 256
    extent: Extent = field(default_factory=Extent)


def read_guard(table: GivenTable, own: Endpoint) -> GuardSettings:
    """Return what ``[models.guard]`` says. Raises `SettingError`."""
    refuse_others(table, KEYS)
    local = _local(table)
    url = remote_url(table, own) if local is None else None
    return GuardSettings(
        format=_format(table, FORMATS),
        model=table.text("model", local.path.resolve().name if local else None),
        url=url,
        local=local,
        api_key=table.secret("api_key"),
        timeout=table.number("timeout", 10, 1, 120),
        concurrency=table.number("concurrency", 16, 1, 1024),
        queue=table.number("queue", 256, 0, 100_000),
        extent=Extent(table.number("window", 6000, 200, 200_000), table.number("windows", 8, 1, 1000)),
    )


def read_vision(table: GivenTable, own: Endpoint) -> GuardSettings:
    """Return what ``[models.vision]`` says. Raises `SettingError`."""
    refuse_others(table, VISION_KEYS)
    return GuardSettings(
        format=_format(table, SEEING),
        model=table.text("model"),
        url=remote_url(table, own),
        api_key=table.secret("api_key"),
        timeout=table.number("timeout", 10, 1, 120),
        concurrency=table.number("concurrency", 16, 1, 1024),
        queue=table.number("queue", 256, 0, 100_000),
        extent=Extent(picture=table.number("picture_bytes", 5 << 20, 1024, 20 << 20)),
    )


def refuse_others(table: GivenTable, keys: Collection[str]) -> None:
    """Refuse keys that are none of these. Raises `SettingError`."""
    for name in table.values:
        if name not in keys:
            raise table.fail(name, f"no such key{did_you_mean(name.lower(), keys)}")


def _format(table: GivenTable, known: Collection[str]) -> str:
    way = table.text("format")
    if way not in known:
        raise table.fail("format", f"expected {', '.join(known)}{did_you_mean(way, known)}")
    return way


def remote_url(table: GivenTable, own: Endpoint) -> str:
    """Return where a model is that runs elsewhere. Raises `SettingError`."""
    for name in _LOCAL:
        if name in table.values:
            raise table.fail(name, "is for a model of `path`")
    try:
        url = read_base_url(table.text("url"), own)
    except BadBaseUrl as error:
        raise table.fail("url", str(error)) from None
    if url.doubt:
        table.warnings.append(f"{table.place('url')}: {url.doubt}")
    return url.text


def _local(table: GivenTable) -> LocalGuard | None:
    if "path" not in table.values:
        return None
    if "url" in table.values:
        raise table.fail("url", "give url or path, not both")
    path = Path(table.text("path"))
    if not (path / "config.json").is_file():
        raise table.fail("path", "expected the folder of a model, with its config.json")
    return LocalGuard(
        path=path,
        command=_words(table, "command", ["vllm"], empty=False),
        gpu_memory=table.number("gpu_memory", 90, 1, 100) if "gpu_memory" in table.values else None,
        context=table.number("context", 8192, 256, 1_000_000) if "context" in table.values else None,
        arguments=_words(table, "arguments", [], empty=True),
        start_seconds=table.number("start_seconds", 600, 5, 7200),
    )


def _words(table: GivenTable, name: str, default: Sequence[str], *, empty: bool) -> tuple[str, ...]:
    value = table.values.get(name, default)
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(word, str) and "\0" not in word for word in listed):
        raise table.fail(name, "expected a list of words")
    if not empty and not all(listed[:1] or [""]):
        raise table.fail(name, "expected a command")
    return tuple(listed)
