"""Errors that end a command, a small tree.

ApplianceError       one clear line on stderr, exit code 1
`- SettingError      the configuration or the usage is at fault, exit code 2
"""

from ..detection.errors import SluicegateError


class ApplianceError(SluicegateError):
    """Something a person has to see to; the message is one line and holds no secret."""

    exit_code = 1


class SettingError(ApplianceError):
    """A setting is unknown, missing or wrong; the message names it and where it stands."""

    exit_code = 2
