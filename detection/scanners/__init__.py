"""Validators: pure checks of a matched text that a pattern cannot make."""

from collections.abc import Callable, Mapping
from functools import wraps

from . import logins, pii, prompt_attacks, secrets, wallets

type Validator = Callable[[str], bool]
"""Says whether a matched text really is what its rule looks for. Pure; never raises."""


def _total(validator: Validator) -> Validator:
    """Let a validator say no to a text of a shape it was not written for."""

    @wraps(validator)
    def judge(text: str) -> bool:
        try:
            return validator(text)
        except (ValueError, IndexError):
            return False

    return judge


VALIDATORS: Mapping[str, Validator] = {
    name: _total(validator)
    for family in (
        secrets.VALIDATORS,
        logins.VALIDATORS,
        wallets.VALIDATORS,
        pii.VALIDATORS,
        prompt_attacks.VALIDATORS,
    )
    for name, validator in family.items()
}
"""Validators by the name that rules use."""
