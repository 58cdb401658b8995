"""Settings become parts: policy, upstreams, limits, and doors that hold."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from sluicegate.admin_ui.store.control import Control
from sluicegate.admin_ui.store.live_feed import LiveFeed
from sluicegate.appliance import control_plane, data_plane
from sluicegate.appliance.bootstrap import bootstrap
from sluicegate.appliance.chosen import chosen_upstreams
from sluicegate.appliance.clock import SystemClock
from sluicegate.appliance.counters import MemoryCounters
from sluicegate.appliance.data_dir import opened
from sluicegate.appliance.data_plane import DataPlane
from sluicegate.appliance.demo import ALONE, BESIDE
from sluicegate.appliance.ports import Ports, taken_ports
from sluicegate.appliance.secrets import prepare
from sluicegate.appliance.settings import Settings
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.testing import SOMEBODY, FakeInspector, MemoryAudit
from sluicegate.detection.types import Principal
from sluicegate.detection.vault import placeholder_key
from sluicegate.gateway.upstream_spec import UpstreamSpec
from sluicegate.middleware.limits import Rate
from sluicegate.middleware.metrics import PrometheusMetrics
from sluicegate.middleware.policy_table import PolicyTable
from sluicegate.middleware.remote.caller import POLICIES
from sluicegate.middleware.remote.given import decode
from sluicegate.middleware.remote.sealed import unseal
from sluicegate.middleware.snapshot import Snapshot, SnapshotDirectory

KEY = "a-supplied-key-of-30-characters"
MODELS = UpstreamSpec("models", "openai", "http://127.0.0.1:9/v1", models=("gpt-*",))
BODY = {"model": "demo", "messages": [{"role": "user", "content": "Hello"}]}


class Results:
    """A record that holds nothing."""

    async def ask(self, question: str, principal: Principal, options: Any) -> None:
        return None


class Record(MemoryAudit):
    """Takes entries as long as it has room."""

    accepting = True


@pytest.fixture
def ports() -> Iterator[Ports]:
    with taken_ports(Settings(admin_port=0, detection_port=0, proxy_port=0)) as taken:
        yield taken


@asynccontextmanager
async def governed(ports: Ports, folder: Path, push: Any) -> AsyncIterator[control_plane.ControlPlane]:
    chosen = Settings(data_dir=folder, api_key=KEY, admin_password="a password")
    secrets = prepare(folder)
    async with opened(chosen) as database:
        control = Control(database, secrets.pepper)
        await bootstrap(control, chosen)
        yield control_plane.build(
            control_plane.Ground(
                chosen,
                secrets,
                ports,
                database,
                control,
                push,
                LiveFeed(),
                PrometheusMetrics().render,
                PolicyTable(BALANCED),
            )
        )


@asynccontextmanager
async def built(ports: Ports, folder: Path, **settings: Any) -> AsyncIterator[tuple[DataPlane, Record]]:
    chosen = Settings(data_dir=folder, **settings)
    directory = SnapshotDirectory(prepare(folder).pepper, BALANCED)
    async with governed(ports, folder, directory.replace) as control:
        await control.publisher.load()
    record = Record()
    plane = data_plane.build(
        data_plane.Ground(
            settings=chosen,
            inspector=FakeInspector(),
            directory=directory,
            record=record,
            reader=record,
            counters=MemoryCounters(SystemClock()),
            metrics=PrometheusMetrics(),
            operator=SOMEBODY,
            results=Results(),
            service_key=b"s" * 32,
            placeholder_key=b"k" * 32,
            checks={},
        )
    )
    yield plane, record
    await plane.close()


def client(app: Any, key: str = KEY) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", headers=headers)


@pytest.mark.parametrize(
    ("configured", "demo", "chosen"),
    [
        ((), False, (ALONE,)),
        ((), True, (ALONE,)),
        ((MODELS,), False, (MODELS,)),
        ((MODELS,), True, (MODELS, BESIDE)),
    ],
)
def test_the_demo_is_there_when_wanted_or_when_nothing_else_is(
    configured: tuple[UpstreamSpec, ...], demo: bool, chosen: tuple[UpstreamSpec, ...]
) -> None:
    assert chosen_upstreams(Settings(upstreams=configured, demo=demo)) == chosen


async def test_a_key_opens_the_gateway_and_nothing_else_does(ports: Ports, tmp_path: Path) -> None:
    async with built(ports, tmp_path) as (plane, _):
        for key, status in ((KEY, 200), ("", 401), ("an-unknown-key-of-30-characters", 401)):
            async with client(plane.proxy, key) as caller:
                assert (await caller.post("/v1/chat/completions", json=BODY)).status_code == status


async def test_a_guard_elsewhere_is_given_its_policies_under_seal(ports: Ports, tmp_path: Path) -> None:
    nonce = "n" * 32
    async with built(ports, tmp_path) as (plane, _), client(plane.detection) as caller:
        answer = await caller.get(POLICIES, params={"nonce": nonce})
        given = decode(unseal(KEY, nonce, answer.content))
        assert given.policy == BALANCED
        assert given.keys.application == placeholder_key(
            b"k" * 32, given.principal.tenant_id, given.principal.application_id
        )
        tagged = {"if-none-match": answer.headers["etag"]}
        assert (await caller.get(POLICIES, params={"nonce": nonce}, headers=tagged)).status_code == 304
        assert (await caller.get(POLICIES)).status_code == 422
        assert (
            await caller.get(POLICIES, params={"nonce": nonce}, headers={"authorization": ""})
        ).status_code == 401


async def test_limits_reach_the_gateway(ports: Ports, tmp_path: Path) -> None:
    async with built(ports, tmp_path, max_body_bytes=1024, proxy_rate_limit=Rate(2)) as (plane, _):
        async with client(plane.proxy) as caller:
            long = {**BODY, "user": "x" * 2000}
            assert (await caller.post("/v1/chat/completions", json=long)).status_code == 413
            assert (await caller.post("/v1/chat/completions", json=BODY)).status_code == 200
            assert (await caller.post("/v1/chat/completions", json=BODY)).status_code == 429
        async with client(plane.detection) as caller:
            assert (await caller.get("/v1/nothing")).status_code == 404


async def test_without_limits_nobody_is_slowed_down(ports: Ports, tmp_path: Path) -> None:
    async with built(ports, tmp_path, rate_limit="off") as (plane, _), client(plane.proxy) as caller:
        for _ in range(5):
            assert (await caller.post("/v1/chat/completions", json=BODY)).status_code == 200
        metrics = (await caller.get("/metrics")).text
        assert 'guardrails_requests_total{outcome="complete",service="gateway"} 5.0' in metrics


async def test_a_record_without_room_refuses_exchanges_and_readiness_says_so(
    ports: Ports, tmp_path: Path
) -> None:
    async with built(ports, tmp_path) as (plane, record), client(plane.proxy) as caller:
        assert (await caller.get("/ready")).status_code == 200
        record.accepting = False
        assert (await caller.post("/v1/chat/completions", json=BODY)).status_code == 503
        late = await caller.get("/ready")
        assert (late.status_code, late.json()["not_ready"]) == (503, ["record"])


async def test_every_snapshot_is_pushed_and_readiness_says_what_is_missing(
    ports: Ports, tmp_path: Path
) -> None:
    pushed: list[Snapshot] = []
    async with governed(ports, tmp_path, pushed.append) as plane, client(plane.admin) as caller:
        early = await caller.get("/ready")
        assert (early.status_code, early.json()["not_ready"]) == (503, ["keys", "pages"])
        await plane.publisher.load()
        assert [len(snapshot.keys) for snapshot in pushed] == [1]
        assert await plane.publisher.refresh() is False
        assert len(pushed) == 1
        await plane.web_admin.load()
        assert (await caller.get("/ready")).status_code == 200
        assert (await caller.get("/")).status_code in (302, 303)
