"""One cell of the kit: a scenario, asked by an SDK, through the gateway, of a fake."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.conformance.driving import Driver
from tests.conformance.scenarios import SCENARIOS, TOKEN, UPSTREAM_SAYS, Scenario
from tests.conformance.sdks import Sdk
from tests.conformance.voices import VOICES, Fake, Speech, Voice, stalled
from tests.fakes.http_server import Answer, Gate, Received
from tests.support.appliance import until
from tests.support.local_gateway import LocalGateway

_PLACEHOLDER = re.compile(r"Sgx[A-Z][A-Za-z0-9]{18,60}")


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of one scenario with one SDK.

    `told` is the driver's line; `outcomes` what the gateway recorded, one for each request that it was sent;
    `received` what the upstream was sent, `fates` what became of its answers.
    """

    told: dict[str, Any]
    outcomes: tuple[str, ...]
    received: tuple[str, ...]
    fates: tuple[str, ...]

    @property
    def shown(self) -> str:
        """What a caller sees, in a word: the end of the answer, or the exception."""
        error = self.told["error"]
        return str(error["name"] if error else self.told["finish"])


def put_through(sdk: Sdk) -> tuple[str, dict[str, Cell]]:
    """The version of an SDK, and what came of every scenario, by its name."""
    with Stand(sdk.voice).open() as stand, Driver(sdk) as driver:
        return driver.about["version"], {scenario.name: stand.run(driver, scenario) for scenario in SCENARIOS}


def job(gateway: LocalGateway, scenario: Scenario) -> dict[str, Any]:
    """What a driver is told to ask a gateway; the fields are those of `Job`."""
    return {
        "url": gateway.url,
        "key": gateway.key,
        "prompt": scenario.prompt,
        "streamed": scenario.streamed,
        "tools": scenario.tools,
        "cancel": scenario.ending == "leave",
    }


class Stand:
    """A fake and the gateway in front of it, while `open`."""

    def __init__(self, voice: str) -> None:
        self.voice: Voice = VOICES[voice]
        self.fake: Fake = self.voice.fake()

    @contextmanager
    def open(self) -> Iterator["Stand"]:
        """Serve until the block ends."""
        with self.fake, LocalGateway(self.voice.spec(self.fake.base_url.removesuffix("/v1"))) as gateway:
            self.gateway = gateway
            yield self

    def run(self, driver: Driver, scenario: Scenario) -> Cell:
        """Put an SDK through a scenario."""
        audit = self.gateway.ports.audit
        audit.entries.clear()
        self.gateway.policy = scenario.policy
        self.fake.reset(lambda request: _answer(self.voice, scenario, request))
        told = driver.ask(job(self.gateway, scenario))
        fates = tuple(exchange.wait() for exchange in self.fake.exchanges)
        # a caller that goes away is recorded after it went
        until(lambda: len(audit.entries) >= max(1, len(fates)) or None, "the record")
        return Cell(
            told,
            tuple(entry.outcome for entry in audit.entries),
            tuple(exchange.request.text for exchange in self.fake.exchanges),
            fates,
        )


def _answer(voice: Voice, scenario: Scenario, request: Received) -> Answer:
    if scenario.status != 200:
        return voice.fail(scenario.status, UPSTREAM_SAYS)
    found = _PLACEHOLDER.findall(request.text)
    spoken = tuple(found[0] if part == TOKEN and found else part for part in scenario.speech.parts)
    answer = voice.say(request, Speech(spoken, scenario.speech.call))
    return stalled(answer, scenario.stalls, Gate()) if scenario.stalls else answer
