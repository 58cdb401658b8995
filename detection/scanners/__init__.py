"""Validators: pure checks of a matched text that a pattern cannot make."""

from collections.abc import Callable, Mapping

from . import pii, prompt_attacks, secrets

type Validator = Callable[[str], bool]
"""Says whether a matched text really is what its rule looks for. Pure; never raises."""

VALIDATORS: Mapping[str, Validator] = {
    **secrets.VALIDATORS,
    **pii.VALIDATORS,
    **prompt_attacks.VALIDATORS,
}
"""Validators by the name that rules use."""
