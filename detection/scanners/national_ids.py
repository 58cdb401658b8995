"""Check characters and ranges of the numbers that states give to people, one function a number."""

from collections import Counter

from .digits import luhn, mod_11_10, numbers, verhoeff, weighted

_FALLING = (10, 9, 8, 7, 6, 5, 4, 3, 2)
_SPANISH = "TRWAGMYFPDXBNJZSQVHLCKE"
_FINNISH = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_CHINESE = "10X98765432"
_CHINESE_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MEXICAN = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
_ITALIAN_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_CNPJ_WEIGHTS = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
_INN_WEIGHTS = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_PUBLISHED_SSN = {"078051120", "219099999", "457555462", "123456789"}
"""Numbers from advertisements and forms: void, and never anybody's."""
_NO_NINO = {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}
_ITIN_GROUPS = {*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)}


def us_ssn(text: str) -> bool:
    """Check the ranges of a US social security number (SSA, randomised since 2011)."""
    plain = _plain(text)
    area, group, serial = plain[:3], plain[3:5], plain[5:]
    void = area in {"000", "666"} or area[0] == "9" or group == "00" or serial == "0000"
    return not void and plain not in _PUBLISHED_SSN


def us_itin(text: str) -> bool:
    """Check the ranges of a US individual taxpayer identification number (IRS)."""
    plain = _plain(text)
    return plain[0] == "9" and int(plain[3:5]) in _ITIN_GROUPS


def uk_nino(text: str) -> bool:
    """Check the prefix of a UK national insurance number (HMRC, NIM39110)."""
    return _plain(text)[:2] not in _NO_NINO


def uk_nhs(text: str) -> bool:
    """Check an NHS number, mod 11 (NHS Data Dictionary)."""
    digits = numbers(text)
    check = 11 - weighted(digits, _FALLING) % 11
    return check % 11 == digits[-1] and check != 10 and len(set(digits)) > 1


def ca_sin(text: str) -> bool:
    """Check a Canadian social insurance number, Luhn; 0 and 8 begin none."""
    digits = numbers(text)
    return digits[0] not in (0, 8) and luhn(digits)


def de_tax(text: str) -> bool:
    """Check a German tax identification number: one digit repeats, ISO 7064 MOD 11,10 (BZSt)."""
    digits = numbers(text)
    counts = Counter(digits[:10]).values()
    repeats = sorted(count for count in counts if count > 1)
    return digits[0] != 0 and repeats in ([2], [3]) and mod_11_10(digits)


def fr_nir(text: str) -> bool:
    """Check the key of a French social security number (INSEE), Corsica included."""
    plain = _plain(text).upper().replace("2A", "19", 1).replace("2B", "18", 1)
    return 97 - int(plain[:13]) % 97 == int(plain[13:])


def es_dni(text: str) -> bool:
    """Check the letter of a Spanish DNI or NIE (Ministerio del Interior)."""
    plain = _plain(text).upper()
    number = plain[:-1].translate(str.maketrans("XYZ", "012"))
    return len(set(number)) > 1 and _SPANISH[int(number) % 23] == plain[-1]


def it_fiscal(text: str) -> bool:
    """Check the last letter of an Italian fiscal code (DM 23 December 1976)."""
    rest, check = text[:-1].upper(), text[-1].upper()
    values = [ord(char) - (48 if char.isdigit() else 65) for char in rest]
    total = sum(_ITALIAN_ODD[value] for value in values[::2]) + sum(values[1::2])
    return chr(65 + total % 26) == check


def br_cpf(text: str) -> bool:
    """Check both digits of a Brazilian CPF (Receita Federal)."""
    digits = numbers(text)
    first = weighted(digits[:9], _FALLING) * 10 % 11 % 10
    second = weighted(digits[:10], (11, *_FALLING)) * 10 % 11 % 10
    return digits[9:] == (first, second) and len(set(digits)) > 1


