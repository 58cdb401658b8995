"""What an operator may switch on in the service; all of it is off unless a setting says otherwise."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The switches.

    `restore_mapping` gives callers the values behind placeholders. `application_header` lets a key
    speak for another application of its tenant.
    """

    restore_mapping: bool = False
    application_header: bool = False
