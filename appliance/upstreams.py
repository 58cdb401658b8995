"""The ``[[upstreams]]`` of the settings file and the providers' usual environment variables."""

import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ..gateway.upstream.connect_proxy import ConnectProxy
from ..gateway.upstream_spec import UpstreamSpec
from .base_url import BadBaseUrl, Endpoint, PointsAtItself, fits_header, read_base_url
from .errors import SettingError
from .nearest import did_you_mean
from .toml_file import Keys, TomlFile

DEMO = "demo"
"""Name of the upstream that answers locally; no other may take it."""
PROVIDERS = {"openai": "https://api.openai.com/v1"}
"""Known providers and where they are unless ``base_url`` says otherwise."""

_FIELDS = ("name", "provider", "base_url", "api_key", "models", "passthrough", "http", "proxy")
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Found:
    """The upstreams there are, and what is worth a second look about them."""

    specs: tuple[UpstreamSpec, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """One ``[[upstreams]]`` table being read."""

    file: TomlFile
    index: int
    values: Mapping[str, object]

    def place(self, name: str) -> str:
        here: Keys = ("upstreams", self.index)
        return f"{self.file.place((*here, name) if name in self.values else here)}: upstreams.{name}"

    def fail(self, name: str, message: str) -> SettingError:
        return SettingError(f"{self.place(name)}: {message}")

    def text(self, name: str, default: str | None = None) -> str:
        value = self.values.get(name, default)
        if value is None:
            raise self.fail(name, "missing")
        if not isinstance(value, str) or not value:
            raise self.fail(name, "expected a text")
        return value


def read_upstreams(file: TomlFile | None, environ: Mapping[str, str], own: Endpoint) -> Found:
    """Return all upstreams; `own` is where this appliance listens. Raises `SettingError`."""
    warnings: list[str] = []
    specs: dict[str, UpstreamSpec] = {}
    for table in _tables(file):
        spec = _read_table(table, environ, own, warnings)
        if spec.name in specs:
            raise table.fail("name", f"{spec.name} is the name of an earlier upstream too")
        specs[spec.name] = spec
    if "openai" not in specs:
        for spec in _from_openai_variables(environ, own, warnings):
            specs[spec.name] = spec
    return Found(tuple(specs.values()), tuple(warnings))


def _tables(file: TomlFile | None) -> Iterator[_Table]:
    listed = file.data.get("upstreams", []) if file else []
    if file is None:
        return
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise SettingError(
            f"{file.place(('upstreams',))}: upstreams: expected tables, each under [[upstreams]]"
        )
    for index, item in enumerate(listed):
        yield _Table(file, index, item)


def _read_table(
    table: _Table, environ: Mapping[str, str], own: Endpoint, warnings: list[str]
) -> UpstreamSpec:
    for name in table.values:
        if name not in _FIELDS:
            raise table.fail(name, f"no such key{did_you_mean(name.lower(), _FIELDS)}")
    provider = table.text("provider", "openai")
    if provider not in PROVIDERS:
        raise table.fail("provider", f"expected {' or '.join(PROVIDERS)}, not {provider!r}")
    return UpstreamSpec(
        name=_name(table),
        provider=provider,
        base_url=_base_url(table, PROVIDERS[provider], own, warnings),
        api_key=_api_key(table, environ, warnings),
        models=_models(table),
        passthrough=_passthrough(table),
        http=_http(table),
        proxy=_proxy(table),
    )


def _name(table: _Table) -> str:
    name = table.text("name")
    if _NAME.fullmatch(name) is None:
        raise table.fail("name", "expected lower-case letters, digits and inner hyphens, at most 63")
    if name == DEMO:
        raise table.fail("name", f"{DEMO} is the name of the built-in upstream")
    return name


def _models(table: _Table) -> tuple[str, ...]:
    models = table.values.get("models", ["*"])
    if not isinstance(models, list) or not models or not all(map(_is_pattern, models)):
        raise table.fail("models", 'expected a list of names, with a * at the end of some, like ["gpt-*"]')
    return tuple(models)


def _is_pattern(model: object) -> bool:
    return isinstance(model, str) and bool(model) and "*" not in model[:-1]


def _passthrough(table: _Table) -> bool:
    passthrough = table.values.get("passthrough", False)
    if not isinstance(passthrough, bool):
        raise table.fail("passthrough", "expected true or false")
    return passthrough


def _http(table: _Table) -> str:
    version = table.text("http", "1.1")
    if version not in ("1.1", "2"):
        raise table.fail("http", 'expected "1.1" or "2"')
    if version == "2" and table.text("base_url", "https:").startswith("http:"):
        raise table.fail("http", "HTTP/2 is spoken over https only")
    if version == "2" and find_spec("h2") is None:
        raise table.fail("http", "HTTP/2 needs the extra: pip install 'sluicegate[http2]'")
    return version


def _proxy(table: _Table) -> str | None:
    if "proxy" not in table.values:
        return None
    proxy = table.text("proxy")
    try:
        ConnectProxy.parse(proxy)
    except ValueError:
        raise table.fail("proxy", "expected http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT") from None
    return proxy


def _base_url(table: _Table, default: str, own: Endpoint, warnings: list[str]) -> str:
    try:
        url = read_base_url(table.text("base_url", default), own)
    except BadBaseUrl as error:
        raise table.fail("base_url", str(error)) from None
    if url.doubt:
        warnings.append(f"{table.place('base_url')}: {url.doubt}")
    return url.text


def _api_key(table: _Table, environ: Mapping[str, str], warnings: list[str]) -> str | None:
    if "api_key" not in table.values:
        return None
    stated = table.text("api_key")
    scheme, _, rest = stated.partition(":")
    readers: dict[str, Callable[[_Table, str], str]] = {
        "env": lambda table, name: _key_from_environment(table, name, environ),
        "file": _key_from_file,
    }
    if scheme in readers:
        key = readers[scheme](table, rest)
    else:
        key = stated
        if table.file.path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            warnings.append(
                f"{table.place('api_key')}: others on this machine can read this file; chmod 600 it"
            )
    if not fits_header(key):
        raise table.fail("api_key", "the key holds characters that no HTTP header may hold")
    return key


def _key_from_environment(table: _Table, name: str, environ: Mapping[str, str]) -> str:
    key = environ.get(name, "").strip()
    if not key:
        raise table.fail("api_key", f"the environment variable {name or '(no name)'} is not set")
    return key


def _key_from_file(table: _Table, name: str) -> str:
    path = Path(name)
    try:
        key = path.read_text().strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise table.fail("api_key", f"the file {name or '(no name)'} cannot be read: {reason}") from None
    if not key:
        raise table.fail("api_key", f"the file {name} is empty")
    return key


def _from_openai_variables(
    environ: Mapping[str, str], own: Endpoint, warnings: list[str]
) -> Iterator[UpstreamSpec]:
    """Yield the upstream ``openai`` when the variables its SDK reads are set.

    A shell prepared for using the gateway points ``OPENAI_BASE_URL`` at it; that is no upstream.
    """
    key, url = environ.get("OPENAI_API_KEY", "").strip(), environ.get("OPENAI_BASE_URL", "").strip()
    if not key and not url:
        return
    try:
        base_url = read_base_url(url or PROVIDERS["openai"], own)
    except PointsAtItself:
        warnings.append("OPENAI_BASE_URL points at this appliance itself; it and OPENAI_API_KEY are ignored")
        return
    except BadBaseUrl as error:
        raise SettingError(f"environment variable OPENAI_BASE_URL: {error}") from None
    if key and not fits_header(key):
        raise SettingError(
            "environment variable OPENAI_API_KEY: holds characters that no HTTP header may hold"
        )
    if base_url.doubt:
        warnings.append(f"environment variable OPENAI_BASE_URL: {base_url.doubt}")
    yield UpstreamSpec("openai", "openai", base_url.text, key or None, ("*",), passthrough=False)
