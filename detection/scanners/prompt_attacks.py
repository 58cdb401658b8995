"""Validators of the prompt_attacks family."""

from collections.abc import Callable, Mapping

VALIDATORS: Mapping[str, Callable[[str], bool]] = {}
