"""From settings to a served appliance, as fast as the machine can.

The ports come first, so that a second start fails before it touches anything. Then the control
process is forked: it opens the database while this process builds the core, on which the workers
stand when they are forked. The very first start compiles the rules, which takes longest of all;
later ones load them.
"""

import gc
import resource
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from secrets import token_bytes
from typing import TYPE_CHECKING

from ..detection.types import Tier
from ..gateway.intercepted.once import Handed, Once
from .board import Board, Slot
from .bus import make_bus
from .child import Closable, Main
from .chosen_models import chosen_models
from .compiled import compile_apart
from .errors import ApplianceError
from .guard_target import embeddings_target, guard_target
from .lifeline import Lifeline
from .logging import configure, name_process
from .policy_folder import check_policies, read_policies
from .ports import taken_ports
from .post import Crew
from .proxy_counts import CELLS
from .secrets import prepare
from .settings import Settings
from .settle import give_back
from .supervisor import Supervisor
from .world import GUARD_MODEL, INTERCEPTOR, TRANSFORMER, World, beside

if TYPE_CHECKING:
    from ..detection.escalation import Models

FIXED = (
    "data_dir", "host", "admin_port", "detection_port", "proxy_port", "database_url", "packs_key",
    "intercept", "guard", "vision", "embeddings", "linear", "transformer", "transformer_threads",
)  # fmt: skip
"""Settings that a reload cannot change: processes share what they decide."""
_LEAST_SLOTS = 8


def run(settings: Settings, reread: Callable[[], Settings]) -> None:
    """Run an appliance until it is told to stop. Raises `ApplianceError` when it cannot.

    `reread` reads the settings again for a reload.
    """
    configure(settings.log_level, settings.log_format)
    name_process("supervisor")
    _hurry()
    _raise_file_limit()
    with taken_ports(settings) as ports:
        secrets = prepare(settings.data_dir)
        policies = read_policies(settings)
        models = chosen_models(settings, policies.known.values())
        bus = make_bus()
        board = Board(1 + max(2 * settings.workers + 2, _LEAST_SLOTS) + len(beside(settings, models)), CELLS)
        handed = Handed(token_bytes(32), Once()) if settings.intercept is not None else None
        guard = guard_target(settings.guard)
        world = World(
            settings,
            policies,
            secrets,
            ports,
            board,
            bus,
            handed=handed,
            guard=guard,
            vision=guard_target(settings.vision),
            embeddings=embeddings_target(settings.embeddings),
            models=models,
            transformer=make_bus() if Tier.TRANSFORMER in models else None,
        )
        doors: tuple[Closable, ...] = (*(listener.socket for listener in ports.all), bus)
        supervisor = Supervisor(_crew(world), board, doors=doors, reread=lambda: _renewed(world, reread()))
        if world.policies.tested or (settings.data_dir / "packs").is_dir():
            # the control process makes first secrets, which a start that fails would waste
            _prepare(world)
            supervisor.start_control()
        else:
            supervisor.start_control()
            _prepare(world)
        supervisor.run()


def _crew(world: World) -> Crew:
    def control(slot: Slot, line: Lifeline) -> None:
        from .control import govern  # noqa: PLC0415 - no worker is to know the database

        govern(world, slot, line)

    def worker(slot: Slot, line: Lifeline) -> None:
        from .worker import serve  # noqa: PLC0415 - imported while the control process starts

        serve(world, slot, line)

    def interceptor(slot: Slot, line: Lifeline) -> None:
        from .intercept import intercept  # noqa: PLC0415 - mitmproxy is large, and often not wanted

        intercept(world, slot, line)

    def guard(slot: Slot, line: Lifeline) -> None:
        from .vllm import run_guard  # noqa: PLC0415 - often not wanted

        run_guard(world, slot, line)

    def transformer(slot: Slot, line: Lifeline) -> None:
        from .model_process import run_model  # noqa: PLC0415 - often not wanted

        run_model(world, slot, line)

    mains: dict[str, Main] = {INTERCEPTOR: interceptor, TRANSFORMER: transformer, GUARD_MODEL: guard}
    others = tuple((name, mains[name]) for name in beside(world.settings, world.models))
    return Crew(control, worker, world.settings.workers, world.settings.drain_seconds, others)


def _prepare(world: World) -> None:
    """Do once what every worker needs, and leave it where their garbage collectors do not look.

    Raises `ApplianceError` for a policy that fails its tests, or a pack that nobody trusted signed.
    """
    from ..detection.core import build_inspector  # noqa: PLC0415 - as above
    from ..detection.kept import forget  # noqa: PLC0415 - as above
    from ..detection.rules import load_packs  # noqa: PLC0415 - as above
    from ..middleware.memory_vault import MemoryVault  # noqa: PLC0415 - as above
    from .clock import SystemClock  # noqa: PLC0415 - as above
    from .compile_aside import compile_aside  # noqa: PLC0415 - as above
    from .packs import external_rules  # noqa: PLC0415 - as above
    from .worker import serve  # noqa: F401, PLC0415 - for the workers to find

    cache = world.settings.data_dir / "compiled"
    own = external_rules(world.settings)
    rules = (*load_packs(), *own)
    key = world.secrets.placeholder_key
    vaults, models = MemoryVault(key, SystemClock()), _models(world)
    build = partial(build_inspector, key, rules, cache, compile_aside, vaults=vaults, models=models)
    if not compile_apart(cache, build, repr(own) if own else ""):
        return
    world.core.append(build())
    check_policies(world.policies, world.core[0])
    forget()
    give_back()
    gc.freeze()


def _models(world: World) -> "Models | None":
    """Load what is asked in passing, and say who else can be asked. Raises `ModelMissing`."""
    asked = {Tier.GUARD_MODEL: world.guard, Tier.VISION: world.vision}
    tiers = {*world.models, *(tier for tier, target in asked.items() if target is not None)}
    if not tiers:
        return None
    from ..detection.escalation import Models  # noqa: PLC0415 - as above
    from ..detection.shipped_models import Linear, shipped_bands  # noqa: PLC0415 - brings a library

    linear = Linear.load() if Tier.LINEAR in tiers else None
    return Models(linear, tiers - {Tier.LINEAR}, shipped_bands())


def _renewed(world: World, settings: Settings) -> Crew:
    """Return the crew of a reload. Raises `ApplianceError` for what needs a restart."""
    for name in FIXED:
        if getattr(settings, name) != getattr(world.settings, name):
            raise ApplianceError(f"{name}: a change takes a restart")
    most = (len(world.board.slots) - 1 - len(beside(settings, world.models))) // 2
    if settings.workers > most:
        raise ApplianceError(f"workers: more than {most} take a restart")
    policies = read_policies(settings)
    if not chosen_models(settings, policies.known.values()) <= world.models:
        raise ApplianceError("a policy asks for a model that is not run: that takes a restart")
    for core in world.core:
        check_policies(policies, core)
    configure(settings.log_level, settings.log_format)
    return _crew(replace(world, settings=settings, policies=policies))


def _hurry() -> None:
    """Spare a start what only costs it time; together a fifth of a second.

    Importing makes no garbage but many objects to look through for it. httpx has a command line
    of its own that pulls in a terminal's worth of packages where they happen to be installed.
    """
    gc.disable()
    sys.modules["httpx._main"] = None  # type: ignore[assignment] # None is how an import is switched off


def _raise_file_limit() -> None:
    """Take as many file descriptors as we are allowed: each stream needs two."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
