"""The ``[policies]`` of the settings file: where policy files are, and who has which policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..gateway.router import INSPECTED
from .errors import SettingError
from .nearest import did_you_mean
from .toml_file import Given, TomlFile

FOLDER = "policies"
"""Folder of policy files, in the data directory, unless the settings name another."""

_TABLES = ("tenants", "applications", "routes")
_KEYS = ("folder", *_TABLES)
_NONE: Mapping[str, Given] = {}


@dataclass(frozen=True, slots=True)
class Assigned:
    """Names of policies by whom they are for: tenant ids, names of applications, routes.

    A route is a path template, with the name of an application and a space before it where it is for
    that one alone. `folder` is relative to the data directory.
    """

    folder: Given | None = None
    tenants: Mapping[str, Given] = field(default_factory=dict)
    applications: Mapping[str, Given] = field(default_factory=dict)
    routes: Mapping[str, Given] = field(default_factory=dict)


def read_assigned(file: TomlFile | None) -> Assigned:
    """Return what a settings file says of policies. Raises `SettingError` naming the place."""
    found = file.data.get("policies") if file is not None else None
    if file is None or found is None:
        return Assigned()
    if not isinstance(found, dict):
        raise SettingError(f"{file.place(('policies',))}: policies: expected a table, under [policies]")
    for key in found:
        if key not in _KEYS:
            near = did_you_mean(key.lower(), _KEYS)
            raise SettingError(f"{file.place(('policies', key))}: policies.{key}: no such key{near}")
    tables = {name: _table(file, found, name) for name in _TABLES}
    if tables["routes"]:
        _check_routes(tables["routes"])
    return Assigned(_folder(file, found), **tables)


def _check_routes(routes: Mapping[str, Given]) -> None:
    from ..gateway.detection_api.catalogue import TABLE  # noqa: PLC0415 - most settings name no route

    known = {*INSPECTED, *(operation.path for operation in TABLE.operations)}
    for route, given in routes.items():
        path = route.rpartition(" ")[2]
        if path not in known:
            near = did_you_mean(path, known)
            raise SettingError(f"{given.place()}: policies.routes: no inspected route is {path}{near}")


def _folder(file: TomlFile, found: Mapping[str, object]) -> Given | None:
    if "folder" not in found:
        return None
    given = file.given(("policies", "folder"), found["folder"])
    if not isinstance(given.value, str) or not given.value or "\0" in given.value:
        raise SettingError(f"{given.place()}: policies.folder: expected a path")
    return given


def _table(file: TomlFile, found: Mapping[str, object], name: str) -> Mapping[str, Given]:
    table = found.get(name, _NONE)
    place = file.place
    if not isinstance(table, dict):
        raise SettingError(
            f"{place(('policies', name))}: policies.{name}: expected a table of names of policies"
        )
    given = {key: file.given(("policies", name, key), value) for key, value in table.items()}
    for key, item in given.items():
        if not isinstance(item.value, str) or not item.value:
            raise SettingError(f"{item.place()}: policies.{name}.{key}: expected the name of a policy")
    return given
