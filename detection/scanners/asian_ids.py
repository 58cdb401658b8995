"""Check characters of the numbers that the states of Asia, Africa and the Pacific give out."""

from collections.abc import Callable, Mapping

from .digits import dated, luhn, numbers, varied, weighted

_GSTIN = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_TAIWAN = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
"""Letters in the order of their numbers, which begin at 10."""
_SINGAPORE = {
    "S": (0, "JZIHGFEDCBA"),
    "T": (4, "JZIHGFEDCBA"),
    "F": (0, "XWUTRQPNMLK"),
    "G": (4, "XWUTRQPNMLK"),
    "M": (3, "XWUTRQPNJLK"),
}
"""What a first letter adds, and the letters of the rests."""
_HEALTH = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_NO_STATE = {0, 17, 18, 19, 20, 69, 70, 73, 80, 81, 94, 95, 96, 97}
"""Codes that name no birthplace in a Malaysian number."""
_ABN = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
_IRD = ((3, 2, 7, 6, 5, 4, 3, 2), (7, 4, 3, 2, 5, 2, 7, 6))


def cn_company(text: str) -> bool:
    """Check a Chinese unified social credit code, modulo 31 (GB 32100-2015)."""
    values = tuple(_USCC.index(char) for char in text.upper())
    return varied(values) and -weighted(values[:17], _USCC_WEIGHTS) % 31 == values[17]


def tw_identity(text: str) -> bool:
    """Check a Taiwanese identity or residence number (Ministry of the Interior)."""
    letter = _TAIWAN.index(text[0].upper()) + 10
    digits = (letter // 10, letter % 10, *numbers(text[1:]))
    return weighted(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)) % 10 == 0 and varied(digits[3:])


def hk_identity(text: str) -> bool:
    """Check a Hong Kong identity number; its check digit may stand in brackets (ImmD)."""
    plain = _plain(text).rjust(9)
    values = tuple(36 if char == " " else int(char, 36) for char in plain[:8])
    return varied(values[2:]) and "0123456789A"[-weighted(values, (9, 8, 7, 6, 5, 4, 3, 2)) % 11] == plain[8]


def sg_identity(text: str) -> bool:
    """Check the letter of a Singaporean NRIC or FIN (ICA)."""
    plain = _plain(text)
    more, letters = _SINGAPORE.get(plain[0], (0, ""))
    digits = numbers(plain)
    return varied(digits) and letters[(weighted(digits, (2, 7, 6, 5, 4, 3, 2)) + more) % 11] == plain[8]


def kr_company(text: str) -> bool:
    """Check a Korean business registration number (National Tax Service)."""
    digits = numbers(text)
    total = weighted(digits[:9], (1, 3, 7, 1, 3, 7, 1, 3, 5)) + digits[8] * 5 // 10
    return varied(digits) and -total % 10 == digits[9]


def jp_company(text: str) -> bool:
    """Check a Japanese corporate number; its first digit is the check digit (Ministry of Finance)."""
    digits = numbers(text)
    return varied(digits) and 9 - weighted(digits[:0:-1], (1, 2) * 6) % 9 == digits[0]


def in_gstin(text: str) -> bool:
    """Check an Indian goods and services tax number: state, Luhn to base 36 (GSTN)."""
    values = [_GSTIN.index(char) for char in text.upper()]
    doubled = [sum(divmod(2 * value, 36)) for value in values[-2::-2]]
    return 1 <= int(text[:2]) <= 38 and (sum(values[-1::-2]) + sum(doubled)) % 36 == 0


def th_identity(text: str) -> bool:
    """Check a Thai identity number, modulo 11 (Department of Provincial Administration)."""
    digits = numbers(text)
    check = 11 - weighted(digits[:12], tuple(range(13, 1, -1))) % 11
    return digits[0] not in (0, 9) and varied(digits) and check % 10 == digits[12]


def id_identity(text: str) -> bool:
    """Check region and date of an Indonesian NIK; women's days begin at 41 (Dukcapil)."""
    plain = _plain(text)
    possible = 11 <= int(plain[:2]) <= 97 and plain[12:] != "0000"
    return possible and dated(2000, int(plain[8:10]), int(plain[6:8]) % 40)


def my_identity(text: str) -> bool:
    """Check date and birthplace of a Malaysian identity number (JPN)."""
    plain = _plain(text)
    return dated(2000, int(plain[2:4]), int(plain[4:6])) and int(plain[6:8]) not in _NO_STATE


