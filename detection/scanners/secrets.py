"""Validators of the secrets family."""

from collections.abc import Callable, Mapping

VALIDATORS: Mapping[str, Callable[[str], bool]] = {}
