"""Every setting of the appliance: one table feeds validation, the command line and the documents.

Settings come from ``sluicegate.toml``, then the environment, then the command line; the later
wins. An unknown key or a bad value refuses to start and names the key, the file and the line.
pydantic-settings knows neither the line nor the nearest name, which is why this is our own.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

from ..gateway.upstream_spec import UpstreamSpec
from ..middleware.identity import is_loopback
from ..middleware.limits import Limits, Rate
from . import values
from .embeddings_settings import EmbeddingsSettings
from .environment import PREFIX, read_environment
from .errors import SettingError
from .guard_settings import GuardSettings
from .intercept_settings import InterceptSettings, read_intercept
from .model_settings import read_models
from .nearest import did_you_mean
from .policy_settings import Assigned, read_assigned
from .toml_file import Given, TomlFile, read_toml
from .upstreams import Found, read_upstreams
from .values import RateLimit

DEFAULT_FILE = Path("sluicegate.toml")

type Service = Literal["admin", "detection", "proxy", "auth"]

SERVICE_RATES: Mapping[str, Rate] = {
    "detection": Rate(100, 60.0),
    "proxy": Rate(600, 60.0),
    "admin": Rate(120, 60.0),
    "auth": Rate(30, 60.0),
}
"""Rate limits of the sides where no setting says otherwise."""
_LIMITS = Limits()
_MOST_WORKERS = 64


@dataclass(frozen=True, slots=True)
class _Row:
    """What the table says of a setting beside its name and default."""

    kind: values.Kind[Any]
    help: str
    secret: bool = False


def _rate(side: str) -> _Row:
    return _Row(
        values.RATE, f"Calls of one caller on {side}; when not given rate_limit counts, then the default."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings in force. Secrets are left out of ``repr``."""

    data_dir: Annotated[Path, _Row(values.PATH, "Folder of the database and the secrets.")] = Path("var")
    host: Annotated[str, _Row(values.HOST, "Address the three ports listen on.")] = "127.0.0.1"
    workers: Annotated[int, _Row(values.integer(1, _MOST_WORKERS), "Processes that serve; one a core.")] = 1
    admin_port: Annotated[int, _Row(values.PORT, "Port of the web admin.")] = 5000
    detection_port: Annotated[int, _Row(values.PORT, "Port of the detection API.")] = 5001
    proxy_port: Annotated[int, _Row(values.PORT, "Port of the gateway that SDKs talk to.")] = 5002
    database_url: Annotated[
        str | None,
        _Row(values.DATABASE_URL, "The database; when not given a SQLite file in data_dir.", secret=True),
    ] = field(default=None, repr=False)
    admin_email: Annotated[str, _Row(values.EMAIL, "Sign-in name of the first administrator.")] = (
        "admin@localhost"
    )
    admin_password: Annotated[
        str | None,
        _Row(values.PASSWORD, "Password of the first administrator; made up when not given.", secret=True),
    ] = field(default=None, repr=False)
    api_key: Annotated[
        str | None, _Row(values.KEY, "The first application key; made up when not given.", secret=True)
    ] = field(default=None, repr=False)
    policy: Annotated[
        str, _Row(values.POLICY, "The policy of every application that has none of its own.")
    ] = "balanced"
    packs_key: Annotated[
        str | None,
        _Row(
            values.PUBLIC_KEY,
            "Whose packs of rules are taken, see `sluicegate pack key`; else nobody's.",
        ),
    ] = None
    block_style: Annotated[
        Literal["refusal", "error"],
        _Row(values.choice("refusal", "error"), "A block answers as a model that declines, or as HTTP 400."),
    ] = "refusal"
    show_categories: Annotated[bool, _Row(values.BOOLEAN, "Tell callers which categories were found.")] = (
        False
    )
    restore: Annotated[bool, _Row(values.BOOLEAN, "Put masked values of a prompt back into its answer.")] = (
        True
    )
    public_url: Annotated[
        str | None,
        _Row(
            values.URL, "Where people reach the gateway, for links in refusals; host and port if not given."
        ),
    ] = None
    auth: Annotated[
        Literal["keys", "open"],
        _Row(
            values.choice("keys", "open"),
            "keys wants a key on every call; open none, on a loopback host only.",
        ),
    ] = "keys"
    api_restore_mapping: Annotated[
        bool, _Row(values.BOOLEAN, "The detection API tells callers the values behind placeholders.")
    ] = False
    api_application_header: Annotated[
        bool,
        _Row(values.BOOLEAN, "X-OG-Application-ID lets a key speak for an application of its tenant."),
    ] = False
    api_bypass: Annotated[
        bool, _Row(values.BOOLEAN, "Take bypass tokens on the detection API: one call each, on the record.")
    ] = False
    admin_https: Annotated[
        bool, _Row(values.BOOLEAN, "Browsers reach the web admin over HTTPS, through a proxy that ends it.")
    ] = False
    rate_limit: Annotated[
        RateLimit | None, _Row(values.RATE, "Calls of one caller on every side that has no limit of its own.")
    ] = None
    detection_rate_limit: Annotated[RateLimit | None, _rate("the detection API")] = None
    proxy_rate_limit: Annotated[RateLimit | None, _rate("the gateway")] = None
    admin_rate_limit: Annotated[RateLimit | None, _rate("the web admin")] = None
    auth_rate_limit: Annotated[RateLimit | None, _rate("sign-in")] = None
    max_body_bytes: Annotated[int, _Row(values.SIZE, "Largest request body.")] = _LIMITS.request_bytes
    max_upload_bytes: Annotated[
        int, _Row(values.SIZE, "Largest form that brings a file along; it is not held in memory.")
    ] = _LIMITS.upload_bytes
    max_answer_bytes: Annotated[int, _Row(values.SIZE, "Largest answer of an upstream.")] = (
        _LIMITS.answer_bytes
    )
    drain_seconds: Annotated[
        float, _Row(values.number(0, 3600), "How long a stop waits for running exchanges.")
    ] = 30.0
    realtime_dial_seconds: Annotated[
        float,
        _Row(values.number(1, 600), "How long an upstream may take to agree to a realtime connection."),
    ] = _LIMITS.socket_dial_seconds
    realtime_first_seconds: Annotated[
        float,
        _Row(values.number(1, 600), "How long a realtime client may take to name its model in a message."),
    ] = _LIMITS.socket_first_seconds
    realtime_idle_seconds: Annotated[
        float,
        _Row(values.number(5, 86400), "How long nobody may say anything on a realtime connection."),
    ] = _LIMITS.socket_idle_seconds
    realtime_seconds: Annotated[
        float, _Row(values.number(5, 604800), "How long a realtime connection may last.")
    ] = _LIMITS.socket_seconds
    audit_overflow: Annotated[
        Literal["refuse", "count"],
        _Row(
            values.choice("refuse", "count"),
            "When the record can be neither written nor queued: refuse exchanges, or count what is lost.",
        ),
    ] = "refuse"
    audit_spool_bytes: Annotated[
        int, _Row(values.SIZE, "Most that waits on the disk for the database; 12 MiB a worker are the least.")
    ] = 1024**3
    audit_fsync_seconds: Annotated[
        float,
        _Row(values.number(0, 3600), "What of the record a power failure may cost; 0 leaves it to the disk."),
    ] = 1.0
    linear: Annotated[
        Literal["auto", "on", "off"],
        _Row(
            values.choice("auto", "on", "off"),
            "The linear model beside the patterns: auto runs it where a policy asks for it.",
        ),
    ] = "auto"
    transformer: Annotated[
        Literal["auto", "on", "off"],
        _Row(
            values.choice("auto", "on", "off"),
            "The small transformer, in a process of its own: auto runs it where a policy asks for it.",
        ),
    ] = "auto"
    transformer_threads: Annotated[
        int, _Row(values.integer(1, _MOST_WORKERS), "Threads that the small transformer computes with.")
    ] = 1
    transformer_share: Annotated[
        int,
        _Row(
            values.integer(0, 100 * _MOST_WORKERS),
            "Processor time for texts that are merely in doubt, in percent of one core.",
        ),
    ] = 25
    demo: Annotated[bool, _Row(values.BOOLEAN, "Add the built-in demo upstream beside the others.")] = False
    log_level: Annotated[
        str, _Row(values.choice("debug", "info", "warning", "error"), "Least severity that is logged.")
    ] = "info"
    log_format: Annotated[
        str, _Row(values.choice("auto", "json", "line"), "auto is line on a terminal and json elsewhere.")
    ] = "auto"
    upstreams: tuple[UpstreamSpec, ...] = ()
    """From ``[[upstreams]]`` and the providers' usual variables."""
    assigned: Assigned = field(default_factory=Assigned)
    """From ``[policies]``: who has which policy."""
    intercept: InterceptSettings | None = None
    """From ``[intercept]``: the transparent proxy; None where there is none."""
    guard: GuardSettings | None = None
    """From ``[models.guard]``: an LLM guard; None where there is none."""
    vision: GuardSettings | None = None
    """From ``[models.vision]``: a guard that looks at pictures; None where there is none."""
    embeddings: EmbeddingsSettings | None = None
    """From ``[models.embeddings]``: who makes vectors of texts; None where nobody does."""
    warnings: tuple[str, ...] = ()
    """What is allowed but worth a second look, one line each."""

    def rate(self, service: Service) -> Rate | None:
        """Return the rate limit of one side: its own, else the general one, else its default."""
        own: RateLimit | None = getattr(self, f"{service}_rate_limit")
        chosen = own or self.rate_limit or SERVICE_RATES[service]
        return None if chosen == "off" else chosen


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table, as documents and the command line read it."""

    name: str
    kind: values.Kind[Any]
    default: object
    """As the settings file would have it; None when there is none."""
    help: str
    secret: bool

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return PREFIX + self.name.upper()

    def read(self, given: Given) -> object:
        """Return the value. Raises `SettingError` naming place and key; a secret is not shown."""
        try:
            return self.kind.read(given.value)
        except ValueError:
            shown = "" if self.secret else f", not {given.value!r}"
            raise SettingError(f"{given.place()}: {self.name}: expected {self.kind.name}{shown}") from None


def _table() -> Iterator[Setting]:
    hints = get_type_hints(Settings, include_extras=True)
    for item in fields(Settings):
        row = next(iter(getattr(hints[item.name], "__metadata__", ())), None)
        if row is not None:
            yield Setting(item.name, row.kind, _default(item.name, item.default), row.help, row.secret)


def _default(name: str, value: object) -> object:
    if name.endswith("_rate_limit"):
        return values.spell_rate(SERVICE_RATES[name.removesuffix("_rate_limit")])
    if name.endswith("_bytes") and isinstance(value, int):
        return values.spell_size(value)
    return str(value) if isinstance(value, Path) else value


SETTINGS: tuple[Setting, ...] = tuple(_table())
"""Every setting outside of tables, in the order of the documents."""
_BY_NAME = {setting.name: setting for setting in SETTINGS}


def load(
    config: Path | None = None,
    options: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Read all sources. Raises `SettingError` for the first thing that is wrong.

    `config` is the settings file; None takes ``./sluicegate.toml`` if it is there. `options` are
    values from the command line by setting name; those that are None were not given.
    """
    environ = os.environ if environ is None else environ
    file = _find_file(config)
    given = _from_file(file) | read_environment(environ, _BY_NAME) | _from_options(options or {})
    read: dict[str, Any] = {name: _BY_NAME[name].read(item) for name, item in given.items()}
    settings = Settings(**read)
    _check_together(settings, given)
    own, unseal = (settings.host, settings.proxy_port), partial(_unseal, settings.data_dir)
    found = read_upstreams(file, environ, own, unseal)
    warnings = _warnings(settings, found)
    models = read_models(file, environ, own, unseal, warnings)
    return replace(
        settings,
        upstreams=found.specs,
        assigned=read_assigned(file),
        intercept=read_intercept(file),
        guard=models.guard,
        vision=models.vision,
        embeddings=models.embeddings,
        warnings=tuple(warnings),
    )


