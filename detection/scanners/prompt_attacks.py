"""Validators of prompt attacks: none yet; what a pattern matches there, it means."""

from collections.abc import Callable, Mapping

VALIDATORS: Mapping[str, Callable[[str], bool]] = {}
