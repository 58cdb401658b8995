"""Which hosts are looked into, which are left alone, which are refused. Pure.

Rules are asked before TLS is broken: by the name a client asks for, which is all that is known then.
"""

import ipaddress
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal
from urllib.parse import urlsplit

from ...middleware.providers.hosts import hosts
from ...middleware.providers.provider import PROVIDERS

type Action = Literal["inspect", "tunnel", "look", "refuse"]
"""``look`` is for hosts nobody knows: into their requests, to see whether they speak to a model."""

MAGIC_HOST = "sluicegate.proxy"
"""Where the proxy itself answers those who go through it: how to trust its certificates."""

_FILE = "known_hosts.toml"
_MOST_KNOWN = 4096
"""Hosts whose rule is remembered; clients ask for any number."""
_PATTERN = re.compile(r"[a-z0-9*](?:[a-z0-9*.-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRule:
    """What becomes of the hosts that fit a pattern.

    Attributes:
        pattern: a name; ``*`` stands for one or more characters. An IP address stands for itself.
        action: what is done with them.
        provider: whose format they speak, a key of `PROVIDERS`.
        base: path of the base URL that an SDK would be given.
        private: they may stand in a private network or on this machine.
    """

    pattern: str
    action: Action
    provider: str = "openai"
    base: str = ""
    private: bool = False

    def __post_init__(self) -> None:
        if not _is_pattern(self.pattern):
            raise ValueError(f"{self.pattern!r} is no host name, pattern of names or address")
        if self.provider not in PROVIDERS:
            raise ValueError(f"provider {self.provider!r} is not known")
        if self.base and not re.fullmatch(r"(?:/[A-Za-z0-9_.\-]+)+", self.base):
            raise ValueError(f"{self.base!r} is no path")


class HostRules:
    """Finds the rule of a host: an exact name before a pattern, a long pattern before a short one.

    Of equals the earlier rule counts. A host without a rule gets that of `unknown`.
    """

    def __init__(self, rules: Iterable[HostRule], unknown: Action = "tunnel") -> None:
        self.rules: Sequence[HostRule] = tuple(rules)
        self.unknown = HostRule(pattern="unknown", action=unknown)
        self._exact: dict[str, HostRule] = {}
        self._known: dict[str, HostRule] = {}
        patterns: list[tuple[re.Pattern[str], HostRule]] = []
        for rule in self.rules:
            if "*" in rule.pattern:
                patterns.append((_compiled(rule.pattern), rule))
            else:
                self._exact.setdefault(rule.pattern, rule)
        patterns.sort(key=lambda pair: -len(pair[1].pattern))
        self._patterns = tuple(patterns)

    def find(self, host: str) -> HostRule:
        """Return the rule of a host name or an address, however it is spelt."""
        host = plain(host)
        known = self._known.get(host)
        if known is None:
            known = self._exact.get(host) or self._fitting(host)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[host] = known
        return known

    def _fitting(self, host: str) -> HostRule:
        return next((rule for pattern, rule in self._patterns if pattern.fullmatch(host)), self.unknown)


@lru_cache(4096)
def plain(host: str) -> str:
    """Return a host as rules are written: lower case, no dot at the end, addresses in their short form."""
    host = host.lower().rstrip(".").strip("[]")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host


@cache
def known_hosts() -> tuple[HostRule, ...]:
    """Return the rules that ship: hosts of all providers there is something known of."""
    text = files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
    listed = tomllib.loads(text)["hosts"]
    rules = [HostRule(pattern=pattern, action="inspect", **values) for pattern, values in listed.items()]
    urls = {provider.base_url: name for name, provider in PROVIDERS.items() if provider.base_url}
    urls |= {host.base_url: host.provider for host in hosts().values() if not host.private}
    rules += [_rule_of(url, provider) for url, provider in urls.items() if url.startswith("https:")]
    return tuple(rules)


def rules_of(own: Iterable[HostRule], *, unknown: Action = "tunnel", known: bool = True) -> HostRules:
    """Return an operator's rules in front of those that ship."""
    return HostRules((*own, *(known_hosts() if known else ())), unknown)


def inspected_names(rules: HostRules) -> Sequence[str]:
    """Return the patterns of the hosts that are looked into, each once."""
    return tuple(dict.fromkeys(rule.pattern for rule in rules.rules if rule.action == "inspect"))


def rule_from(table: Mapping[str, object]) -> HostRule:
    """Return the rule that a table of a settings file states. Raises `ValueError`."""
    values = {("pattern" if key == "host" else key): value for key, value in table.items()}
    wanted = {"pattern": str, "action": str, "provider": str, "base": str, "private": bool}
    for key, value in values.items():
        if key not in wanted or not isinstance(value, wanted[key]):
            raise ValueError("a rule has host and action, and may have provider, base and private")
    if values.get("action") not in ("inspect", "tunnel", "refuse") or "pattern" not in values:
        raise ValueError("a rule has a host, and its action is inspect, tunnel or refuse")
    return HostRule(**values)  # type: ignore[arg-type] # every value was looked at above


def _rule_of(url: str, provider: str) -> HostRule:
    parts = urlsplit(url)
    return HostRule(pattern=parts.hostname or "", action="inspect", provider=provider, base=parts.path)


def _is_pattern(pattern: str) -> bool:
    if _PATTERN.fullmatch(pattern):
        return True
    try:
        return str(ipaddress.ip_address(pattern)) == pattern
    except ValueError:
        return False


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("[a-z0-9.-]+".join(map(re.escape, pattern.split("*"))))
