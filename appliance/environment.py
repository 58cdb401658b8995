"""Settings from environment variables: ``SLUICEGATE_`` and the setting's name in capitals.

A variable that is set to nothing counts as not set, as compose files write it.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import partial

from .errors import SettingError
from .nearest import did_you_mean
from .toml_file import Given

PREFIX = "SLUICEGATE_"

_SERVICE_LINK = re.compile(
    r"SLUICEGATE_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
"""Variables Kubernetes sets in every container beside a Service called ``sluicegate``."""


def read_environment(environ: Mapping[str, str], known: Collection[str]) -> dict[str, Given]:
    """Return what the environment sets. Raises `SettingError` for a name nobody knows."""
    found: dict[str, Given] = {}
    for variable, value in _ours(environ):
        name = variable.removeprefix(PREFIX).lower()
        if name not in known or variable != variable.upper():
            names = [PREFIX + item.upper() for item in known]
            raise SettingError(
                f"environment variable {variable}: no such setting{did_you_mean(variable.upper(), names)}"
            )
        found[name] = Given(value, partial(str, f"environment variable {variable}"))
    return found


def _ours(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for variable, value in sorted(environ.items()):
        if variable.upper().startswith(PREFIX) and value and not _is_service_link(variable, value):
            yield variable, value


def _is_service_link(variable: str, value: str) -> bool:
    return _SERVICE_LINK.fullmatch(variable) is not None or (
        variable.endswith("_PORT") and re.match(r"(tcp|udp|sctp)://", value) is not None
    )
