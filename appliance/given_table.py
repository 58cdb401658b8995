"""A table of the settings file being read: each value checked where it stands."""

import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .base_url import fits_header
from .errors import SettingError
from .toml_file import Keys, TomlFile

type Unseal = Callable[[str], str | None]
"""Decrypts a sealed credential; None where it does not open."""


@dataclass(frozen=True, slots=True)
class GivenTable:
    """The values of one table. What is wrong with one raises `SettingError` with file, line and key.

    `keys` say where it stands in the file. `warnings` collects what is worth a second look.
    """

    file: TomlFile
    keys: Keys
    values: Mapping[str, object]
    environ: Mapping[str, str] = field(repr=False)
    unseal: Unseal = field(repr=False)
    warnings: list[str]

    def place(self, name: str) -> str:
        """Say where a value stands, or the table where it is missing."""
        shown = ".".join([*(key for key in self.keys if isinstance(key, str)), name])
        return f"{self.file.place((*self.keys, name) if name in self.values else self.keys)}: {shown}"

    def fail(self, name: str, message: str) -> SettingError:
        """Return the error for a value."""
        return SettingError(f"{self.place(name)}: {message}")

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text that is not empty."""
        value = self.values.get(name, default)
        if value is None:
            raise self.fail(name, "missing")
        if not isinstance(value, str) or not value:
            raise self.fail(name, "expected a text")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return true or false."""
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise self.fail(name, "expected true or false")
        return value

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        value = self.values.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.fail(name, f"expected a whole number from {least} to {most}")
        return value

    def secret(self, name: str) -> str | None:
        """Return a credential: stated, sealed, from a variable or from a file; None where none is named."""
        if name not in self.values:
            return None
        stated = self.text(name)
        scheme, _, rest = stated.partition(":")
        readers = {"env": self._from_environment, "file": self._from_file, "sealed": self._unsealed}
        if scheme in readers:
            secret = readers[scheme](name, rest)
        else:
            secret = stated
            self._warn_of_readers(name)
        if not fits_header(secret):
            raise self.fail(name, "the key holds characters that no HTTP header may hold")
        return secret

    def _warn_of_readers(self, name: str) -> None:
        if self.file.path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            self.warnings.append(
                f"{self.place(name)}: others on this machine can read this file; chmod 600 it"
            )

    def _from_environment(self, name: str, variable: str) -> str:
        secret = self.environ.get(variable, "").strip()
        if not secret:
            raise self.fail(name, f"the environment variable {variable or '(no name)'} is not set")
        return secret

    def _from_file(self, name: str, path: str) -> str:
        try:
            secret = Path(path).read_text().strip()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not text"
            raise self.fail(name, f"the file {path or '(no name)'} cannot be read: {reason}") from None
        if not secret:
            raise self.fail(name, f"the file {path} is empty")
        return secret

    def _unsealed(self, name: str, sealed: str) -> str:
        secret = self.unseal(sealed)
        if secret is None:
            raise self.fail(name, "it was sealed for another data directory, or is damaged")
        return secret
