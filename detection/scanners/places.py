"""Names of hosts, coordinates, codes of banks: what is known by a list or by a range."""

from collections.abc import Callable, Mapping

from .digits import numbers, varied, weighted

_DOMAINS = frozenset(
    "com org net edu gov info biz app dev cloud online site shop xyz "
    "ae ai ar at au be bg br ca ch cl cn co cz de dk ee es eu fi fr gr hk hr hu id ie il in io ir is it "
    "jp ke kr kz lt lu lv me mx my ng nl no nz pe ph pk pl pt ro rs ru sa se sg si sk th tn tr tv tw ua uk "
    "us uy ve vn za".split()
)
"""Ends of host names that are looked for: the most frequent of the IANA root zone database."""
_WORDS = frozenset(
    "ai app ar at be ch cloud co dev es id ie in info io ir is it lt lv me my nl no online pe pl pt rs se "
    "shop si site th tn tr tv us ve".split()
)
"""Ends that are also words, fields of a record or file names: the name before them must be long."""
_REVERSED = frozenset("com org net io edu gov java javax android dev".split())
"""First parts of names of packages, which are host names back to front."""
_LONG = 8
_SECOND = frozenset("co com org net ac edu gov or ne go gob nom web".split())
_COUNTRIES = frozenset(
    "AD AE AF AG AI AL AM AO AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF "
    "CG CH CI CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FO FR GA GB GD GE GF "
    "GG GH GI GL GM GN GP GQ GR GT GW GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KI "
    "KM KN KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MK ML MM MN MO MQ MR MS MT MU MV MW "
    "MX MY MZ NA NC NE NG NI NL NO NP NR NZ OM PA PE PF PG PH PK PL PR PS PT PY QA RE RO RS RU RW SA SB SC "
    "SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ "
    "VA VC VE VG VN VU WS XK YE YT ZA ZM ZW".split()
)
"""Countries whose banks have codes (ISO 3166-1, ISO 9362)."""


def domain(text: str) -> bool:
    """Check the end of a host name; where the end is a word as well, the rest must look like a name."""
    parts = text.lower().split(".")
    end = parts[-1]
    if end not in _DOMAINS or parts[0] in _REVERSED:
        return False
    if end not in _WORDS or parts[0] == "www":
        return True
    return (len(parts) > 2 and parts[-2] in _SECOND) or (len(parts) == 2 and len(parts[0]) >= _LONG)


def bic(text: str) -> bool:
    """Check the country in the code of a bank (ISO 9362)."""
    return text[4:6].upper() in _COUNTRIES


def us_routing(text: str) -> bool:
    """Check a US routing number: district, weights 3 7 1 (American Bankers Association)."""
    digits = numbers(text)
    district = digits[0] * 10 + digits[1]
    possible = 1 <= district <= 12 or 21 <= district <= 32 or 61 <= district <= 72 or district == 80
    return possible and weighted(digits, (3, 7, 1) * 3) % 10 == 0


def coordinates(text: str) -> bool:
    """Check the ranges of latitude and longitude in degrees (ISO 6709)."""
    first, second = (float(part) for part in text.replace("\u00b0", "").replace(";", ",").split(","))
    return abs(first) <= 90 and abs(second) <= 180 and varied(numbers(text))


VALIDATORS: Mapping[str, Callable[[str], bool]] = {
    function.__name__: function for function in (domain, bic, us_routing, coordinates)
}
