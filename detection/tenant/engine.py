"""What the exchanges of one policy are judged by: the shipped rules and its own."""

from collections.abc import Iterable

from ..database_cache import Databases
from ..errors import BadPolicy
from ..exchange import Engine
from ..judge import Scope
from ..layered import Layered
from ..memory import Memory
from ..name_rules import WithNames
from ..policy import Policy
from ..ruleset import Ruleset
from ..sift import Sift
from ..types import Direction, Principal
from .own_rules import own_patterns


class TenantEngine:
    """An `Engine` for one policy of one tenant.

    Args:
        base: the engine of the shipped rules.
        policy: brings rules of its own.
        key: 32 secret bytes of the tenant, see `known_digest`.
        databases: compiles the policy's expressions; None compiles them here and now.

    Raises:
        BadPolicy: the policy's expressions cannot be compiled.
        ModelMissing: it looks for names, and the model or what it needs is not installed.
    """

    def __init__(self, base: Engine, policy: Policy, key: bytes, databases: Databases | None):
        self._base = base
        self.prompts = base.prompts
        self.vaults = base.vaults
        self.models = base.models
        self.rulesets = dict(base.rulesets)
        patterns = [*own_patterns(policy.scanners, policy.known_values, key)]
        _refuse_taken({pattern.rule.id for pattern in patterns}, base)
        for direction in Direction:
            own = [pattern for pattern in patterns if direction in pattern.rule.directions]
            if own:
                self.rulesets[direction] = Layered(base.rulesets[direction], Ruleset(own, databases))
        if policy.names:
            self.rulesets[Direction.PROMPT] = WithNames(self.rulesets[Direction.PROMPT], policy.names)
        self.sifts = {
            direction: Sift(ruleset, whole=direction is Direction.PROMPT)
            for direction, ruleset in self.rulesets.items()
        }
        self.memory: Memory | None = Memory()

    def scope(self, policy: Policy, principal: Principal) -> Scope:
        """Return what the judges of one exchange share, nothing in it yet."""
        return self._base.scope(policy, principal)


def _refuse_taken(names: Iterable[str], base: Engine) -> None:
    """Refuse the names of shipped rules: records and clauses speak of rules by name."""
    taken = {pattern.rule.id for ruleset in base.rulesets.values() for pattern in ruleset.patterns}
    for name in names:
        if name in taken:
            raise BadPolicy(f"scanner {name}: another rule has this name; choose another")
