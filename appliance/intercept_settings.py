"""The ``[intercept]`` of the settings file: whether there is a transparent proxy, and how it behaves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

from ..gateway.intercepted.host_rules import HostRule, HostRules, inspected_names, rule_from, rules_of
from . import values
from .errors import SettingError
from .nearest import did_you_mean
from .toml_file import TomlFile

_MODE = re.compile(
    r"(?:regular|transparent|socks5|dns|(?:reverse|local|wireguard):[\x21-\x3f\x41-\x7e]+|local|wireguard)"
    r"(?:@(?:[A-Za-z0-9.:\[\]_-]+:)?[0-9]{1,5})?"
)


_CLIENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@-]{0,29}")
_ASK = ("regular", "socks5")
"""Modes whose clients can be asked for a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterceptSettings:
    """What the table says, or its defaults."""

    modes: tuple[str, ...] = ("regular",)
    host: str = "127.0.0.1"
    port: int = 8080
    application: str = "interception"
    unknown: Literal["tunnel", "look", "refuse"] = "tunnel"
    shadow: Literal["report", "inspect", "refuse"] = "report"
    fail: Literal["closed", "open"] = "closed"
    known_hosts: bool = True
    users: Path | None = None
    client_ca: Path | None = None
    clients: tuple[tuple[str, str], ...] = ()
    processes: bool = False
    hosts: tuple[HostRule, ...] = ()

    @property
    def rules(self) -> HostRules:
        """The rules in force: those of the table in front of those that ship."""
        return rules_of(self.hosts, unknown=self.unknown, known=self.known_hosts)


@dataclass(frozen=True, slots=True)
class InterceptKey:
    """One key of the table, as documents and the reader have it."""

    name: str
    kind: values.Kind[Any]
    help: str

    @property
    def default(self) -> object:
        """As the settings file would have it."""
        return InterceptSettings.__dataclass_fields__[self.name].default


def authority_names(settings: InterceptSettings) -> tuple[str, ...] | None:
    """Return whom the root may speak for; None for any host, where unknown ones are looked into."""
    return None if settings.unknown == "look" else tuple(inspected_names(settings.rules))


def _modes(value: object) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    good = (
        isinstance(listed, list) and listed and all(isinstance(m, str) and _MODE.fullmatch(m) for m in listed)
    )
    if not good or not isinstance(listed, list):
        raise ValueError(value)
    return tuple(listed)


def _clients(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise ValueError(value)
    for network, name in value.items():
        ip_network(network)
        if not isinstance(name, str) or not _CLIENT.fullmatch(name):
            raise ValueError(name)
    return tuple(value.items())


_NAME = values.text("a name of 1 to 100 characters", lambda value: 0 < len(value) <= 100)

KEYS: tuple[InterceptKey, ...] = (
    InterceptKey(
        "modes",
        values.Kind(
            "modes of mitmproxy: regular, transparent, socks5, dns, reverse:URL, local, wireguard", _modes
        ),
        "How clients reach the proxy; each may end in @PORT.",
    ),
    InterceptKey("host", values.HOST, "Address the proxy listens on."),
    InterceptKey("port", values.PORT, "Port of the modes that name none."),
    InterceptKey("application", _NAME, "Application that intercepted exchanges are judged and recorded for."),
    InterceptKey(
        "unknown",
        values.choice("tunnel", "look", "refuse"),
        "Hosts that no rule names: leave their TLS alone, look whether they speak to a model, or refuse.",
    ),
    InterceptKey(
        "shadow",
        values.choice("report", "inspect", "refuse"),
        "An unknown host that turns out to speak to a model: report it, judge it too, or refuse it.",
    ),
    InterceptKey(
        "fail",
        values.choice("closed", "open"),
        "When the proxy fails or the gateway is away: refuse, or send on unseen and count.",
    ),
    InterceptKey("known_hosts", values.BOOLEAN, "Inspect the hosts of all providers that are known."),
    InterceptKey(
        "users", values.PATH, "File in htpasswd's format: who may use the proxy, by name and password."
    ),
    InterceptKey(
        "client_ca", values.PATH, "PEM file of who vouches for client certificates, which name users."
    ),
    InterceptKey(
        "clients",
        values.Kind('a table of addresses or networks with names: "192.0.2.0/24" = "sales"', _clients),
        "Names of clients by where they come from.",
    ),
    InterceptKey(
        "processes", values.BOOLEAN, "Know programs of this machine by name and user, as Linux tells it."
    ),
)
"""Every key of the table but ``hosts``."""
_BY_NAME: Mapping[str, InterceptKey] = {key.name: key for key in KEYS}


def read_intercept(file: TomlFile | None) -> InterceptSettings | None:
    """Return what a settings file says; None where it has no such table. Raises `SettingError`."""
    found = file.data.get("intercept") if file is not None else None
    if file is None or found is None:
        return None
    if not isinstance(found, dict):
        raise SettingError(f"{file.place(('intercept',))}: intercept: expected a table, under [intercept]")
    read: dict[str, Any] = {}
    for name, value in found.items():
        if name == "hosts":
            read[name] = _hosts(file, value)
            continue
        key = _BY_NAME.get(name)
        if key is None:
            near = did_you_mean(name.lower(), (*_BY_NAME, "hosts"))
            raise _fault(file, name, f"no such key{near}")
        read[name] = _read(file, key, value)
    require_mitmproxy(f"{file.place(('intercept',))}: intercept")
    settings = InterceptSettings(**read)
    require_askable(
        settings, f"{file.place(('intercept', 'users'))}: intercept.users" if settings.users else ""
    )
    return settings


def require_askable(settings: InterceptSettings, where: str) -> None:
    """Raise `SettingError` where users are to be known whom a mode cannot ask for their password."""
    for mode in settings.modes if settings.users is not None else ():
        if mode.partition(":")[0].partition("@")[0] not in _ASK:
            raise SettingError(
                f"{where}: clients of the mode {mode} cannot be asked for a password: use client_ca, clients"
                " or processes, or leave the mode out"
            )


def require_mitmproxy(where: str) -> None:
    """Raise `SettingError` where the transparent proxy is asked for and mitmproxy is not installed."""
    if find_spec("mitmproxy") is None:
        raise SettingError(f"{where}: needs the extra: pip install 'sluicegate[transparent]'")


def _read(file: TomlFile, key: InterceptKey, value: object) -> object:
    try:
        return key.kind.read(value)
    except ValueError:
        raise _fault(file, key.name, f"expected {key.kind.name}, not {value!r}") from None


def _hosts(file: TomlFile, listed: object) -> tuple[HostRule, ...]:
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise _fault(file, "hosts", "expected tables, each under [[intercept.hosts]]")
    rules = []
    for index, item in enumerate(listed):
        try:
            rules.append(rule_from(item))
        except ValueError as error:
            place = file.place(("intercept", "hosts", index))
            raise SettingError(f"{place}: intercept.hosts: {error}") from None
    return tuple(rules)


def _fault(file: TomlFile, name: str, what: str) -> SettingError:
    return SettingError(f"{file.place(('intercept', name))}: intercept.{name}: {what}")
