"""Check characters of the numbers that European states give to people and companies.

One function a number; the six oldest countries of the pack stand in `national_ids`.
"""

from collections.abc import Callable, Mapping

from .digits import dated, luhn, mod_11_10, numbers, varied, verhoeff, weighted

_UP = (1, 2, 3, 4, 5, 6, 7, 8, 9)
_DOWN = (9, 8, 7, 6, 5, 4, 3, 2)
_ICAO = (7, 3, 1) * 5
_PPS = "WABCDEFGHIJKLMNOPQRSTUV"
_CIF = "JABCDEFGHI"
_CIF_LETTERS = "PQRSNW"
"""Kinds of organisation whose control is a letter."""
_ITALIAN_OFFICES = {120, 121, 888, 999}
_PENSION = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
_EGN = (2, 4, 8, 5, 10, 9, 7, 3, 6)
_CNP = (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)
_EMSO = (7, 6, 5, 4, 3, 2) * 2
_NORWAY = ((3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2))
_NORDIC = (3, 2, 7, 6, 5, 4, 3, 2)
_LATVIA = (10, 5, 8, 4, 2, 1, 6, 3, 7, 9)
_REGON = (8, 9, 2, 3, 4, 5, 6, 7)
_REGON_LONG = (2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8)
_UTR = (6, 7, 8, 9, 10, 5, 4, 3, 2)


def uk_utr(text: str) -> bool:
    """Check a unique taxpayer reference; its first digit is the check digit (HMRC)."""
    digits = numbers(text)
    return varied(digits) and int("21987654321"[weighted(digits[1:], _UTR) % 11]) == digits[0]


def uk_licence(text: str) -> bool:
    """Check month and day in a driver number of Great Britain (DVLA, INF45)."""
    plain = _plain(text)
    month = int(plain[6:8])
    return dated(2000, month - 50 if month > 50 else month, int(plain[8:10]))


def ie_pps(text: str) -> bool:
    """Check the letter of an Irish personal public service number, modulo 23 (Revenue)."""
    plain = _plain(text)
    second = plain[8:9].replace("W", "")
    total = weighted(numbers(plain[:7]), _DOWN[1:]) + (9 * (ord(second) - 64) if second else 0)
    return varied(numbers(plain)) and _PPS[total % 23] == plain[7]


def de_document(text: str) -> bool:
    """Check a German identity card or passport with its check digit (ICAO Doc 9303, weights 7 3 1)."""
    plain = _plain(text)
    values = tuple(int(char, 36) for char in plain)
    return weighted(values[:9], _ICAO) % 10 == int(plain[9]) and varied(values)


def de_pension(text: str) -> bool:
    """Check a German pension insurance number (VKVV, section 4)."""
    plain = _plain(text)
    spelled = numbers(plain[:8] + f"{ord(plain[8]) - 64:02}" + plain[9:])
    total = sum(map(_folded, spelled, _PENSION))
    day = int(plain[2:4])
    return dated(2000, int(plain[4:6]), day % 50) and total % 10 == spelled[12]


def de_health(text: str) -> bool:
    """Check a German health insurance number: the letter counts as two digits (GKV-Spitzenverband)."""
    plain = _plain(text)
    spelled = numbers(f"{ord(plain[0]) - 64:02}" + plain[1:])
    total = sum(
        sum(divmod(digit * weight, 10)) for digit, weight in zip(spelled[:10], (1, 2) * 5, strict=True)
    )
    return total % 10 == spelled[10]


def fr_siret(text: str) -> bool:
    """Check a French SIREN or SIRET, Luhn (INSEE)."""
    digits = numbers(text)
    return varied(digits) and luhn(digits) and luhn(digits[:9])


def fr_tax(text: str) -> bool:
    """Check a French tax number: the last three digits are the rest modulo 511 (DGFiP)."""
    plain = _plain(text)
    return int(plain[:10]) % 511 == int(plain[10:]) and varied(numbers(plain))


