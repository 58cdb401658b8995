"""Settings become parts: policy, upstreams, limits, and doors that hold."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from sluicegate.admin_ui.store.control import Control
from sluicegate.appliance.bootstrap import bootstrap
from sluicegate.appliance.build import Appliance, Ground, build, chosen_policy, chosen_upstreams
from sluicegate.appliance.data_dir import opened
from sluicegate.appliance.demo import ALONE, BESIDE
from sluicegate.appliance.ports import Ports, taken_ports
from sluicegate.appliance.secrets import prepare
from sluicegate.appliance.settings import Settings
from sluicegate.detection.presets import BALANCED, STRICT
from sluicegate.detection.testing import FakeInspector
from sluicegate.gateway.router import UpstreamSpec
from sluicegate.middleware.limits import Rate

KEY = "a-supplied-key-of-30-characters"
MODELS = UpstreamSpec("models", "openai", "http://127.0.0.1:9/v1", models=("gpt-*",))
BODY = {"model": "demo", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def ports() -> Iterator[Ports]:
    with taken_ports(Settings(admin_port=0, detection_port=0, proxy_port=0)) as taken:
        yield taken


@asynccontextmanager
async def built(ports: Ports, folder: Path, **settings: Any) -> AsyncIterator[Appliance]:
    chosen = Settings(data_dir=folder, api_key=KEY, admin_password="a password", **settings)
    secrets = prepare(folder)
    async with opened(chosen) as database:
        control = Control(database, secrets.pepper)
        await bootstrap(control, chosen)
        appliance = await build(Ground(chosen, secrets, ports, FakeInspector(), database, control))
        await appliance.directory.load()
        yield appliance
        await appliance.close()


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


def test_the_policy_is_the_preset_with_what_the_settings_change() -> None:
    assert chosen_policy(Settings()) == BALANCED
    changed = chosen_policy(
        Settings(policy="strict", block_style="error", show_categories=True, restore=False)
    )
    assert changed.clauses == STRICT.clauses
    assert (changed.block_style, changed.show_categories, changed.restore) == ("error", True, False)
    assert changed.digest != STRICT.digest


async def test_a_key_opens_the_gateway_and_nothing_else_does(ports: Ports, tmp_path: Path) -> None:
    async with built(ports, tmp_path) as appliance:
        for key, status in ((KEY, 200), ("", 401), ("an-unknown-key-of-30-characters", 401)):
            async with client(appliance.proxy, key) as caller:
                assert (await caller.post("/v1/chat/completions", json=BODY)).status_code == status


async def test_limits_reach_the_gateway(ports: Ports, tmp_path: Path) -> None:
    async with built(ports, tmp_path, max_body_bytes=1024, proxy_rate_limit=Rate(2)) as appliance:
        async with client(appliance.proxy) as caller:
            long = {**BODY, "user": "x" * 2000}
            assert (await caller.post("/v1/chat/completions", json=long)).status_code == 413
            assert (await caller.post("/v1/chat/completions", json=BODY)).status_code == 200
            assert (await caller.post("/v1/chat/completions", json=BODY)).status_code == 429
        async with client(appliance.detection) as caller:
            assert (await caller.get("/v1/nothing")).status_code == 404


async def test_without_limits_nobody_is_slowed_down(ports: Ports, tmp_path: Path) -> None:
    async with built(ports, tmp_path, rate_limit="off") as appliance, client(appliance.proxy) as caller:
        for _ in range(5):
            assert (await caller.post("/v1/chat/completions", json=BODY)).status_code == 200
        metrics = (await caller.get("/metrics")).text
        assert 'guardrails_requests_total{outcome="complete",service="gateway"} 5.0' in metrics
        assert "sluicegate_audit_pending 5.0" in metrics
        assert "sluicegate_audit_lost_total 0.0" in metrics


async def test_readiness_says_what_is_missing(ports: Ports, tmp_path: Path) -> None:
    async with built(ports, tmp_path) as appliance:
        async with client(appliance.proxy) as caller:
            assert (await caller.get("/ready")).status_code == 200
        async with client(appliance.admin) as caller:
            early = await caller.get("/ready")
            assert (early.status_code, early.json()["not_ready"]) == (503, ["pages"])
            await appliance.web_admin.load()
            assert (await caller.get("/ready")).status_code == 200
            assert (await caller.get("/")).status_code in (302, 303)
