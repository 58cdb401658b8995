"""The 21 built-in tags S1 to S21: what each is about, its category, and how grave it is.

Tags, names and levels are those of OpenGuardrails 5.4. Tag S9 is about attacks on the model; all others
are harmful content.
"""

from collections.abc import Mapping
from typing import NamedTuple

from .types import Level


class Harm(NamedTuple):
    """One tag: the category of its findings, its name, and their level."""

    category: str
    name: str
    level: Level


HARMS: Mapping[str, Harm] = {
    "S1": Harm("harmful.politics", "General Political Topics", Level.LOW),
    "S2": Harm("harmful.sensitive_politics", "Sensitive Political Topics", Level.HIGH),
    "S3": Harm("harmful.national_symbols", "Insult to National Symbols or Leaders", Level.HIGH),
    "S4": Harm("harmful.minors", "Harm to Minors", Level.MEDIUM),
    "S5": Harm("harmful.violent_crime", "Violent Crime", Level.HIGH),
    "S6": Harm("harmful.non_violent_crime", "Non-Violent Crime", Level.MEDIUM),
    "S7": Harm("harmful.pornography", "Pornography", Level.MEDIUM),
    "S8": Harm("harmful.hate", "Hate & Discrimination", Level.LOW),
    "S9": Harm("prompt_attack.model", "Prompt Attacks", Level.HIGH),
    "S10": Harm("harmful.profanity", "Profanity", Level.LOW),
    "S11": Harm("harmful.privacy", "Privacy Invasion", Level.LOW),
    "S12": Harm("harmful.commercial", "Commercial Violations", Level.LOW),
    "S13": Harm("harmful.intellectual_property", "Intellectual Property Infringement", Level.LOW),
    "S14": Harm("harmful.harassment", "Harassment", Level.LOW),
    "S15": Harm("harmful.mass_destruction", "Weapons of Mass Destruction", Level.HIGH),
    "S16": Harm("harmful.self_harm", "Self-Harm", Level.MEDIUM),
    "S17": Harm("harmful.sexual_crime", "Sexual Crimes", Level.HIGH),
    "S18": Harm("harmful.threats", "Threats", Level.LOW),
    "S19": Harm("harmful.financial_advice", "Professional Financial Advice", Level.LOW),
    "S20": Harm("harmful.medical_advice", "Professional Medical Advice", Level.LOW),
    "S21": Harm("harmful.legal_advice", "Professional Legal Advice", Level.LOW),
}
"""By tag."""