def es_cif(text: str) -> bool:
    """Check the control character of a Spanish company's tax number (Orden EHA/451/2008)."""
    plain = _plain(text)
    digits = numbers(plain[1:8])
    control = -(sum(digits[1::2]) + sum(_folded(digit, 2) for digit in digits[::2])) % 10
    letter, digit = plain[8] == _CIF[control], plain[8] == str(control)
    return letter if plain[0] in _CIF_LETTERS else letter or digit


def es_social(text: str) -> bool:
    """Check a Spanish social security number, modulo 97 (TGSS)."""
    plain = _plain(text)
    number = int(plain[2:10])
    base = int(plain[:2]) * 10**7 + number if number < 10**7 else int(plain[:10])
    return base % 97 == int(plain[10:]) and number > 0


def pt_nif(text: str) -> bool:
    """Check a Portuguese taxpayer number, modulo 11 (Autoridade Tributária)."""
    digits = numbers(text)
    check = 11 - weighted(digits, _DOWN) % 11
    return digits[0] != 0 and varied(digits) and digits[8] == (0 if check > 9 else check)


def pt_citizen(text: str) -> bool:
    """Check a Portuguese citizen card, Luhn over digits and letters (AMA)."""
    values = [int(char, 36) for char in _plain(text)]
    doubled = [2 * value for value in values[-2::-2]]
    folded = sum(value - 9 if value > 9 else value for value in doubled)
    return len(values) == 12 and (sum(values[-1::-2]) + folded) % 10 == 0


def it_vat(text: str) -> bool:
    """Check an Italian VAT number, Luhn (Agenzia delle Entrate)."""
    digits = numbers(text)
    office = int(text[7:10])
    return luhn(digits) and any(digits[:7]) and (1 <= office <= 100 or office in _ITALIAN_OFFICES)


def be_national(text: str) -> bool:
    """Check a Belgian national number, modulo 97; since 2000 a 2 goes before it (Rijksregister)."""
    plain = _plain(text)
    base, check = plain[:9], int(plain[9:])
    possible = int(plain[2:4]) % 20 <= 12 and int(plain[4:6]) <= 31
    return possible and any(97 - int(before + base) % 97 == check for before in ("", "2"))


def lu_national(text: str) -> bool:
    """Check a Luxembourg identification number: a Luhn digit, then one of Verhoeff (CTIE)."""
    digits = numbers(text)
    right = luhn(digits[:12]) and verhoeff((*digits[:11], digits[12]))
    return right and dated(int(text[:4]), int(text[4:6]), int(text[6:8]))


def at_social(text: str) -> bool:
    """Check an Austrian social insurance number; its fourth digit is the check digit (SV)."""
    digits = numbers(text)
    total = weighted((*digits[:3], *digits[4:]), (3, 7, 9, 5, 8, 4, 2, 1, 6))
    return digits[0] != 0 and total % 11 == digits[3] and 1 <= digits[4] * 10 + digits[5] <= 31


