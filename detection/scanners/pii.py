"""Validators of personal data: payment, contact and network numbers; national numbers join here."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from itertools import pairwise

from . import american_ids, asian_ids, coins, devices, european_ids, national_ids, phones, places, vat
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


def card_number(text: str) -> bool:
    """Check a card of any length there is, 12 to 19 digits, by Luhn."""
    return 12 <= len(numbers(text)) <= 19 and card(text)


def ipv4(text: str) -> bool:
    """Accept a public host address. Four small parts are a section or a version, a last 0 a network."""
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return False
    small = all(part < _SMALL for part in address.packed)
    return address.is_global and not address.is_multicast and not small and address.packed[3] != 0


def ipv4_private(text: str) -> bool:
    """Accept an address inside an organisation; small parts alone are a version."""
    address = ipaddress.IPv4Address(text)
    return address.is_private and any(part >= _SMALL for part in address.packed)


def ipv6_full(text: str) -> bool:
    """Accept eight groups, of which one at least is too wide for a clock or a key's fingerprint."""
    wide = sum(len(part) > 2 for part in text.split(":"))
    return wide > 1 and not ipaddress.IPv6Address(text).is_loopback


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


def user_name(text: str) -> bool:
    """Accept a name that is no plain word: letters with a digit or a mark among them, and no date."""
    return any(map(str.isalpha, text)) and not text.isalpha() and not text[:4].isdecimal()


def plate(text: str) -> bool:
    """Accept letters and digits together, four to nine of them."""
    plain = [char for char in text if char.isalnum()]
    return 4 <= len(plain) <= 9 and len({char.isdecimal() for char in plain}) == 2


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
            card_number,
            iban,
            ipv4,
            ipv4_private,
            ipv6,
            ipv6_full,
            mac,
            user_name,
            plate,
            mixed_number,
            coins.base58_address,
            coins.segwit_address,
            coins.ethereum_address,
            coins.ripple_address,
            coins.solana_address,
            coins.monero_address,
            coins.cardano_address,
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
    },
    **phones.VALIDATORS,
    **places.VALIDATORS,
    **devices.VALIDATORS,
    **european_ids.VALIDATORS,
    **american_ids.VALIDATORS,
    **asian_ids.VALIDATORS,
    **vat.VALIDATORS,
}
