"""An appliance that is somewhere else, as one program sees it: its policies here, our records there."""

import atexit
import logging
import os
import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import orjson

from ...detection.errors import SealBroken
from ...detection.keyring import ApplicationKeys
from ...detection.policy import Policy
from ...detection.types import AuditCore, AuditEntry, Principal
from ...detection.wire import Unreadable
from ...library.source import PolicyAway
from ..policy_table import PolicyTable
from ..request_id import new_id
from .address import Address
from .caller import Away, Caller
from .entries import spelled
from .folder import Kept, private_folder
from .given import Given, decode
from .pusher import Pusher
from .record_spool import RecordSpool
from .rounds import Rounds, Task
from .sealed import unseal

if TYPE_CHECKING:
    import httpx

type Detect = Literal["local", "remote"]
"""Who judges: this process under the appliance's policies, or the appliance itself."""

SPOOL_BYTES = 64 * 1024 * 1024
PULL_SECONDS = 10.0
"""Between two questions whether the policies changed."""
PUSH_SECONDS = 1.0
"""Between two times that records are sent."""

_MOST_SAID = 96 * 1024 * 1024
"""Bytes of what an appliance says of one exchange."""
_log = logging.getLogger(__name__)
_remotes: "weakref.WeakSet[Remote]" = weakref.WeakSet()


@dataclass(frozen=True, slots=True)
class RemoteStatus:
    """How things stand with an appliance.

    Attributes:
        issued: when it made the policies in force, in seconds since the epoch; None for none yet.
        confirmed: seconds since it said last that they are in force; None where this process never heard it.
        waiting: bytes of records that wait to be sent.
        lost: records that were lost: no room, or refused.
        fault: why it gave no answer of use last time; empty where it did.
    """

    issued: float | None
    confirmed: float | None
    waiting: int
    lost: int
    fault: str


