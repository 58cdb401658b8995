"""Whether a rule of ours is the one that a near miss of another scanner's test was written for.

Scanners name rules by who issued the credential (``aws-access-token``), so does our category
(``secret.aws_access_key``): the same issuer is the same rule.
"""

import re

_WORDS = re.compile(r"[a-z0-9]+")
_ALSO = {
    "gcp": ("google",),
    "privatekey": ("private", "pem", "rsa"),
    "generic": ("generic", "assigned", "password", "secret", "token"),
    "hashicorp": ("hashicorp", "terraform", "vault"),
    "curl": ("curl", "basic", "bearer", "authorization"),
    "facebook": ("facebook", "meta"),
    "privateai": ("private_ai", "privateai"),
    "octopusdeploy": ("octopus",),
    "sumologic": ("sumo", "sumologic"),
}
"""Other names under which an issuer or a kind goes."""


def names_rule(theirs: str, rule: str, category: str) -> bool:
    """Say whether their rule and ours are about the same issuer or kind of credential."""
    words = _words(theirs)
    if not words:
        return False
    wanted = set(_ALSO.get(words[0], (words[0],)))
    ours = f"{rule} {category.partition('.')[2]}".lower()
    return any(name in ours if "_" in name else name in _words(ours) for name in wanted)


def _words(name: str) -> list[str]:
    return _WORDS.findall(name.lower())
