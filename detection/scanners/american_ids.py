"""Check characters of the numbers that American states give to people and companies."""

from collections.abc import Callable, Mapping

from .digits import dated, luhn, numbers, varied, weighted

_EIN_PREFIXES = frozenset(set(range(1, 100)) - {7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97})
"""Campus and internet prefixes that the IRS gives out."""
_NPI_PREFIX = (8, 0, 8, 4, 0)
_NIT = (41, 37, 29, 23, 19, 17, 13, 7, 3)
_TEN = (3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
_TAX = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_RFC = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ"
_RIF = {"V": 4, "E": 8, "J": 12, "P": 16, "G": 20}
_PERU = {"10", "15", "16", "17", "20"}


def us_ein(text: str) -> bool:
    """Check the prefix of a US employer identification number (IRS)."""
    digits = numbers(text)
    return digits[0] * 10 + digits[1] in _EIN_PREFIXES and varied(digits[2:])


def us_npi(text: str) -> bool:
    """Check a US provider identifier: Luhn behind the prefix 80840 (45 CFR 162.406)."""
    digits = numbers(text)
    return digits[0] in (1, 2) and luhn(_NPI_PREFIX + digits)


def us_dea(text: str) -> bool:
    """Check the registration number of a US prescriber (Drug Enforcement Administration)."""
    digits = numbers(text[2:])
    return varied(digits) and (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 == digits[6]


def ca_health(text: str) -> bool:
    """Check an Ontario health number, Luhn (Ministry of Health)."""
    digits = numbers(text)
    return digits[0] != 0 and varied(digits) and luhn(digits[:10])


def ca_business(text: str) -> bool:
    """Check a Canadian business number, Luhn (Canada Revenue Agency)."""
    digits = numbers(text)[:9]
    return varied(digits) and luhn(digits)


def mx_rfc(text: str) -> bool:
    """Check date and last character of a Mexican taxpayer code (SAT)."""
    padded = text.upper().rjust(13)
    check = "0123456789A"[
        -sum(_RFC.index(char) * (13 - place) for place, char in enumerate(padded[:12])) % 11
    ]
    return dated(2000, int(padded[6:8]), int(padded[8:10])) and padded[12] == check


def mx_clabe(text: str) -> bool:
    """Check a Mexican bank code of 18 digits (ABM)."""
    digits = numbers(text)
    total = sum(digit * weight % 10 for digit, weight in zip(digits[:17], (3, 7, 1) * 6, strict=False))
    return varied(digits) and -total % 10 == digits[17]


def mx_social(text: str) -> bool:
    """Check a Mexican social security number, Luhn (IMSS)."""
    digits = numbers(text)
    return varied(digits) and luhn(digits)


def br_pis(text: str) -> bool:
    """Check a Brazilian PIS, PASEP or NIS number, modulo 11 (Caixa)."""
    digits = numbers(text)
    check = -weighted(digits[:10], _TEN) % 11
    return varied(digits) and (0 if check == 10 else check) == digits[10]


def br_licence(text: str) -> bool:
    """Check both digits of a Brazilian driving licence (Denatran)."""
    digits = numbers(text)
    first = weighted(digits[:9], (9, 8, 7, 6, 5, 4, 3, 2, 1)) % 11
    second = weighted(digits[:9], (1, 2, 3, 4, 5, 6, 7, 8, 9)) % 11
    if first == 10:
        first, second = 0, second - 2
    return varied(digits) and digits[9:] == (first, second % 11 % 10)


def br_voter(text: str) -> bool:
    """Check both digits of a Brazilian voter number; two digits before them name the state (TSE)."""
    digits = numbers(text)
    first = weighted(digits[:8], (2, 3, 4, 5, 6, 7, 8, 9)) % 11 % 10
    second = weighted((*digits[8:10], first), (7, 8, 9)) % 11 % 10
    return 1 <= digits[8] * 10 + digits[9] <= 28 and digits[10:] == (first, second)


def ar_cuit(text: str) -> bool:
    """Check an Argentine tax number, modulo 11 (AFIP)."""
    digits = numbers(text)
    check = -weighted(digits[:10], _TAX) % 11
    return varied(digits[2:10]) and (9 if check == 10 else check) == digits[10]


def cl_rut(text: str) -> bool:
    """Check a Chilean RUN or RUT, modulo 11 (Registro Civil)."""
    digits = numbers(text.upper().split("-")[0] if "-" in text else text[:-1])
    check = -weighted(digits[::-1], (2, 3, 4, 5, 6, 7, 2, 3)) % 11
    return varied(digits) and text[-1].upper() == "0123456789K"[check]


def co_nit(text: str) -> bool:
    """Check a Colombian tax number (DIAN)."""
    digits = numbers(text)
    return varied(digits) and int("01987654321"[weighted(digits[-2::-1], _NIT[::-1]) % 11]) == digits[-1]


def pe_ruc(text: str) -> bool:
    """Check a Peruvian taxpayer number, modulo 11 (SUNAT)."""
    digits = numbers(text)
    return text[:2] in _PERU and (11 - weighted(digits[:10], _TAX) % 11) % 10 == digits[10]


def uy_identity(text: str) -> bool:
    """Check a Uruguayan identity number (DNIC)."""
    digits = numbers(text)
    padded = (0,) * (8 - len(digits)) + digits
    return varied(digits) and -weighted(padded[:7], (2, 9, 8, 7, 6, 3, 4)) % 10 == padded[7]


def ec_identity(text: str) -> bool:
    """Check an Ecuadorian identity number: province, Luhn (Registro Civil)."""
    digits = numbers(text)
    province = digits[0] * 10 + digits[1]
    return (1 <= province <= 24 or province == 30) and digits[2] < 6 and luhn(digits)


def ve_rif(text: str) -> bool:
    """Check a Venezuelan tax number; its letter counts (SENIAT)."""
    digits = numbers(text)
    total = _RIF.get(text[0].upper(), 0) + weighted(digits[:8], (3, 2, 7, 6, 5, 4, 3, 2))
    return varied(digits) and int("00987654321"[total % 11]) == digits[8]


def do_identity(text: str) -> bool:
    """Check a Dominican identity number, Luhn (JCE)."""
    digits = numbers(text)
    return varied(digits) and luhn(digits)


VALIDATORS: Mapping[str, Callable[[str], bool]] = {
    function.__name__: function
    for function in (
        us_ein,
        us_npi,
        us_dea,
        ca_health,
        ca_business,
        mx_rfc,
        mx_clabe,
        mx_social,
        br_pis,
        br_licence,
        br_voter,
        ar_cuit,
        cl_rut,
        co_nit,
        pe_ruc,
        uy_identity,
        ec_identity,
        ve_rif,
        do_identity,
    )
}
