"""How ``vllm serve`` is called for a guard of our own: its words and its environment.

Nothing is fetched and nothing is reported home: the switches are those of Hugging Face's hub and of
vLLM's documentation on usage statistics. Of our own environment it gets what programs and accelerators
need, none of our settings and none of the keys of providers.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from ..middleware.guard_client.target import Target
from .guard_settings import LocalGuard

_PASSED = re.compile(
    r"PATH|HOME|USER|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|LD_LIBRARY_PATH|LD_PRELOAD|XDG_CACHE_HOME|HF_HOME|CC|CXX"
    r"|(?:CUDA|NVIDIA|NCCL|HIP|ROCR|HSA|ZE|VLLM|TORCH|TORCHINDUCTOR|TRITON|OMP|MKL|KMP|GLOO)_[A-Z0-9_]+"
)
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
}


def command(local: LocalGuard, target: Target) -> tuple[str, ...]:
    """Return the words. The key is none of them: others on the machine can read those."""
    place = urlsplit(target.base_url)
    words = [*local.command, "serve", str(local.path.resolve()), "--served-model-name", target.model]
    words += ["--host", str(place.hostname), "--port", str(place.port)]
    if local.context is not None:
        words += ["--max-model-len", str(local.context)]
    if local.gpu_memory is not None:
        words += ["--gpu-memory-utilization", f"{local.gpu_memory / 100:.2f}"]
    return (*words, *local.arguments)


def environment(target: Target, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment, the key in it."""
    passed = {name: value for name, value in environ.items() if _PASSED.fullmatch(name)}
    return passed | _OFFLINE | {"VLLM_API_KEY": target.api_key or ""}
