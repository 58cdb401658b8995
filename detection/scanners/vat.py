"""VAT numbers of the European Union and its neighbours, each by its country's own check."""

from collections.abc import Callable, Mapping

from . import european_ids as european
from .digits import luhn, mod_11_10, numbers, varied, weighted
from .national_ids import es_dni, nl_bsn

_LATVIAN = (9, 1, 4, 8, 3, 10, 2, 5, 7, 6)
_CYPRUS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)


def vat(text: str) -> bool:
    """Check a VAT number by the two letters it begins with (European Commission, VIES)."""
    plain = "".join(filter(str.isalnum, text)).upper()
    check = _CHECKS.get(plain[:2])
    return check is not None and check(plain[2:])


def _austria(body: str) -> bool:
    digits = numbers(body[1:])
    total = sum(digits[0:7:2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1:7:2])
    return body[0] == "U" and (6 - total) % 10 == digits[7]


def _belgium(body: str) -> bool:
    return body[0] in "01" and 97 - int(body[:8]) % 97 == int(body[8:]) and int(body) > 0


def _bulgaria(body: str) -> bool:
    digits = numbers(body)
    if len(digits) == 10:
        return european.bg_egn(body)
    check = weighted(digits[:8], (1, 2, 3, 4, 5, 6, 7, 8)) % 11
    if check == 10:
        check = weighted(digits[:8], (3, 4, 5, 6, 7, 8, 9, 10)) % 11 % 10
    return check == digits[8]


def _cyprus(body: str) -> bool:
    digits = numbers(body[:8])
    total = sum(_CYPRUS[digit] for digit in digits[::2]) + sum(digits[1::2])
    return not body.startswith("12") and chr(65 + total % 26) == body[8]


def _czechia(body: str) -> bool:
    return european.cz_company(body) if len(body) == 8 else european.cz_birth_number(body)


def _germany(body: str) -> bool:
    digits = numbers(body)
    return digits[0] != 0 and varied(digits) and mod_11_10(digits)


def _estonia(body: str) -> bool:
    return weighted(numbers(body), (3, 7, 1) * 3) % 10 == 0


def _spain(body: str) -> bool:
    return (es_dni if body[0] in "0123456789XYZ" else european.es_cif)(body)


def _france(body: str) -> bool:
    siren = body[2:]
    return luhn(numbers(siren)) and (12 + 3 * (int(siren) % 97)) % 97 == int(body[:2])


def _hungary(body: str) -> bool:
    return weighted(numbers(body), (9, 7, 3, 1, 9, 7, 3, 1)) % 10 == 0


def _lithuania(body: str) -> bool:
    digits = numbers(body)
    check = sum(digit * (1 + place % 9) for place, digit in enumerate(digits[:-1])) % 11
    if check == 10:
        check = sum(digit * (1 + (place + 2) % 9) for place, digit in enumerate(digits[:-1])) % 11 % 10
    return digits[-2] == 1 and check == digits[-1]


def _luxembourg(body: str) -> bool:
    return int(body[:6]) % 89 == int(body[6:])


def _latvia(body: str) -> bool:
    digits = numbers(body)
    if digits[0] < 4:
        return european.lv_code(body)
    check = 3 - weighted(digits, _LATVIAN) % 11
    return (check + 11 if check < -1 else check) == digits[10]


def _malta(body: str) -> bool:
    return weighted(numbers(body), (3, 4, 6, 7, 8, 9, 10, 1)) % 37 == 0


def _netherlands(body: str) -> bool:
    spelled = int("".join(str(int(char, 36)) for char in "NL" + body))
    return nl_bsn(body[:9]) or spelled % 97 == 1


def _sweden(body: str) -> bool:
    return luhn(numbers(body[:10])) and body[10:] != "00"


def _slovenia(body: str) -> bool:
    digits = numbers(body)
    check = 11 - weighted(digits[:7], (8, 7, 6, 5, 4, 3, 2)) % 11
    return digits[0] != 0 and (0 if check == 10 else check) == digits[7]


def _slovakia(body: str) -> bool:
    return body[0] != "0" and body[2] in "234789" and int(body) % 11 == 0


def _britain(body: str) -> bool:
    digits = numbers(body[:9])
    rest = (weighted(digits, (8, 7, 6, 5, 4, 3, 2, 10, 1))) % 97
    return varied(digits) and rest in (0, 42)


_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "AT": _austria,
    "BE": _belgium,
    "BG": _bulgaria,
    "CY": _cyprus,
    "CZ": _czechia,
    "DE": _germany,
    "DK": european.dk_cvr,
    "EE": _estonia,
    "EL": european.gr_afm,
    "ES": _spain,
    "FI": european.fi_business,
    "FR": _france,
    "GB": _britain,
    "HR": european.hr_oib,
    "HU": _hungary,
    "IE": european.ie_pps,
    "IT": european.it_vat,
    "LT": _lithuania,
    "LU": _luxembourg,
    "LV": _latvia,
    "MT": _malta,
    "NL": _netherlands,
    "NO": european.no_organisation,
    "PL": european.pl_nip,
    "PT": european.pt_nif,
    "RO": european.ro_company,
    "SE": _sweden,
    "SI": _slovenia,
    "SK": _slovakia,
    "XI": _britain,
}

VALIDATORS: Mapping[str, Callable[[str], bool]] = {"vat": vat}