def vn_identity(text: str) -> bool:
    """Check province and century of a Vietnamese identity number (Circular 59/2021/TT-BCA)."""
    digits = numbers(text)
    return 1 <= int(text[:3]) <= 96 and digits[3] < 4 and varied(digits[6:])


def pk_identity(text: str) -> bool:
    """Check the province of a Pakistani identity number (NADRA)."""
    digits = numbers(text)
    return 1 <= digits[0] <= 7 and varied(digits[5:])


def au_company(text: str) -> bool:
    """Check an Australian business number, modulo 89 (ABR)."""
    digits = numbers(text)
    return varied(digits) and weighted((digits[0] - 1, *digits[1:]), _ABN) % 89 == 0


def au_medicare(text: str) -> bool:
    """Check an Australian Medicare number (Services Australia)."""
    digits = numbers(text)
    return 2 <= digits[0] <= 6 and weighted(digits[:8], (1, 3, 7, 9) * 2) % 10 == digits[8]


def nz_tax(text: str) -> bool:
    """Check a New Zealand tax number; a second set of weights where the first gives ten (Inland Revenue)."""
    digits = numbers(text)
    if not 10_000_000 < int("".join(map(str, digits))) < 150_000_000:
        return False
    padded = (0,) * (9 - len(digits)) + digits
    first, second = (-weighted(padded[:8], weights) % 11 for weights in _IRD)
    return (second if first == 10 else first) == padded[8]


def nz_health(text: str) -> bool:
    """Check a New Zealand health index number, its older form (HISO 10046)."""
    plain = _plain(text)
    values = (*(_HEALTH.index(char) + 1 for char in plain[:3]), *numbers(plain[3:6]))
    rest = weighted(values, (7, 6, 5, 4, 3, 2)) % 11
    return rest != 0 and (11 - rest) % 10 == int(plain[6])


def il_identity(text: str) -> bool:
    """Check an Israeli identity number, Luhn (Population and Immigration Authority)."""
    digits = numbers(text)
    return varied(digits) and luhn(digits)


def sa_identity(text: str) -> bool:
    """Check a Saudi identity number: 1 for citizens, 2 for residents, Luhn (Absher)."""
    digits = numbers(text)
    return digits[0] in (1, 2) and varied(digits) and luhn(digits)


def ae_identity(text: str) -> bool:
    """Check an Emirates ID: 784, a year, Luhn (ICP)."""
    digits = numbers(text)
    return 1900 <= int(_plain(text)[3:7]) <= 2099 and luhn(digits)


def kw_identity(text: str) -> bool:
    """Check a Kuwaiti civil number: century, date, modulo 11 (PACI)."""
    digits = numbers(text)
    possible = digits[0] in (2, 3) and dated(2000, int(text[3:5]), int(text[5:7]))
    return possible and 11 - weighted(digits[:11], (2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11 == digits[11]


def ir_identity(text: str) -> bool:
    """Check an Iranian national code, modulo 11 (Sabte Ahval)."""
    digits = numbers(text)
    rest = weighted(digits, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return varied(digits) and digits[9] == (rest if rest < 2 else 11 - rest)


def kz_identity(text: str) -> bool:
    """Check a Kazakh identification number, two rounds of weights (Law 223-III)."""
    digits = numbers(text)
    check = weighted(digits, tuple(range(1, 12))) % 11
    if check == 10:
        check = weighted(digits, (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)) % 11
    return dated(2000, int(text[2:4]), int(text[4:6])) and check == digits[11]


def za_identity(text: str) -> bool:
    """Check a South African identity number: date, citizenship, Luhn (Home Affairs)."""
    plain = _plain(text)
    possible = dated(2000, int(plain[2:4]), int(plain[4:6])) and plain[10] in "012"
    return possible and luhn(numbers(plain))


def eg_identity(text: str) -> bool:
    """Check century, date and governorate of an Egyptian national number (Civil Status)."""
    digits = numbers(text)
    possible = digits[0] in (2, 3) and dated(2000, int(text[3:5]), int(text[5:7]))
    return possible and (1 <= int(text[7:9]) <= 35 or text[7:9] == "88")


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text)).upper()


VALIDATORS: Mapping[str, Callable[[str], bool]] = {
    function.__name__: function
    for function in (
        cn_company,
        tw_identity,
        hk_identity,
        sg_identity,
        kr_company,
        jp_company,
        in_gstin,
        th_identity,
        id_identity,
        my_identity,
        vn_identity,
        pk_identity,
        au_company,
        au_medicare,
        nz_tax,
        nz_health,
        il_identity,
        sa_identity,
        ae_identity,
        kw_identity,
        ir_identity,
        kz_identity,
        za_identity,
        eg_identity,
    )
}
