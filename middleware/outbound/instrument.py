"""Guards the clients of the SDKs that are installed, without a change to the program that makes them."""

import functools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from .clients import guard_client
from .guard import OutboundGuard
from .settings import outbound_guard

type _Clients = Callable[[Any], Iterable[Any]]
"""From an SDK's client to the HTTP clients it sends with."""


@dataclass(frozen=True, slots=True)
class _Sdk:
    """An SDK: the module and the classes whose objects own HTTP clients."""

    module: str
    classes: tuple[str, ...]
    clients: _Clients


def _stainless(client: Any) -> Iterable[Any]:
    return (client._client,)  # noqa: SLF001 - SDKs have no public place for what they send with


def _google(client: Any) -> Iterable[Any]:
    client._use_aiohttp = lambda: False  # noqa: SLF001 - aiohttp has no place for a guard around answers
    return (client._httpx_client, client._async_httpx_client)  # noqa: SLF001 - as above


def _mistral(client: Any) -> Iterable[Any]:
    return (client.sdk_configuration.client, client.sdk_configuration.async_client)


def _cohere(client: Any) -> Iterable[Any]:
    return (client._client_wrapper.httpx_client.httpx_client,)  # noqa: SLF001 - as above


SDKS: Mapping[str, _Sdk] = {
    "openai": _Sdk("openai._base_client", ("SyncAPIClient", "AsyncAPIClient"), _stainless),
    "anthropic": _Sdk("anthropic._base_client", ("SyncAPIClient", "AsyncAPIClient"), _stainless),
    "google.genai": _Sdk("google.genai._api_client", ("BaseApiClient",), _google),
    "mistralai": _Sdk("mistralai.client.sdk", ("Mistral",), _mistral),
    "cohere": _Sdk("cohere.base_client", ("BaseCohere", "AsyncBaseCohere"), _cohere),
    "ollama": _Sdk("ollama._client", ("BaseClient",), _stainless),
}
"""The SDKs that can be instrumented, by the name of their package."""

BOTO3 = "boto3"
"""The SDK whose clients are made by a factory; those of Bedrock's runtime are guarded."""

_changing = threading.Lock()
_changed: list[tuple[type, str, Any]] = []


def instrument(
    *, guard: OutboundGuard | None = None, sdks: Iterable[str] | None = None, **how: Any
) -> OutboundGuard:
    """Guard every client that installed SDKs make from now on; return the guard.

    Clients made before stay as they are. HTTP clients that a program gives to an SDK are guarded, too.
    Called again, it takes the place of what was said before. The SDKs are imported.

    Args:
        guard: guards the calls; made of `how` unless given, see `settings.outbound_guard`.
        sdks: names of `SDKS`, and `BOTO3`; all that are installed unless given.

    Raises:
        ModuleNotFoundError: an SDK that was named is not installed.
        ValueError: an SDK is not known.
    """
    known = [*SDKS, BOTO3]
    wanted = known if sdks is None else [*sdks]
    if not set(known) >= set(wanted):
        raise ValueError(f"known SDKs are {', '.join(known)}")
    found = guard or outbound_guard(**how)
    uninstrument()
    with _changing:
        for name in wanted:
            if sdks is not None or _is_installed(name):
                _changed.extend(_patched_factory(found) if name == BOTO3 else _patched(SDKS[name], found))
    return found


def uninstrument() -> None:
    """Let SDKs make their clients as before. Clients that are guarded stay guarded."""
    with _changing:
        while _changed:
            kind, name, original = _changed.pop()
            setattr(kind, name, original)


def _patched(sdk: _Sdk, guard: OutboundGuard) -> Iterator[tuple[type, str, Any]]:
    module = import_module(sdk.module)
    for name in sdk.classes:
        kind: type = getattr(module, name)
        original = kind.__init__  # type: ignore[misc]  # of the class, not of an object
        kind.__init__ = _guarding(original, sdk.clients, guard)  # type: ignore[misc]  # what this is for
        yield kind, "__init__", original


def _patched_factory(guard: OutboundGuard) -> Iterator[tuple[type, str, Any]]:
    kind: Any = import_module("botocore.session").Session
    guard_boto = import_module(".over_botocore", __package__).guard_boto
    original = kind.create_client

    @functools.wraps(original)
    def create_client(self: Any, service_name: str, *args: Any, **kwargs: Any) -> Any:
        client = original(self, service_name, *args, **kwargs)
        return guard_boto(client, guard) if service_name == "bedrock-runtime" else client

    kind.create_client = create_client
    yield kind, "create_client", original


def _guarding(original: Callable[..., None], clients: _Clients, guard: OutboundGuard) -> Callable[..., None]:
    @functools.wraps(original)
    def made(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        for client in clients(self):
            if client is not None:
                guard_client(client, guard)

    return made


def _is_installed(name: str) -> bool:
    with suppress(ModuleNotFoundError):
        return find_spec(name) is not None
    return False
