"""HTTP clients that are guarded: new ones, and those there are."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

from .guard import OutboundGuard
from .settings import outbound_guard

type LibraryName = Literal["httpx", "httpx2"]

_HOMES = {"httpx": ".over_httpx", "httpx2": ".over_httpx2"}


def guarded_client(
    *, guard: OutboundGuard | None = None, library: LibraryName | None = None, options: Any = None, **how: Any
) -> Any:
    """Return a synchronous HTTP client for an SDK: ``OpenAI(http_client=guarded_client())``.

    Args:
        guard: guards its calls; made of `how` unless given, see `settings.outbound_guard`.
        library: ``httpx2`` unless it is not installed, or ``httpx``; what the SDK takes.
        options: arguments of the client (timeouts, proxies, certificates), as the library has them.
        how: arguments of `settings.outbound_guard`.

    Raises:
        ModuleNotFoundError: the library is not installed.
    """
    module: Any = import_module(_named(library))
    return guard_client(module.Client(**(options or {})), guard or outbound_guard(**how))


def async_guarded_client(
    *, guard: OutboundGuard | None = None, library: LibraryName | None = None, options: Any = None, **how: Any
) -> Any:
    """Return an asynchronous HTTP client for an SDK; see `guarded_client`."""
    module: Any = import_module(_named(library))
    return guard_client(module.AsyncClient(**(options or {})), guard or outbound_guard(**how))


def guard_client[Client](client: Client, guard: OutboundGuard) -> Client:
    """Guard a client that there is, of httpx or httpx2, in place; return it.

    All that it sends goes through the guard from now on, also by way of its proxies. One that is guarded
    stays as it is.

    Raises:
        TypeError: it is no such client.
    """
    found: Any = client
    home = _home(found)
    if home is None:
        raise TypeError(f"a client of httpx or httpx2 is expected, not {type(client).__name__}")
    module = import_module(home, __package__)
    kind = module.AsyncGuardTransport if hasattr(found, "aclose") else module.GuardTransport
    if hasattr(
        found, "_inner_client_cls"
    ):  # google-genai: a client for each event loop, made when it is needed
        made = found._inner_client_cls  # noqa: SLF001 - see above
        found._inner_client_cls = lambda **kwargs: guard_client(made(**kwargs), guard)  # noqa: SLF001 - see above
    # Clients take no transport for what they send by way of a proxy, so it is put around those they made.
    found._transport = _around(kind, guard, found._transport)  # noqa: SLF001 - see above
    found._mounts = {  # noqa: SLF001 - see above
        pattern: None if inner is None else _around(kind, guard, inner)
        for pattern, inner in found._mounts.items()  # noqa: SLF001 - see above
    }
    return client


def _around(kind: Any, guard: OutboundGuard, inner: Any) -> Any:
    return inner if isinstance(inner, kind) else kind(guard, inner)


def _home(client: Any) -> str | None:
    for name, home in _HOMES.items():
        if find_spec(name) is None:
            continue
        module: Any = import_module(name)
        if isinstance(client, module.Client | module.AsyncClient):
            return home
    return None


def _named(library: LibraryName | None) -> str:
    if library is None:
        return "httpx2" if find_spec("httpx2") else "httpx"
    if library not in _HOMES:
        raise ValueError("library must be httpx or httpx2")
    return library