def pl_nip(text: str) -> bool:
    """Check a Polish tax number, modulo 11 (Ministry of Finance)."""
    digits = numbers(text)
    return varied(digits) and weighted(digits, (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11 == digits[9]


def pl_regon(text: str) -> bool:
    """Check a Polish statistical number of 9 or 14 digits (GUS)."""
    digits = numbers(text)
    short = weighted(digits[:8], _REGON) % 11 % 10 == digits[8]
    whole = len(digits) == 9 or weighted(digits[:13], _REGON_LONG) % 11 % 10 == digits[13]
    return short and whole and varied(digits)


def pl_id_card(text: str) -> bool:
    """Check a Polish identity card: three letters, a check digit, five digits (MSWiA)."""
    values = tuple(int(char, 36) for char in _plain(text))
    return varied(values[3:]) and weighted(values, (7, 3, 1, 9, 7, 3, 1, 7, 3)) % 10 == 0


def cz_birth_number(text: str) -> bool:
    """Check a Czech or Slovak birth number, modulo 11 (Act 133/2000)."""
    plain = _plain(text)
    month = int(plain[2:4]) % 50 % 20
    if not dated(2000, month, int(plain[4:6])):
        return False
    if len(plain) == 9:
        return int(plain[:2]) < 54 and plain[6:] != "000"
    return int(plain[:9]) % 11 % 10 == int(plain[9])


def cz_company(text: str) -> bool:
    """Check a Czech or Slovak company number (ARES)."""
    digits = numbers(text)
    return varied(digits) and (11 - weighted(digits[:7], _DOWN[1:]) % 11) % 10 == digits[7]


def se_organisation(text: str) -> bool:
    """Check a Swedish organisation number: its third digit is 2 or more, Luhn (Bolagsverket)."""
    digits = numbers(text)
    return digits[2] >= 2 and luhn(digits)


def no_birth_number(text: str) -> bool:
    """Check both digits of a Norwegian birth or D number (Skatteetaten)."""
    digits = numbers(text)
    first, second = (-weighted(digits, weights) % 11 for weights in _NORWAY)
    possible = dated(2000, digits[2] % 4 * 10 + digits[3], digits[0] % 4 * 10 + digits[1])
    return possible and digits[9:] == (first, second)


def no_organisation(text: str) -> bool:
    """Check a Norwegian organisation number (Brønnøysundregistrene)."""
    digits = numbers(text)
    return digits[0] in (8, 9) and -weighted(digits[:8], _NORDIC) % 11 == digits[8]


def dk_cpr(text: str) -> bool:
    """Check the date of a Danish personal number; since 2007 its digits carry no checksum (CPR)."""
    plain = _plain(text)
    return dated(2000, int(plain[2:4]), int(plain[:2])) and plain[6:] != "0000"


def dk_cvr(text: str) -> bool:
    """Check a Danish company number, modulo 11 (Erhvervsstyrelsen)."""
    digits = numbers(text)
    return digits[0] != 0 and varied(digits) and weighted(digits, (2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def fi_business(text: str) -> bool:
    """Check a Finnish business identity code (PRH)."""
    digits = numbers(text)
    return varied(digits) and -weighted(digits[:7], (7, 9, 10, 5, 8, 4, 2)) % 11 == digits[7]


def is_kennitala(text: str) -> bool:
    """Check an Icelandic identification number (Þjóðskrá)."""
    digits = numbers(text)
    possible = digits[9] in (0, 8, 9) and dated(2000, int(text[2:4]), int(text[:2]) % 40)
    return possible and -weighted(digits[:8], _NORDIC) % 11 == digits[8]


def baltic_code(text: str) -> bool:
    """Check an Estonian or Lithuanian personal code: date and two rounds of weights (EVS 585)."""
    digits = numbers(text)
    check = weighted(digits, (*_UP, 1)) % 11
    if check == 10:
        check = weighted(digits, (*_UP[2:], 1, 2, 3)) % 11 % 10
    return dated(2000, int(text[3:5]), int(text[5:7])) and check == digits[10]


def lv_code(text: str) -> bool:
    """Check a Latvian personal code; those that begin with 32 hold no date (PMLP)."""
    digits = numbers(text)
    possible = digits[:2] == (3, 2) or dated(2000, int(text[2:4]), int(text[:2]))
    return possible and (1 + weighted(digits, _LATVIA)) % 11 % 10 == digits[10]


def ro_cnp(text: str) -> bool:
    """Check a Romanian personal number (DEPABD)."""
    digits = numbers(text)
    check = weighted(digits, _CNP) % 11
    return dated(2000, int(text[3:5]), int(text[5:7])) and digits[12] == (1 if check == 10 else check)


def ro_company(text: str) -> bool:
    """Check a Romanian company's tax number (ANAF)."""
    digits = numbers(text)
    padded = (0,) * (10 - len(digits)) + digits
    return varied(digits) and weighted(padded, (7, 5, 3, 2, 1, 7, 5, 3, 2)) * 10 % 11 % 10 == digits[-1]


def bg_egn(text: str) -> bool:
    """Check a Bulgarian civil number; its month tells the century (ESGRAON)."""
    digits = numbers(text)
    possible = dated(2000, int(text[2:4]) % 20, int(text[4:6]))
    return possible and weighted(digits, _EGN) % 11 % 10 == digits[9]


def gr_afm(text: str) -> bool:
    """Check a Greek tax number: powers of two, modulo 11 (AADE)."""
    digits = numbers(text)
    return varied(digits) and weighted(digits, (256, 128, 64, 32, 16, 8, 4, 2)) % 11 % 10 == digits[8]


def gr_amka(text: str) -> bool:
    """Check a Greek social security number: date, Luhn (IDIKA)."""
    return dated(2000, int(text[2:4]), int(text[:2])) and luhn(numbers(text))


def hr_oib(text: str) -> bool:
    """Check a Croatian identification number, ISO 7064 MOD 11,10 (Porezna uprava)."""
    digits = numbers(text)
    return varied(digits) and mod_11_10(digits)


def jmbg(text: str) -> bool:
    """Check a Slovene EMŠO or a JMBG of its neighbours (Yugoslav law of 1976)."""
    digits = numbers(text)
    possible = dated(2000, int(text[2:4]), int(text[:2]))
    return possible and -weighted(digits[:12], _EMSO) % 11 % 10 == digits[12]


def hu_tax(text: str) -> bool:
    """Check a Hungarian tax number of a person (NAV)."""
    digits = numbers(text)
    return digits[0] == 8 and weighted(digits, _UP) % 11 == digits[9]


def hu_social(text: str) -> bool:
    """Check a Hungarian social security number (NEAK)."""
    digits = numbers(text)
    return varied(digits) and weighted(digits[:8], (3, 7) * 4) % 10 == digits[8]


def ch_company(text: str) -> bool:
    """Check a Swiss company number, modulo 11 (BFS)."""
    digits = numbers(text)
    return varied(digits) and -weighted(digits[:8], (5, 4, 3, 2, 7, 6, 5, 4)) % 11 == digits[8]


def ru_ogrn(text: str) -> bool:
    """Check a Russian registration number of 13 or 15 digits (FNS)."""
    possible = len(text) in (13, 15) and varied(numbers(text))
    return possible and int(text[:-1]) % (len(text) - 2) % 10 == int(text[-1])


def ua_tax(text: str) -> bool:
    """Check a Ukrainian taxpayer number (DPS)."""
    digits = numbers(text)
    return varied(digits) and weighted(digits, (-1, 5, 7, 9, 4, 6, 10, 5, 7)) % 11 % 10 == digits[9]


def tr_tax(text: str) -> bool:
    """Check a Turkish tax number (Gelir İdaresi)."""
    digits = numbers(text)
    total = 0
    for place, digit in enumerate(reversed(digits[:9]), 1):
        turned = (digit + place) % 10
        total += (turned * 2**place % 9 or 9) if turned else 0
    return varied(digits) and -total % 10 == digits[9]


def _folded(digit: int, weight: int) -> int:
    return sum(divmod(digit * weight, 10))


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text)).upper()


VALIDATORS: Mapping[str, Callable[[str], bool]] = {
    function.__name__: function
    for function in (
        uk_utr,
        uk_licence,
        ie_pps,
        de_document,
        de_pension,
        de_health,
        fr_siret,
        fr_tax,
        es_cif,
        es_social,
        pt_nif,
        pt_citizen,
        it_vat,
        be_national,
        lu_national,
        at_social,
        pl_nip,
        pl_regon,
        pl_id_card,
        cz_birth_number,
        cz_company,
        se_organisation,
        no_birth_number,
        no_organisation,
        dk_cpr,
        dk_cvr,
        fi_business,
        is_kennitala,
        baltic_code,
        lv_code,
        ro_cnp,
        ro_company,
        bg_egn,
        gr_afm,
        gr_amka,
        hr_oib,
        jmbg,
        hu_tax,
        hu_social,
        ch_company,
        ru_ogrn,
        ua_tax,
        tr_tax,
    )
}