class Remote:
    """One appliance and one key. Implements `library.source.Source` and `detection.ports.AuditSink`.

    Faces of one program share one. A thread of its own pulls policies and pushes records, and begins with
    the first use, also in a forked child.

    Args:
        url: of the appliance's detection API; https, but for this machine.
        key: of an application there.
        detect: ``local`` judges in this process, ``remote`` asks the appliance about every body.
        state: folder for the last good policies and for records that wait; this user's own unless given.
        spool_bytes: of records that may wait; what comes beyond is lost and counted.
        pull_seconds: between two questions whether policies changed.
        seconds: an answer of the appliance may take.
        ca: certificates to trust in place of the system's.
        transport: of httpx, in place of its own.

    Raises:
        BadRemote: URL, key or folder cannot be used.
        ValueError: `detect` is neither word.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        detect: Detect = "local",
        state: Path | None = None,
        spool_bytes: int = SPOOL_BYTES,
        pull_seconds: float = PULL_SECONDS,
        seconds: float = 5.0,
        ca: Path | None = None,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        if detect not in ("local", "remote"):
            raise ValueError("detect must be local or remote")
        self.detect = detect
        address = Address(url, key)
        folder = private_folder(address, state)
        self._key = key
        self._pull_seconds = pull_seconds
        self._seconds = seconds
        self.caller = Caller(address, seconds=seconds, ca=ca, transport=transport)
        self._kept = Kept(folder, address)
        self._lost = 0
        self._spool = RecordSpool(folder, spool_bytes, self._note_lost)
        self._pusher = Pusher(self._spool, self.caller, self._note_lost)
        self._force: tuple[Given, PolicyTable] | None = None
        self._tag = ""
        self._confirmed: float | None = None
        self._faults: Mapping[str, str] = {}
        self._pulling = threading.Lock()
        self._pushing = threading.Lock()
        self._starting = threading.Lock()
        self._rounds: Rounds | None = None
        self._over = False
        self._take(self._kept.load())
        _remotes.add(self)

    @property
    def judges(self) -> bool:
        """Whether the appliance is asked about every body."""
        return self.detect == "remote"

    @property
    def ready(self) -> bool:
        """Whether there is a policy: of this process's asking, or the last good one."""
        if self._rounds is None:
            self._start()
        return self._force is not None

    @property
    def status(self) -> RemoteStatus:
        """How things stand."""
        force, confirmed = self._force, self._confirmed
        issued = None if force is None else force[0].issued
        since = None if confirmed is None else time.monotonic() - confirmed
        fault = next(iter(self._faults.values()), "")
        return RemoteStatus(issued, since, self._spool.waits, self._lost, fault)

    def load(self) -> None:
        """Ask for policies, unless there are some or nobody answered lately. Raises `PolicyAway` for none."""
        if not self.ready and "pull" not in self._faults:
            self.pull()
        self._in_force()

    def policy(self, route: str = "") -> Policy:
        """Return the policy in force on a path of the application. Raises `PolicyAway`."""
        given, table = self._in_force()
        return table.policy(given.principal, route)

    @property
    def keys(self) -> ApplicationKeys:
        """The keys of the application. Raises `PolicyAway`."""
        return self._in_force()[0].keys

    @property
    def principal(self) -> Principal:
        """Whose exchanges these are. Raises `PolicyAway`."""
        return self._in_force()[0].principal

    @property
    def given(self) -> Given:
        """All that the appliance gave, as it said last. Raises `PolicyAway`."""
        return self._in_force()[0]

    @property
    def has_room(self) -> bool:
        """Whether the record of another exchange can be kept until it is sent."""
        return not self._spool.full

    def opened(self, entry: AuditEntry) -> None:
        """Wait for the end."""

    def closed(self, entry: AuditEntry) -> None:
        """Keep a record to be sent. It outlives this process."""
        if self._rounds is None:
            self._start()
        self._spool.put(spelled(entry))

    def tell(self, core: AuditCore) -> None:
        """Record what texts of a program came to."""
        now, seconds = time.time(), core.prompt.seconds + (core.answer.seconds if core.answer else 0.0)
        outcome = "refused" if core.action.label == "block" else "complete"
        self.closed(
            AuditEntry(
                new_id(now), self.principal, "library", "", "", "", 0, outcome, False, now - seconds, seconds,
                0.0, "", core,
            )
        )  # fmt: skip

    def ask(self, path: str, tree: object) -> object:
        """Put a question to the appliance; return the JSON that it answers. Raises `Away`."""
        try:
            said: object = self.caller.tell(path, orjson.dumps(tree), _MOST_SAID)
        except Away as fault:
            self._failed("ask", fault)
            raise
        self._went_well("ask")
        return said

    def pull(self) -> bool:
        """Ask now whether the policies changed; say whether the appliance gave an answer of use."""
        return self._pull() is None

    def push(self) -> bool:
        """Send now what waits; say whether the appliance has all of it."""
        return self._push() is None

    def close(self, seconds: float = 2.0) -> None:
        """End: send what waits if that is quickly done; the rest waits for the next process.

        Args:
            seconds: that may take, about.
        """
        self._over = True
        rounds, self._rounds = self._rounds, None
        if rounds is not None:
            rounds.stop(seconds)
            if self._spool.waits and not self._faults:
                self.push()
        self._spool.close()
        self.caller.close()

    def after_fork(self) -> None:
        """In a child: thread, connections and files are the parent's."""
        self._pulling, self._pushing, self._starting = (threading.Lock() for _ in range(3))
        self._rounds = None
        self.caller.forget()
        self._spool.forget()

    def _in_force(self) -> tuple[Given, PolicyTable]:
        if self._rounds is None:
            self._start()
        if self._force is None:
            raise PolicyAway("the appliance gave no policy yet, and none is kept from before")
        return self._force

    def _pull(self) -> float | None:
        with self._pulling:
            try:
                pulled = self.caller.policies(self._tag)
                if pulled is not None:
                    self._take(decode(unseal(self._key, pulled.nonce, pulled.sealed)))
                    self._tag = pulled.tag
                    self._kept.keep(pulled.nonce, pulled.sealed)
            except (Away, SealBroken, Unreadable) as fault:
                return self._failed("pull", fault)
            self._confirmed = time.monotonic()
            self._went_well("pull")
            return None

    def _push(self) -> float | None:
        with self._pushing:
            try:
                self._pusher.push()
            except Away as fault:
                return self._failed("push", fault)
            self._went_well("push")
            return None

    def _take(self, given: Given | None) -> None:
        if given is not None:
            self._force = given, given.policies()

    def _note_lost(self, number: int) -> None:
        if not self._lost:
            _log.error("records of exchanges are lost: no room for them, or the appliance refuses them")
        self._lost += number

    def _failed(self, what: str, fault: Exception) -> float:
        """Say once that something fails; return how long the appliance wants to be left alone."""
        if what not in self._faults:
            _log.error("%s failed, tried again from now on: %s", what, fault)
        self._faults = {**self._faults, what: str(fault)}
        return fault.pause if isinstance(fault, Away) else 0.0

    def _went_well(self, what: str) -> None:
        if what in self._faults:
            _log.warning("%s works again", what)
            self._faults = {name: fault for name, fault in self._faults.items() if name != what}

    def _start(self) -> None:
        with self._starting:
            if self._rounds is None and not self._over:
                tasks = (Task(self._pull, self._pull_seconds), Task(self._push, PUSH_SECONDS))
                self._rounds = Rounds(tasks)


def _close_all() -> None:
    for remote in list(_remotes):
        remote.close()


def _after_fork() -> None:
    for remote in list(_remotes):
        remote.after_fork()


atexit.register(_close_all)
os.register_at_fork(after_in_child=_after_fork)
