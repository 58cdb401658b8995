"""Check digits shared by several number formats."""

from calendar import monthrange

_D5 = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_VALUES = bytes.maketrans(b"0123456789", bytes(range(10)))
_OTHERS = bytes(sorted({*range(256)} - {*b"0123456789"}))
_DOUBLED = bytes.maketrans(bytes(range(10)), bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
"""The sum of the digits of twice a digit."""
_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def numbers(text: str) -> tuple[int, ...]:
    """Return the ASCII digits of a text as integers, leaving everything else out."""
    return tuple(text.encode("utf-8", "surrogatepass").translate(_VALUES, _OTHERS))


def varied(digits: tuple[int, ...]) -> bool:
    """Say whether there is more than one digit: one over and over is nobody's number."""
    return len(set(digits)) > 1


def dated(year: int, month: int, day: int) -> bool:
    """Say whether there is such a day; a year of two digits is taken for one of this century."""
    return 1 <= month <= 12 and 1 <= day <= monthrange(year if year > 99 else 2000 + year, month)[1]


def luhn(digits: tuple[int, ...]) -> bool:
    """Check the Luhn sum (ISO/IEC 7812-1, annex B)."""
    doubled = bytes(digits[-2::-2]).translate(_DOUBLED)
    return len(digits) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def weighted(digits: tuple[int, ...], weights: tuple[int, ...]) -> int:
    """Return the sum of digit times weight, pair by pair, as far as both reach."""
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=False))


def verhoeff(digits: tuple[int, ...]) -> bool:
    """Check Verhoeff's dihedral checksum (J. Verhoeff, 1969); the last digit is the check digit."""
    value = 0
    for position, digit in enumerate(reversed(digits)):
        turned = digit
        for _ in range(position % 8):
            turned = _TURN[turned]
        value = _D5[value][turned]
    return bool(digits) and value == 0


def mod_11_10(digits: tuple[int, ...]) -> bool:
    """Check ISO/IEC 7064 MOD 11,10; the last digit is the check digit."""
    product = 10
    for digit in digits[:-1]:
        product = 2 * ((product + digit) % 10 or 10) % 11
    return len(digits) > 1 and (11 - product) % 10 == digits[-1]
