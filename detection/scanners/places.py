"""Names of hosts, coordinates, codes of banks: what is known by a list or by a range."""

from collections.abc import Callable, Mapping

from .digits import numbers, varied, weighted

_DOMAINS = frozenset(
    # Generic
    "com net org edu gov mil int biz info online site store shop tech cloud xyz club blog agency dev app "
    "website space live news media design digital email network solutions systems services company "
    # Countries whose letters are hardly ever the end of anything else
    "ac ae af ag al ao ar at au aw az ba bb bd be bg bh bi bj bm bn bo br bs bt bw by bz ca cd cf cg ch "
    "ci ck cl cm cn co cr cu cv cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd "
    "ge gf gg gh gi gl gm gn gp gq gr gt gu gw gy hk hn hr ht hu id ie il im in io iq ir is it je jm jo jp "
    "ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc me mg mh mk ml mm mn mo "
    "mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pn pr "
    "pt pw qa re ro ru rw sa sb sc sd se sg si sk sl sm sn sr st su sv sy sz tc td tf tg th tj tk tl tm tn "
    "to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye za zm zw ai cc".split()
)
"""Ends of host names that are looked for (IANA root zone database); not those that end file names."""
_WORDS = frozenset(
    "ac ag ai al am an ar as at be bin by cc ch ci co cf do ec er es et gt id ie im in info io ir is it la "
    "li lt lv ma me mg ml mm mo ms mt my na ne nl no np om or pa pl pm pr ps pt re se si sk sl sm so st "
    "sv tf th tm to tr ts tv us va vi ws dev app site store shop media design email network services "
    "live news blog space company solutions systems online cloud club digital tech agency website".split()
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
