"""Hosts that speak a provider's format: what is known of each, so that a name and a key are enough."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_FILE = "hosts.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One host.

    Attributes:
        title: how it calls itself.
        base_url: what its documentation tells a user of the provider's SDK.
        provider: whose format it speaks; says where its credential stands, too.
        key_variable: environment variable that usually holds the key; empty where none is needed.
        private: it runs on premise.
    """

    title: str
    base_url: str
    provider: str = "openai"
    key_variable: str = ""
    private: bool = False


@cache
def hosts() -> Mapping[str, Host]:
    """Return the known hosts by the name that stands in an upstream's ``provider``."""
    text = files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
    return {name: Host(**values) for name, values in tomllib.loads(text).items()}
