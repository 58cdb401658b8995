"""The ``[models]`` of the settings file: who is asked beside the models that ship, a table each."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from .base_url import Endpoint
from .embeddings_settings import EmbeddingsSettings, read_embeddings
from .errors import SettingError
from .given_table import GivenTable, Unseal
from .guard_settings import GuardSettings, read_guard, read_vision
from .nearest import did_you_mean
from .toml_file import TomlFile


class ModelsSettings(NamedTuple):
    """What a settings file says; None for a table that it does not have."""

    guard: GuardSettings | None = None
    vision: GuardSettings | None = None
    embeddings: EmbeddingsSettings | None = None


type _Read[Read] = Callable[[GivenTable, Endpoint], Read]


def read_models(
    file: TomlFile | None, environ: Mapping[str, str], own: Endpoint, unseal: Unseal, warnings: list[str]
) -> ModelsSettings:
    """Return what a settings file says. Raises `SettingError`."""
    found = file.data.get("models") if file is not None else None
    if file is None or found is None:
        return ModelsSettings()
    if not isinstance(found, dict):
        raise SettingError(f"{file.place(('models',))}: models: expected tables, like [models.guard]")
    given: dict[str, GivenTable] = {}
    for name, values in found.items():
        place = file.place(("models", name))
        if name not in ModelsSettings._fields:
            near = did_you_mean(name.lower(), ModelsSettings._fields)
            raise SettingError(f"{place}: models.{name}: no such table{near}")
        if not isinstance(values, dict):
            raise SettingError(f"{place}: models.{name}: expected a table, under [models.{name}]")
        given[name] = GivenTable(file, ("models", name), values, environ, unseal, warnings)

    def read[Read](name: str, reader: _Read[Read]) -> Read | None:
        return reader(given[name], own) if name in given else None

    return ModelsSettings(
        read("guard", read_guard), read("vision", read_vision), read("embeddings", read_embeddings)
    )
