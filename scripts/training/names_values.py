"""Made-up names, organisations and addresses of many countries, for the slots of templates."""

import random
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from faker import Faker

LOCALES: Mapping[str, tuple[str, ...]] = {
    "en": ("en_US", "en_GB", "en_IN", "en_IE", "en_AU", "en_NZ", "en_CA"),
    "de": ("de_DE", "de_AT", "de_CH"),
    "fr": ("fr_FR", "fr_CA", "fr_CH"),
    "es": ("es_ES", "es_MX", "es_AR", "es_CO"),
    "it": ("it_IT",),
    "pt": ("pt_BR", "pt_PT"),
    "nl": ("nl_NL", "nl_BE"),
    "pl": ("pl_PL",),
    "sv": ("sv_SE",),
    "tr": ("tr_TR",),
}
"""Where the names of a language's texts come from, most of them."""
_LISTS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "names" / "values.toml").read_text("utf-8"))
_ROMAN = ("zh_CN", "ja_JP", "zh_TW")
"""Countries whose names are taken in Latin letters."""
_FOREIGN = 0.3
"""Share of the persons whose names come from elsewhere."""


class Values:
    """Draws values for slots: the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f"names {seed}")
        codes = {code for several in LOCALES.values() for code in several} | {*_LISTS["elsewhere"], *_ROMAN}
        self._fakers = {code: Faker(code) for code in sorted(codes)}
        for number, faker in enumerate(self._fakers.values()):
            faker.seed_instance(seed * 1000 + number)

    def draw(self, slot: str, lang: str) -> str:
        """Return a value for a slot of a text in a language."""
        return _SLOTS[slot](self, lang).strip()

    def chance(self, share: float) -> bool:
        """Say whether something that happens so often happens now."""
        return self._rng.random() < share

    def choice(self, several: Sequence[str]) -> str:
        """Return one of several."""
        return self._rng.choice(several)

    def local(self, lang: str) -> Faker:
        """Return what makes values of one of a language's countries."""
        return self._fakers[self.choice(LOCALES[lang])]

    def number(self, least: int, most: int) -> int:
        """Return a whole number."""
        return self._rng.randint(least, most)

    def first(self, lang: str) -> str:
        """Return a given name."""
        if not self.chance(_FOREIGN):
            return str(self.local(lang).first_name())
        if self.chance(0.25):
            return self._roman()[0]
        return str(self._fakers[self.choice(_LISTS["elsewhere"])].first_name())

    def last(self, lang: str) -> str:
        """Return a family name."""
        if not self.chance(_FOREIGN):
            return str(self.local(lang).last_name())
        if self.chance(0.25):
            return self._roman()[1]
        return str(self._fakers[self.choice(_LISTS["elsewhere"])].last_name())

    def _roman(self) -> tuple[str, str]:
        words = str(self._fakers[self.choice(_ROMAN)].romanized_name()).split()
        return (words[0].title(), words[-1].title())

    def person(self, lang: str) -> str:
        """Return a full name in one of the forms that people write."""
        first, last = self.first(lang), self.last(lang)
        if self.chance(0.06):
            last = f"{self.choice(_LISTS['particle'])} {last}"
        if self.chance(0.3 if lang in ("es", "pt") else 0.03):
            last = f"{last} {self.last(lang)}"
        elif self.chance(0.04):
            last = f"{last}-{self.last(lang)}"
        drawn = self._rng.random()
        if drawn < 0.07:
            return f"{last}, {first}"
        if drawn < 0.15:
            return f"{first} {self.choice(tuple('ABCDEFGHJKLMNPRSTW'))}. {last}"
        if drawn < 0.20:
            return f"{first[0]}. {last}"
        if drawn < 0.22:
            return f"{first[0]}.{self.choice(tuple('ABCDEJKMPRST'))}. {last}"
        if drawn < 0.27:
            return f"{first} {self.first(lang)} {last}"
        if drawn < 0.30:
            return f"{first} {last}".upper()
        return f"{first} {last}"

    def org(self, lang: str) -> str:
        """Return an organisation."""
        drawn = self._rng.random()
        if drawn < 0.25:
            return self._company(lang)
        if drawn < 0.45:
            name = f"{self.choice(_LISTS['beginning'])} {self.choice(_LISTS['trade'])}"
            return f"{name} {self.choice(_LISTS['form'])}" if self.chance(0.3) else name
        if drawn < 0.60:
            return self.choice(_LISTS["known"])
        if drawn < 0.70:
            return f"{self.last(lang)} {self.choice(_LISTS['form'] if self.chance(0.5) else _LISTS['trade'])}"
        if drawn < 0.76:
            return f"{self.last(lang)} & {self.choice(('Sons', 'Co.', 'Partners', self.last(lang)))}"
        if drawn < 0.88:
            return self._public(lang)
        if drawn < 0.94:
            letters = "".join(self.choice("ABCDEFGHIKLMNOPRSTVWXZ") for _ in range(self.number(2, 4)))
            return f"{letters} {self.choice(_LISTS['form'])}" if self.chance(0.4) else letters
        start = self.choice(("Zen", "Vor", "Lum", "Kry", "Qui", "Tal", "Ner", "Sol", "Bri", "Fen", "Opt"))
        return start + self.choice(("tek", "ix", "ara", "ify", "ora", "dyne", "soft", "ly", "en", "ium"))

    def _company(self, lang: str) -> str:
        name = str(self.local(lang).company())
        # Rows of family names are how Faker calls partnerships; in life they are mostly rows of people.
        return (
            name
            if "," not in name and " and " not in name
            else name.replace(" and ", " & ").replace(",", " &")
        )

    def _public(self, lang: str) -> str:
        city = str(self.local(lang).city())
        return self.choice(_LISTS["public"][lang]).format(city)

    def address(self, lang: str) -> str:
        """Return a street address on one line."""
        local = self.local(lang)
        if lang != "en":
            street = str(local.street_address()).replace("\n", " ")
        elif self.chance(0.5):
            street = f"{self.number(1, 9999 if self.chance(0.3) else 299)} {self._street(lang)}"
        else:
            street = str(local.street_address()).replace("\n", ", ")
        if lang == "en" and self.chance(0.12):
            flat = self.choice(("Apt", "Suite", "Unit", "Flat", "#"))
            street = f"{street}, {flat} {self.number(1, 60)}"
        return street + self._town(local, lang)

    def _street(self, lang: str) -> str:
        name = self.choice(_LISTS["street_name"]) if self.chance(0.6) else self.last(lang)
        return f"{name} {self.choice(_LISTS['street'])}"

    def _town(self, local: Faker, lang: str) -> str:
        drawn = self._rng.random()
        if drawn < 0.35:
            return ""
        city, code = str(local.city()), str(local.postcode())
        if drawn < 0.5:
            return f", {city}"
        if lang == "en":
            state = f" {local.state_abbr()}" if hasattr(local, "state_abbr") else ""
            return f", {city},{state} {code}" if state else f", {city} {code}"
        return f", {code} {city}"


_SLOTS: Mapping[str, Callable[[Values, str], str]] = {
    "person": Values.person,
    "first": Values.first,
    "last": Values.last,
    "org": Values.org,
    "address": Values.address,
    "city": lambda values, lang: str(values.local(lang).city()),
    "country": lambda values, lang: str(values.local(lang).country()),
    "date": lambda values, lang: str(values.local(lang).date("%d.%m.%Y" if lang != "en" else "%B %d, %Y")),
    "time": lambda values, lang: str(values.local(lang).time("%H:%M")),
    "phone": lambda values, lang: str(values.local(lang).phone_number()),
    "email": lambda values, lang: str(values.local(lang).email()),
    "number": lambda values, lang: str(values.number(1, 99_999)),
    "amount": lambda values, lang: f"{values.number(1, 9000)}.{values.number(10, 99)}",
    "job": lambda values, lang: str(values.local(lang).job()),
    "product": lambda values, lang: values.choice(_LISTS["product"]),
    "month": lambda values, lang: str(values.local(lang).month_name()),
}
LABELLED: Mapping[str, str] = {
    "person": "person",
    "first": "person",
    "last": "person",
    "org": "organization",
    "address": "address",
}
"""The slots that are names, and of what kind."""
