"""Telephone numbers, judged by the numbering plans of libphonenumber.

The library's own parser takes 60 us a number. Here its data is compiled, a country at a time and
when it is first needed, into one RE2 expression of all numbers there are; a look then takes 1 us.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache

from ..automaton import Automaton
from .digits import numbers, varied

REGIONS = tuple("DE GB FR IT AT CH NL BE IE SE AU NZ ZA IN JP KR BR TR PL UA ID TH TW".split())
"""Countries whose numbers are known by their national form alone, trunk prefix 0 or area in brackets."""

_KINDS = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "uan",
)
_ALSO = {"44": "7700900[0-9]{3}|1632960[0-9]{3}"}
"""Numbers set aside for films and examples that the library does not know (Ofcom)."""
_NANP = re.compile(r"1?([2-9][0-8][0-9])([2-9][0-9]{2})([0-9]{4})")
_DATE = re.compile(
    r"(?:19|20)\d\d([-/. ])\d\d?\1\d\d?|\d\d?([-/. ])\d\d?\2(?:19|20)\d\d|\(?(?:19|20)\d\d\W(?:19|20)\d\d\)?"
)
"""Days, and years from one to another."""
_EXTENSION = re.compile(r" ?(?:x|ext).*", re.DOTALL)


def phone_international(text: str) -> bool:
    """Check a number that begins with ``+`` or 00: its country has such numbers (ITU-T E.164)."""
    plain = _digits(_EXTENSION.sub("", text).replace("(0)", ""))
    plain = plain if text[0] == "+" else plain[2:]
    if not varied(numbers(plain[3:])):
        return False
    for size in (1, 2, 3):
        plan = _plan(plain[:size])
        if plan is not None:
            # Trunk prefixes are dialled inside the country only; many write them all the same.
            rest = plain[size:]
            return _fits(plan, rest) or (rest[:1] == "0" and _fits(plan, rest[1:]))
    return False


def phone_american(text: str) -> bool:
    """Check area and exchange code (North American Numbering Plan); an extension may follow."""
    number = re.split("[ex]", text)[0].removeprefix("001")
    return bool(_NANP.fullmatch(_digits(number)))


def phone_national(text: str) -> bool:
    """Check a number with its trunk prefix or area in brackets: one of `REGIONS` has such numbers."""
    plain = _digits(text).lstrip("0")
    return _DATE.fullmatch(text) is None and varied(numbers(plain)) and _fits(_regions(), plain)


def phone_local(text: str) -> bool:
    """Accept 7 to 15 digits that are neither one digit repeated nor a date."""
    digits = numbers(text)
    return 7 <= len(digits) <= 15 and len(set(digits)) > 2 and _DATE.fullmatch(text) is None


@cache
def _plan(code: str) -> Automaton | None:
    """Return the numbers behind a country code; None where no country has it."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE  # noqa: PLC0415 - 50 ms that most scripts need not wait

    if not code or int(code) not in COUNTRY_CODE_TO_REGION_CODE:
        return None
    also = [_ALSO[code]] if code in _ALSO else []
    return _union([_written(region, int(code)) for region in COUNTRY_CODE_TO_REGION_CODE[int(code)]] + also)


@cache
def _regions() -> Automaton:
    return _union([_written(region, 0) for region in REGIONS])


def _written(region: str, code: int) -> str:
    from phonenumbers import PhoneMetadata  # noqa: PLC0415 - as above

    if region == "001":
        data = PhoneMetadata.metadata_for_nongeo_region(code)
    else:
        data = PhoneMetadata.metadata_for_region(region)
    kinds = [getattr(data, kind) for kind in _KINDS]
    return "|".join(kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern)


def _union(written: list[str]) -> Automaton:
    return Automaton("|".join(f"(?:{item})" for item in written))


def _fits(plan: Automaton, number: str) -> bool:
    return plan.fullmatch(number.encode(), 0) is not None


def _digits(text: str) -> str:
    return "".join(map(str, numbers(text)))


VALIDATORS: Mapping[str, Callable[[str], bool]] = {
    function.__name__: function
    for function in (phone_international, phone_american, phone_national, phone_local)
}
