"""Steady requests over keep-alive connections, of which none may fail."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.appliance import RunningAppliance, until

_BODY = json.dumps({"model": "demo", "messages": [{"role": "user", "content": "Hello"}]})


class Load:
    """Counts what was answered and what was not. `failures` says what went wrong, in words."""

    def __init__(self, appliance: RunningAppliance) -> None:
        self.done = 0
        self.failures: list[str] = []
        self._place = appliance.proxy.removeprefix("http://")
        self._headers = appliance.headers() | {"content-type": "application/json"}
        self._over = threading.Event()
        self._lock = threading.Lock()

    @contextmanager
    def running(self, connections: int) -> Iterator[Callable[[int], object]]:
        """Send while the block runs. Gives a function that waits until so many were answered."""
        threads = [threading.Thread(target=self._send) for _ in range(connections)]
        for thread in threads:
            thread.start()
        try:
            yield lambda count: until(
                lambda: self.done >= count or bool(self.failures) or None, "answers", 300
            )
        finally:
            self._over.set()
            for thread in threads:
                thread.join(60)

    def _until_done(self, count: int) -> None:
        until(lambda: self.done >= count or bool(self.failures) or None, f"{count} answers", 600)

    def _send(self) -> None:
        connection = http.client.HTTPConnection(self._place, timeout=30)
        while not self._over.is_set():
            try:
                connection.request("POST", "/v1/chat/completions", _BODY, self._headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                self._note(f"{type(error).__name__}: {error}")
                connection.close()
            else:
                self._note("" if answer.status == 200 else str(answer.status))
        connection.close()

    def _note(self, failure: str) -> None:
        with self._lock:
            self.done += 1
            if failure:
                self.failures.append(failure)
