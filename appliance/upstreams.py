"""The ``[[upstreams]]`` of the settings file and the providers' usual environment variables."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from ..gateway.model_names import is_pattern
from ..gateway.translate.pairs import is_translatable
from ..gateway.upstream.connect_proxy import ConnectProxy
from ..gateway.upstream.sigv4 import AwsCredentials, SigV4
from ..gateway.upstream_spec import UpstreamSpec
from ..middleware.providers.hosts import Host, hosts
from ..middleware.providers.provider import PROVIDERS
from .base_url import BadBaseUrl, Endpoint, fits_header, read_base_url
from .errors import SettingError
from .given_table import GivenTable, Unseal
from .nearest import did_you_mean
from .toml_file import TomlFile
from .upstream_variables import from_variables

DEMO = "demo"
"""Name of the upstream that answers locally; no other may take it."""

FIELDS = (
    "name", "provider", "base_url", "api_key", "models", "aliases", "priority", "weight", "fallback",
    "connections", "private", "passthrough", "translate", "http", "proxy", "region", "access_key",
    "secret_key", "session_token",
)  # fmt: skip
"""Keys of a table."""
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_AWS = ("region", "access_key", "secret_key", "session_token")


@dataclass(frozen=True, slots=True)
class Found:
    """The upstreams there are, and what is worth a second look about them."""

    specs: tuple[UpstreamSpec, ...]
    warnings: tuple[str, ...]


def read_upstreams(
    file: TomlFile | None, environ: Mapping[str, str], own: Endpoint, unseal: Unseal = lambda _: None
) -> Found:
    """Return all upstreams; `own` is where this appliance listens. Raises `SettingError`."""
    warnings: list[str] = []
    specs: dict[str, UpstreamSpec] = {}
    tables = {}
    for table in _tables(file, environ, unseal, warnings):
        spec = _read_table(table, own)
        if spec.name in specs:
            raise table.fail("name", f"{spec.name} is the name of an earlier upstream too")
        specs[spec.name], tables[spec.name] = spec, table
    for spec in from_variables(environ, own, specs.keys(), warnings):
        specs[spec.name] = spec
    for name, table in tables.items():
        _check_fallback(table, specs[name], specs)
    return Found(tuple(specs.values()), tuple(warnings))


def _check_fallback(table: GivenTable, spec: UpstreamSpec, specs: Mapping[str, UpstreamSpec]) -> None:
    for other in spec.fallback:
        if other not in specs or other == spec.name:
            raise table.fail("fallback", f"no other upstream is called {other}{did_you_mean(other, specs)}")


def _tables(
    file: TomlFile | None, environ: Mapping[str, str], unseal: Unseal, warnings: list[str]
) -> Iterator[GivenTable]:
    listed = file.data.get("upstreams", []) if file else []
    if file is None:
        return
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise SettingError(
            f"{file.place(('upstreams',))}: upstreams: expected tables, each under [[upstreams]]"
        )
    for index, item in enumerate(listed):
        yield GivenTable(file, ("upstreams", index), item, environ, unseal, warnings)


def _read_table(table: GivenTable, own: Endpoint) -> UpstreamSpec:
    for name in table.values:
        if name not in FIELDS:
            raise table.fail(name, f"no such key{did_you_mean(name.lower(), FIELDS)}")
    name, host = _name(table), _host(table)
    base_url = _base_url(table, host, own)
    spec = UpstreamSpec(
        name=name,
        provider=host.provider,
        base_url=base_url,
        api_key=_api_key(table, host),
        models=_models(table),
        passthrough=table.flag("passthrough"),
        http=_http(table),
        proxy=_proxy(table),
        aliases=_aliases(table),
        priority=table.number("priority", 0, -1000, 1000),
        weight=table.number("weight", 0, 0, 1000),
        fallback=_names(table, "fallback"),
        connections=table.number("connections", 200, 1, 10_000),
        private=table.flag("private", default=host.private),
        translate=table.flag("translate"),
        signer=_signer(table, host, base_url),
    )
    if spec.translate and not is_translatable(spec.provider):
        raise table.fail("translate", f"nothing is translated into the format of {spec.provider}")
    if spec.passthrough and spec.signer is not None:
        raise table.fail("passthrough", "a client's signature is not for this upstream: it cannot be passed")
    return spec


def _name(table: GivenTable) -> str:
    name = table.text("name")
    if _NAME.fullmatch(name) is None:
        raise table.fail("name", "expected lower-case letters, digits and inner hyphens, at most 63")
    if name == DEMO:
        raise table.fail("name", f"{DEMO} is the name of the built-in upstream")
    return name


def _host(table: GivenTable) -> Host:
    """Return what is known of the provider, or of a host that speaks the format of one."""
    name = table.text("provider", "openai")
    if name in PROVIDERS:
        return Host(title=name, base_url=PROVIDERS[name].base_url, provider=name)
    known = hosts()
    if name not in known:
        names = sorted((*PROVIDERS, *known))
        raise table.fail("provider", f"expected {', '.join(names)}, not {name!r}{did_you_mean(name, names)}")
    return known[name]


def _models(table: GivenTable) -> tuple[str, ...]:
    models = table.values.get("models", ["*"])
    if not isinstance(models, list) or not models or not all(map(_is_model, models)):
        raise table.fail("models", 'expected a list of names and patterns, like ["gpt-*", "*-mini"]')
    return tuple(models)


def _is_model(model: object) -> bool:
    return isinstance(model, str) and is_pattern(model)


def _aliases(table: GivenTable) -> tuple[tuple[str, str], ...]:
    aliases = table.values.get("aliases", {})
    good = isinstance(aliases, dict) and all(
        is_pattern(pattern) and isinstance(name, str) and name for pattern, name in aliases.items()
    )
    if not good or not isinstance(aliases, dict):
        raise table.fail("aliases", 'expected names and what they stand for, like { fast = "gpt-5-mini" }')
    return tuple(aliases.items())


def _names(table: GivenTable, name: str) -> tuple[str, ...]:
    listed = table.values.get(name, [])
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise table.fail(name, "expected a list of names of upstreams")
    return tuple(listed)


def _http(table: GivenTable) -> str:
    version = table.text("http", "1.1")
    if version not in ("1.1", "2"):
        raise table.fail("http", 'expected "1.1" or "2"')
    if version == "2" and table.text("base_url", "https:").startswith("http:"):
        raise table.fail("http", "HTTP/2 is spoken over https only")
    if version == "2" and find_spec("h2") is None:
        raise table.fail("http", "HTTP/2 needs the extra: pip install 'sluicegate[http2]'")
    return version


def _proxy(table: GivenTable) -> str | None:
    if "proxy" not in table.values:
        return None
    proxy = table.text("proxy")
    try:
        ConnectProxy.parse(proxy)
    except ValueError:
        raise table.fail("proxy", "expected http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT") from None
    return proxy


def _base_url(table: GivenTable, host: Host, own: Endpoint) -> str:
    default = host.base_url or None
    if host.provider == "bedrock" and "region" in table.values:
        default = f"https://bedrock-runtime.{table.text('region')}.amazonaws.com"
    try:
        url = read_base_url(table.text("base_url", default), own)
    except BadBaseUrl as error:
        raise table.fail("base_url", str(error)) from None
    if url.doubt:
        table.warnings.append(f"{table.place('base_url')}: {url.doubt}")
    return url.text


def _api_key(table: GivenTable, host: Host) -> str | None:
    """Return the credential; that of a host stands in its usual variable unless the table says otherwise."""
    if "api_key" not in table.values and host.key_variable and "base_url" not in table.values:
        key = table.environ.get(host.key_variable, "").strip()
        if key and not fits_header(key):
            raise table.fail("api_key", f"{host.key_variable} holds characters that no HTTP header may hold")
        return key or None
    return table.secret("api_key")


def _signer(table: GivenTable, host: Host, base_url: str) -> SigV4 | None:
    """Return what signs requests to AWS, where there is a pair of keys for that."""
    stated = [name for name in _AWS if name in table.values]
    if stated and host.provider != "bedrock":
        raise table.fail(stated[0], "only an upstream of the provider bedrock has that")
    if not stated or stated == ["region"]:
        return None
    if "api_key" in table.values:
        raise table.fail("api_key", "requests are sent with a key or signed, not both")
    access, secret = table.secret("access_key"), table.secret("secret_key")
    for name, value in (("access_key", access), ("secret_key", secret)):
        if value is None:
            raise table.fail(name, "missing")
    try:
        credentials = AwsCredentials(
            access or "", secret or "", table.text("region"), table.secret("session_token")
        )
    except ValueError as error:
        raise table.fail("access_key", str(error)) from None
    return SigV4(credentials, base_url)
