"""Numbers of devices and vehicles: handsets, SIM cards, subscribers, chassis."""

from collections.abc import Callable, Mapping

from .digits import luhn, numbers, varied

_MOBILE_COUNTRIES = range(202, 751)
"""First and last country code of mobile networks in use (ITU-T E.212)."""


def imei(text: str) -> bool:
    """Check an equipment number of 15 digits, Luhn (3GPP TS 23.003, section 6)."""
    digits = numbers(text)
    return len(digits) == 15 and varied(digits) and luhn(digits)


def iccid(text: str) -> bool:
    """Check the number of a SIM card: 89 for telecommunications, Luhn (ITU-T E.118)."""
    digits = numbers(text)
    return 18 <= len(digits) <= 20 and digits[:2] == (8, 9) and luhn(digits)


def imsi(text: str) -> bool:
    """Check the country code of a subscriber's number (ITU-T E.212)."""
    digits = numbers(text)
    return int(text[:3]) in _MOBILE_COUNTRIES and varied(digits)


def vin(text: str) -> bool:
    """Accept a vehicle's number: digits and letters mixed, digits at its end (ISO 3779)."""
    digits = numbers(text)
    return len(text) == 17 and 3 < len(digits) < 17 and text[-3:].isdecimal() and varied(digits)


VALIDATORS: Mapping[str, Callable[[str], bool]] = {
    function.__name__: function for function in (imei, iccid, imsi, vin)
}
