"""What the types of marked spans are called here: by a built-in table, or one of the user's own."""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from ..errors import SettingError

type SpanTypes = Mapping[str, tuple[str, ...]]
"""By type of a data set the categories, or beginnings of them, that find it."""

PRESIDIO: SpanTypes = {
    "CREDIT_CARD": ("pii.card",),
    "EMAIL_ADDRESS": ("pii.email",),
    "DOMAIN_NAME": ("pii.domain", "pii.url"),
    "IBAN_CODE": ("pii.iban",),
    "US_SSN": ("pii.us_ssn",),
    "IP_ADDRESS": ("pii.ip_address",),
    "PHONE_NUMBER": ("pii.phone",),
    "US_DRIVER_LICENSE": ("pii.driver_licence", "pii.us_driver_licence"),
    "ZIP_CODE": ("pii.postal_code", "pii.us_zip"),
    "US_PASSPORT": ("pii.passport",),
    "US_BANK_NUMBER": ("pii.bank_account",),
    "US_ITIN": ("pii.us_itin",),
    "CRYPTO": ("pii.crypto",),
    "MAC_ADDRESS": ("pii.mac_address",),
    "PERSON": ("pii.person",),
    "ORGANIZATION": ("pii.organization",),
    "STREET_ADDRESS": ("pii.address",),
}
"""The types of Microsoft Presidio's data (github.com/microsoft/presidio, supported entities)."""


def read_types(path: Path | None) -> SpanTypes:
    """Return the table of a TOML file (``TYPE = ["category"]``), or the built-in one.

    Raises `SettingError`.
    """
    if path is None:
        return PRESIDIO
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"{path}: not TOML: {error}") from None
    return {name: _categories(value, f"{path}: {name}") for name, value in given.items()}


def _categories(value: object, place: str) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not items or not all(isinstance(item, str) and item for item in items):
        raise SettingError(f"{place}: expected a category or a list of them")
    return tuple(items)


def type_of(category: str, types: SpanTypes) -> str | None:
    """Return the type that a category finds; None where it finds none of the table."""
    return next((name for name, wanted in types.items() if _covers(wanted, category)), None)


def _covers(wanted: Iterable[str], category: str) -> bool:
    return any(category == item or category.startswith(f"{item}.") for item in wanted)


def looked_for(types: SpanTypes, categories: Iterable[str], families: Collection[str]) -> SpanTypes:
    """Return the types that some category finds, in the families named (all, when none is)."""
    known = [item for item in categories if not families or item.partition(".")[0] in families]
    return {name: wanted for name, wanted in types.items() if any(_covers(wanted, item) for item in known)}