def _unseal(data_dir: Path, sealed: str) -> str | None:
    # most settings hold nothing sealed, and need no cryptography to be read
    from .credential_seal import unseal  # noqa: PLC0415
    from .secrets import FILE, load_secrets  # noqa: PLC0415

    return unseal(load_secrets(data_dir).credential_key, sealed) if (data_dir / FILE).exists() else None


def _find_file(config: Path | None) -> TomlFile | None:
    if config is not None:
        return read_toml(config)
    try:
        found = DEFAULT_FILE.exists()
    except OSError as error:
        raise SettingError(
            f"cannot look for {DEFAULT_FILE} in the working directory: {error.strerror}"
        ) from None
    return read_toml(DEFAULT_FILE) if found else None


def _from_file(file: TomlFile | None) -> dict[str, Given]:
    if file is None:
        return {}
    known = {*_BY_NAME, "upstreams", "policies", "intercept", "models"}
    for name in file.data:
        if name not in known:
            raise SettingError(
                f"{file.place((name,))}: {name}: no such setting{did_you_mean(name.lower(), known)}"
            )
    return {name: file.given((name,), value) for name, value in file.data.items() if name in _BY_NAME}


def _from_options(options: Mapping[str, object]) -> dict[str, Given]:
    return {
        name: Given(value, partial(str, f"option --{name.replace('_', '-')}"))
        for name, value in options.items()
        if value is not None
    }


def _check_together(settings: Settings, given: Mapping[str, Given]) -> None:
    if settings.auth == "open" and not is_loopback(settings.host):
        place = given["auth"].place()
        raise SettingError(f"{place}: auth: open needs a loopback host, and host is {settings.host}")
    ports: dict[int, str] = {0: ""}
    for name in ("admin_port", "detection_port", "proxy_port"):
        port: int = getattr(settings, name)
        other = ports.setdefault(port, name)
        if port and other != name:
            place = (given.get(name) or given[other]).place()
            raise SettingError(f"{place}: {name}: {port} is also the {other}")


def _warnings(settings: Settings, found: Found) -> list[str]:
    warnings = list(found.warnings)
    if settings.auth == "open":
        warnings.append("auth is open: every program on this machine may use the gateway without a key.")
    return warnings
