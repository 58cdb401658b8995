"""From what a program says to a guard."""

from collections.abc import Callable, Mapping

from ...detection.inspection import Inspector
from ...detection.policy import Policy
from ...detection.types import Principal
from ...library import default
from ...library.embedded import Embedded
from ...library.settings import PolicyLike, policy_of
from ..limits import Limits
from ..records import Audit, OnVerdict, sink_of
from ..remote.address import BadRemote
from ..remote.faces import RemoteLibrary, RemoteLike, remote_of
from .directory import Directory
from .going_on import Forgiving
from .guard import OutboundGuard
from .parts import WHOEVER, Fail, Parts, Unknown
from .tally import Tally
from .unasked import nobody

_NO_RATES = Limits(client_rate=None, key_rate=None)


def outbound_guard(
    *,
    policy: PolicyLike | None = None,
    unknown: Unknown = "refuse",
    fail: Fail = "closed",
    hosts: Mapping[str, str] | None = None,
    on_verdict: OnVerdict | None = None,
    audit: Audit = None,
    limits: Limits = _NO_RATES,
    principal: Principal = WHOEVER,
    inspector: Inspector | None = None,
    remote: RemoteLike | None = None,
    key: str | None = None,
) -> OutboundGuard:
    """Return what guards the calls of HTTP clients; one may serve many.

    Args:
        policy: decides instead of the one the library is configured with.
        unknown: what becomes of a request that no table of routes knows: ``refuse`` answers it with an
            error, ``pass`` sends it as it is, and counts it.
        fail: what becomes of a call whose judging fails: ``closed`` answers with an error, ``open`` lets
            it go on unjudged, and counts and records that. What the core says of the traffic itself -
            a block, a body that cannot be read - is no failure.
        hosts: further hosts (``host``, ``host:port`` or a base URL) and whose format they speak.
        on_verdict: is told the record of every call that ended; a coroutine function only where clients are
            asynchronous.
        audit: where records go: a sink, a function, or a file; they hold no text.
        limits: sizes in bytes; times and rates are not looked at.
        principal: whose calls these are; placeholders belong to its application.
        inspector: judges instead of the library's core; it must be safe for the threads that call.
        remote: an appliance whose policies are in force unless `policy` is given, and on whose record calls
            are, beside `audit`: a `Remote`, or the URL of its detection API.
        key: of an application there, with a URL.

    Raises:
        BadPolicy: there is no such policy.
        BadRemote: the appliance cannot be used as it is told.
        OSError: the file for records cannot be opened.
        ValueError: a word or a provider is not known.
    """
    if unknown not in ("pass", "refuse"):
        raise ValueError("unknown must be pass or refuse")
    if fail not in ("closed", "open"):
        raise ValueError("fail must be closed or open")
    tally = Tally()
    away = remote_of(remote, key)
    if away is not None and away.judges:
        raise BadRemote("detect: what a program sends is judged in the program")
    library = None if away is None else RemoteLibrary(away)
    own = Embedded(library or default.current, asks=True)
    sink = sink_of(audit, on_verdict, away)
    parts = Parts(
        inspector=lambda: inspector or own,
        policy=_policy(policy, library),
        audit=Forgiving(sink, tally.failed_open) if fail == "open" else sink,
        tally=tally,
        principal=principal,
        directory=Directory(hosts),
        limits=limits,
        unknown=unknown,
        fail=fail,
        asks=nobody if inspector is not None else own.opinions,
        waits=lambda: inspector is None and own.waits,
    )
    return OutboundGuard(parts)


def _policy(wanted: PolicyLike | None, library: RemoteLibrary | None) -> Callable[[], Policy]:
    named = None if wanted is None else policy_of(wanted)
    if library is not None:
        return lambda: library.policy(named)
    return lambda: default.current().policy(named)