def br_cnpj(text: str) -> bool:
    """Check both digits of a Brazilian CNPJ, letters included (Receita Federal, IN 2.229/2024)."""
    values = tuple(ord(char) - 48 for char in _plain(text).upper())
    first = _cnpj_digit(weighted(values[:12], _CNPJ_WEIGHTS[1:]))
    second = _cnpj_digit(weighted(values[:13], _CNPJ_WEIGHTS))
    return values[12:] == (first, second) and len(set(values)) > 1


def _cnpj_digit(total: int) -> int:
    rest = total % 11
    return 0 if rest < 2 else 11 - rest


def in_aadhaar(text: str) -> bool:
    """Check an Indian Aadhaar number, Verhoeff (UIDAI)."""
    digits = numbers(text)
    return verhoeff(digits) and digits != digits[::-1]


def cn_resident(text: str) -> bool:
    """Check a Chinese resident identity number, ISO 7064 MOD 11-2 (GB 11643-1999)."""
    total = weighted(numbers(text[:17]), _CHINESE_WEIGHTS)
    return _CHINESE[total % 11] == text[17].upper()


def ru_snils(text: str) -> bool:
    """Check a Russian SNILS (Pension Fund)."""
    digits = numbers(text)
    check = weighted(digits[:9], (*_FALLING[1:], 1)) % 101 % 100
    return check == digits[9] * 10 + digits[10] and len(set(digits[:9])) > 1


def ru_inn(text: str) -> bool:
    """Check a Russian taxpayer number of 10 or 12 digits (Federal Tax Service)."""
    digits = numbers(text)
    if len(set(digits)) == 1:
        return False
    return all(
        weighted(digits[:place], _INN_WEIGHTS[11 - place :]) % 11 % 10 == digits[place]
        for place in ((9,) if len(digits) == 10 else (10, 11))
    )


def pl_pesel(text: str) -> bool:
    """Check a Polish PESEL: month with its century, day, check digit."""
    digits = numbers(text)
    month, day = int(text[2:4]) % 20, int(text[4:6])
    total = weighted(digits[:10], (1, 3, 7, 9, 1, 3, 7, 9, 1, 3))
    return 1 <= month <= 12 and 1 <= day <= 31 and (10 - total % 10) % 10 == digits[10]


def nl_bsn(text: str) -> bool:
    """Check a Dutch citizen service number by the test of eleven."""
    digits = numbers(text)
    return len(set(digits)) > 1 and (weighted(digits[:8], _FALLING[1:]) - digits[8]) % 11 == 0


def ch_ahv(text: str) -> bool:
    """Check a Swiss AHV number, the check digit of EAN-13 (Central Compensation Office)."""
    digits = numbers(text)
    return (sum(digits[0::2]) + 3 * sum(digits[1::2])) % 10 == 0


def mx_curp(text: str) -> bool:
    """Check the last digit of a Mexican CURP (RENAPO)."""
    total = sum(_MEXICAN.index(char) * (18 - place) for place, char in enumerate(text.upper()[:17]))
    return (10 - total % 10) % 10 == int(text[17])


def tr_kimlik(text: str) -> bool:
    """Check the last two digits of a Turkish identity number."""
    digits = numbers(text)
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    return digits[0] != 0 and digits[9:] == (tenth, sum(digits[:10]) % 10)


def jp_my_number(text: str) -> bool:
    """Check a Japanese individual number (Order 85 of 2014)."""
    digits = numbers(text)
    rest = weighted(digits[:11], (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return digits[11] == (0 if rest < 2 else 11 - rest) and len(set(digits)) > 1


def au_tfn(text: str) -> bool:
    """Check an Australian tax file number, mod 11."""
    digits = numbers(text)
    return len(set(digits)) > 1 and weighted(digits, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def fi_hetu(text: str) -> bool:
    """Check the last character of a Finnish personal identity code."""
    return _FINNISH[int(text[:6] + text[7:10]) % 31] == text[10].upper()


def se_person(text: str) -> bool:
    """Check the Luhn digit of a Swedish personal identity number, century or not."""
    return luhn(numbers(text)[-10:])


def _plain(text: str) -> str:
    return "".join(char for char in text if char.isalnum())
