"""Where a library's policy comes from when it is not its own: the seam to an appliance elsewhere."""

from typing import Protocol

from ..detection.errors import SluicegateError
from ..detection.keyring import ApplicationKeys
from ..detection.policy import Policy
from ..detection.types import AuditCore, Principal


class PolicyAway(SluicegateError):
    """No policy was had from the appliance yet, so nothing can be judged."""


class Source(Protocol):
    """An appliance that says how to judge. Any thread may ask; nothing here waits but `load`."""

    @property
    def judges(self) -> bool:
        """Whether the appliance judges itself, so that nothing is to be judged here."""
        ...

    @property
    def ready(self) -> bool:
        """Whether there is a policy."""
        ...

    def load(self) -> None:
        """Wait for the first policy, some seconds at most. Raises `PolicyAway`."""
        ...

    def policy(self, route: str = "") -> Policy:
        """Return the policy in force on a path of the application. Raises `PolicyAway`."""
        ...

    @property
    def keys(self) -> ApplicationKeys:
        """The keys of the application; equal ones as long as nothing changed. Raises `PolicyAway`."""
        ...

    @property
    def principal(self) -> Principal:
        """Whose exchanges these are. Raises `PolicyAway`."""
        ...

    def tell(self, core: AuditCore) -> None:
        """Record what texts came to."""
        ...
