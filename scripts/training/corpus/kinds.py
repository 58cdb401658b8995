"""How the seeds of a file may be used: as a whole message, inside a carrier, or both."""

from dataclasses import dataclass

from .seeds import ATTACK, Seed


@dataclass(frozen=True, slots=True)
class Use:
    """`direct`: as a message of its own. `carried`: inside carriers. `twin`: benign as a message of its own.

    `styled`: whether a style may change the text; not where its exact form is the attack. `times`: how much
    more than usual to make of a seed that is mostly slots.
    """

    direct: bool = True
    carried: bool = True
    twin: bool = False
    styled: bool = True
    times: int = 1


_ATTACKS = {
    "agent_order": Use(direct=False),
    "wrapped_order": Use(direct=False, times=2),
    "code_smuggling": Use(direct=False),
    "task_hijack": Use(direct=False, twin=True),
    "exfiltration": Use(direct=False),
    "memory": Use(direct=False),
    "override_classic": Use(times=3),
    "persona": Use(carried=False),
    "pretext": Use(carried=False),
    "suffix": Use(carried=False, styled=False, times=6),
    "story": Use(carried=False),
    "emotional": Use(carried=False),
    "translation": Use(carried=False),
    "many_shot": Use(carried=False, styled=False),
    "encoding": Use(styled=False),
    "splitting": Use(carried=False, styled=False),
    "fake_turns": Use(styled=False),
    "fake_tool": Use(styled=False),
    "document": Use(styled=False),
}
_CARRIED_BENIGN = frozenset(["human_instruction", "tool_notice", "statement"])
_MOSTLY_SLOTS = frozenset(["crime_talk", "slot_talk"])


def use(seed: Seed) -> Use:
    """How to use a seed. Few benign kinds go into carriers: a request that nobody made is an attack there."""
    if seed.label == ATTACK:
        return _ATTACKS.get(seed.name, Use())
    return Use(
        carried=seed.name in _CARRIED_BENIGN,
        styled=not seed.name.startswith("code"),
        times=3 if seed.name in _MOSTLY_SLOTS else 1,
    )
