"""The formats by name."""

from collections.abc import Mapping

from .granite_guardian import GraniteGuardian
from .jailbreak_detect import JailbreakDetect
from .judge import Judge
from .llama_guard import LlamaGuard
from .nemoguard import NemoGuard
from .openguardrails import OpenGuardrails
from .passage import Format
from .qwen3guard import Qwen3Guard
from .shieldgemma import ShieldGemma

FORMATS: Mapping[str, Format] = {
    "openguardrails": OpenGuardrails(),
    "llama-guard-3": LlamaGuard(parts=False),
    "llama-guard-4": LlamaGuard(parts=True),
    "qwen3guard": Qwen3Guard(),
    "shieldgemma": ShieldGemma(),
    "granite-guardian": GraniteGuardian(older=False),
    "granite-guardian-3.2": GraniteGuardian(older=True),
    "nemoguard": NemoGuard(),
    "jailbreak-detect": JailbreakDetect(),
    "judge": Judge(),
}
"""How a guard may be asked, as settings name it."""

SEEING: Mapping[str, Format] = {name: FORMATS[name] for name in ("llama-guard-4", "judge")}
"""Those that are shown pictures; any other would judge the words around one."""
