"""Our categories and levels in the words of the systems we stand in for.

Tags and entity types are those of OpenGuardrails 5.4 and its data-leak rules; the taxonomy is that of
the OpenGuardrails protocol 1.0.
"""

from collections.abc import Iterable
from functools import lru_cache

from ...detection.harms import HARMS
from ...detection.types import Action, Decided, Finding, Level

ATTACK = "prompt_attack"
DATA = frozenset(("pii", "secret"))
PROMPT_ATTACKS = "Prompt Attacks"
"""Name of tag S9."""
UNJUDGED = "Unjudged Content"

_FAMILIES = {
    "exfiltration": "Data Exfiltration",
    "code": "Malicious Code",
    "leak": "System Prompt Leak",
    "deny": "Deny List",
    "placeholder": "Unknown Placeholder",
    "harmful": "Harmful Content",
}
_ENTITIES = {
    "pii.email": "EMAIL_SYS",
    "pii.ip_address": "IPV4_ADDRESS_SYS",
    "pii.us_ssn": "US_SSN_SYS",
    "pii.card": "US_BANK_CARD_NUMBER_SYS",
    "pii.cn_resident_id": "CN_ID_CARD_NUMBER_SYS",
}
_BY_RULE = (
    ("pii.ip_address", "ipv6", "IPV6_ADDRESS_SYS"),
    ("pii.phone", "cn_", "CN_PHONE_NUMBER_SYS"),
    ("pii.phone", "china_", "CN_PHONE_NUMBER_SYS"),
)
"""Where a category is wider than an entity type: category, how the rule's id begins, entity type."""
_SECRETS = {
    "private_key": "private_key",
    "password": "password",
    "connection_string": "db_connection",
    "database_url": "db_connection",
}
_CLOUDS = ("aws", "azure", "gcp", "google", "alibaba", "ibm", "oracle", "digitalocean")
_PRIVACY = {
    "phone": "phone_number",
    "card": "bank_card",
    "iban": "bank_account",
    "crypto": "bank_account",
    "date_of_birth": "date_of_birth",
    "driver_licence": "driver_license",
    "mac_address": "mac_address",
    "ip_address": "ip_address",
}
_COUNTRY = 2
"""Letters of a country's code."""
_SAFETY = {
    "toxicity": "toxicity",
    "hate": "toxicity",
    "profanity": "toxicity",
    "harassment": "toxicity",
    "threats": "violence",
    "violent_crime": "violence",
    "sexual_crime": "sexual",
    "pornography": "sexual",
    "minors": "sexual.minors",
    "self_harm": "self_harm",
    "mass_destruction": "weapons",
    "privacy": "pii",
    "financial_advice": "unsafe_advice",
    "medical_advice": "unsafe_advice",
    "legal_advice": "unsafe_advice",
}
_NAMES = {harm.category: harm.name for harm in HARMS.values()}
_ATTACKS = {
    "jailbreak": "security.jailbreak",
    "tool_output": "security.tool_poisoning",
    "exfiltration": "security.data_exfiltration",
}


def counted(decided: Iterable[Decided]) -> list[Finding]:
    """Return the findings that something was done about; what the policy lets pass is none."""
    return [item.finding for item in decided if item.action is not Action.PASS]


def risk(level: Level) -> str:
    """Return a level as OpenGuardrails spells it: ``high_risk``, and ``no_risk`` for none."""
    return "no_risk" if level is Level.NONE else f"{level.label}_risk"


def highest(findings: Iterable[Finding]) -> Level:
    """Return the highest level of some findings."""
    return max((finding.level for finding in findings), default=Level.NONE)


def score(findings: Iterable[Finding]) -> float:
    """Return how sure the surest finding is, 0.0 where there is none."""
    return max((finding.score for finding in findings), default=0.0)


def compliance_name(category: str) -> str:
    """Return the name under which a category that is neither attack nor data is reported."""
    family, _, rest = category.partition(".")
    if category in _NAMES:
        return _NAMES[category]
    return _FAMILIES.get(family) or (rest or family).replace("_", " ").title()


def entity_type(finding: Finding) -> str:
    """Return the entity type of a finding of data: ``EMAIL_SYS``, ``IBAN``."""
    for category, rule, name in _BY_RULE:
        if finding.category == category and finding.rule.startswith(rule):
            return name
    return _ENTITIES.get(finding.category) or bare_entity(finding.category)


def bare_entity(category: str) -> str:
    """Return the plain name of a category of data: ``EMAIL``."""
    return category.partition(".")[2].replace(".", "_").upper() or category.upper()


def entity_name(category: str) -> str:
    """Return an entity type for people: ``Us Ssn``."""
    return bare_entity(category).replace("_", " ").title()


@lru_cache(1024)
def taxonomy(category: str) -> str:
    """Return the protocol's id of a category; what it has no word for is ``x.sluicegate....``."""
    family, _, rest = category.partition(".")
    if family == "harmful":
        return f"safety.{_SAFETY.get(rest, 'illicit')}"
    if family == ATTACK:
        return _ATTACKS.get(rest, "security.prompt_injection")
    if family == "secret":
        return f"security.secret_leak.{_secret(rest)}"
    if family == "pii":
        return f"privacy.pii.{_privacy(rest)}"
    if family == "exfiltration":
        return "security.data_exfiltration"
    if family == "code":
        return "security.malicious_command"
    return f"x.sluicegate.{category}"


def _secret(name: str) -> str:
    for mark, kind in _SECRETS.items():
        if mark in name:
            return kind
    return "cloud_credential" if name.startswith(_CLOUDS) else "api_key"


def _privacy(name: str) -> str:
    """National numbers are named by their country: ``br_cpf`` is ``national_id.br``."""
    known = _PRIVACY.get(name)
    if known:
        return known
    country, _, rest = name.partition("_")
    return f"national_id.{country}" if rest and len(country) == _COUNTRY else name
