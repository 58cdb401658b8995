"""Validators of personal data: payment, contact and network numbers; national numbers join here."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from itertools import pairwise

from . import coins, national_ids
from .digits import luhn, numbers

_IBAN_LENGTHS = {
    15: "NO",
    16: "BE",
    18: "DK FI FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU XK MN",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM TL SO",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
"""Countries by the length of their IBAN (SWIFT IBAN Registry)."""
_LENGTH_OF = {country: length for length, names in _IBAN_LENGTHS.items() for country in names.split()}

_NOT_MAIL_ENDS = frozenset(
    "png jpg jpeg gif svg webp ico bmp mp3 mp4 js mjs cjs jsx ts tsx css scss html htm json yaml yml "
    "toml xml md txt csv py rb go rs java kt swift php sh exe dll so zip gz tar bz whl jar lock log cfg "
    "ini conf local".split()
)
_NOT_PEOPLE = frozenset({"git", "hg", "svn"})

_COUNTRY_CODES = frozenset(
    "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 "
    "65 66 81 82 84 86 90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 "
    "230 231 232 233 234 235 236 237 238 239 240 241 242 243 244 245 246 248 249 250 251 252 253 254 "
    "255 256 257 258 260 261 262 263 264 265 266 267 268 269 290 291 297 298 299 350 351 352 353 354 "
    "355 356 357 358 359 370 371 372 373 374 375 376 377 378 380 381 382 383 385 386 387 389 420 421 "
    "423 500 501 502 503 504 505 506 507 508 509 590 591 592 593 594 595 596 597 598 599 670 672 673 "
    "674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 850 852 853 855 856 880 "
    "886 960 961 962 963 964 965 966 967 968 970 971 972 973 974 975 976 977 992 993 994 995 996 998".split()
)
"""Country calling codes in use (ITU-T E.164, list of assigned codes)."""
_NANP = re.compile(r"1?([2-9][0-8][0-9])([2-9][0-9]{2})([0-9]{4})")


_SMALL = 32
"""Parts of version and section numbers stay below."""


def email(text: str) -> bool:
    """Refuse file names with an ``@`` and the shared accounts of version control."""
    local, _, domain = text.lower().rpartition("@")
    return domain.rpartition(".")[2] not in _NOT_MAIL_ENDS and local not in _NOT_PEOPLE and ".." not in local


def card(text: str) -> bool:
    """Check a payment card number by Luhn; one digit over and over is nobody's."""
    digits = numbers(text)
    return luhn(digits) and len(set(digits)) > 1


def iban(text: str) -> bool:
    """Check length by country and ISO 7064 MOD 97-10 (ISO 13616)."""
    plain = text.replace(" ", "").upper()
    if len(plain) != _LENGTH_OF.get(plain[:2]):
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def phone_international(text: str) -> bool:
    """Check the country code and the number of digits after a ``+`` (ITU-T E.164)."""
    digits = "".join(map(str, numbers(text)))
    if digits.startswith("1"):
        return phone_american(text)
    code = next((digits[:size] for size in (1, 2, 3) if digits[:size] in _COUNTRY_CODES), "")
    national = digits[len(code) :].removeprefix("0")
    return bool(code) and 7 <= len(national) <= 15 - len(code) and len(set(national)) > 1


def phone_american(text: str) -> bool:
    """Check area and exchange code (North American Numbering Plan); an extension may follow."""
    number = re.split("[ex]", text)[0].removeprefix("001")
    return bool(_NANP.fullmatch("".join(map(str, numbers(number)))))


def phone_local(text: str) -> bool:
    """Accept 7 to 15 digits that are neither one digit repeated nor a date."""
    digits = numbers(text)
    date = re.fullmatch(r"(?:19|20)\d\d([-/. ])\d\d?\1\d\d?|\d\d?([-/. ])\d\d?\2(?:19|20)\d\d", text)
    return 7 <= len(digits) <= 15 and len(set(digits)) > 2 and date is None


def ipv4(text: str) -> bool:
    """Accept a public host address. Four small parts are a section or a version, a last 0 a network."""
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return False
    small = all(part < _SMALL for part in address.packed)
    return address.is_global and not address.is_multicast and not small and address.packed[3] != 0


def ipv6(text: str) -> bool:
    """Accept a public IPv6 address."""
    try:
        return ipaddress.IPv6Address(text).is_global
    except ValueError:
        return False


def mac(text: str) -> bool:
    """Accept the address of one device: neither broadcast nor one digit repeated nor a plain count."""
    digits = [int(part, 16) for part in re.split("[:-]", text)]
    return len(set(digits)) > 2 and any(b - a != 1 for a, b in pairwise(digits))


def mixed_number(text: str) -> bool:
    """Accept a document number: at least five digits, not one digit repeated."""
    digits = numbers(text)
    return len(digits) >= 5 and len(set(digits)) > 1


VALIDATORS: Mapping[str, Callable[[str], bool]] = {
    **{
        function.__name__: function
        for function in (
            email,
            card,
            iban,
            phone_international,
            phone_american,
            phone_local,
            ipv4,
            ipv6,
            mac,
            mixed_number,
            coins.base58_address,
            coins.segwit_address,
            coins.ethereum_address,
            national_ids.us_ssn,
            national_ids.us_itin,
            national_ids.uk_nino,
            national_ids.uk_nhs,
            national_ids.ca_sin,
            national_ids.de_tax,
            national_ids.fr_nir,
            national_ids.es_dni,
            national_ids.it_fiscal,
            national_ids.br_cpf,
            national_ids.br_cnpj,
            national_ids.in_aadhaar,
            national_ids.cn_resident,
            national_ids.ru_snils,
            national_ids.ru_inn,
            national_ids.pl_pesel,
            national_ids.nl_bsn,
            national_ids.ch_ahv,
            national_ids.mx_curp,
            national_ids.tr_kimlik,
            national_ids.jp_my_number,
            national_ids.au_tfn,
            national_ids.fi_hetu,
            national_ids.se_person,
        )
    }
}
