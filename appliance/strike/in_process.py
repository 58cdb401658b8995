"""A policy in this process as a target."""

from ...detection.inspection import Inspector
from ...detection.policy import Policy
from ...detection.texts import Text
from ...detection.types import Action, Principal
from .attacks import Attack
from .fate import Fate

_NOBODY = Principal("", "", "strike", "")


class PolicyTarget:
    """Judges attacks by a policy."""

    def __init__(self, inspector: Inspector, policy: Policy):
        self._inspector = inspector
        self._policy = policy

    def strike(self, attack: Attack) -> Fate:
        """Judge an attack as a prompt."""
        inspection = self._inspector.texts(self._policy, _NOBODY)
        action = inspection.prompt([Text(attack.text, attack.role)]).verdict.action
        if action >= Action.MASK:
            return Fate.CAUGHT
        return Fate.FLAGGED if action is Action.FLAG else Fate.MISSED
