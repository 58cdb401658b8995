"""Wall 7: no tenant sees or changes another's rows, whatever is called in whatever order."""

import ast
import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sluicegate.admin_ui
from sluicegate.admin_ui.models import (
    ApiKey,
    Application,
    BanRecord,
    DetectionResult,
    Table,
    TenantOwned,
    User,
)
from sluicegate.admin_ui.store.audit import AuditLog
from sluicegate.admin_ui.store.control import Control
from sluicegate.admin_ui.store.database import Database
from sluicegate.admin_ui.store.directory import Directory
from sluicegate.admin_ui.store.errors import ControlError
from sluicegate.admin_ui.store.scope import TenantScope
from sluicegate.detection.presets import preset
from sluicegate.detection.types import Principal
from tests.store.conftest import AUDIT_KEY, PEPPER
from tests.store.material import entry, written

_NAMES = st.sampled_from(["bot", "search", "mail"])
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["key", "revoke", "ban", "lift", "record", "steal"]),
        st.integers(0, 1),
        _NAMES,
        st.integers(0, 5),
    ),
    max_size=25,
)


class World:
    """Two tenants and what each of them should see."""

    def __init__(self, control: Control, log: AuditLog, tenants: tuple[str, str]) -> None:
        self.control, self.log, self.tenants = control, log, tenants
        self.keys: dict[str, dict[str, bool]] = defaultdict(dict)
        self.names: dict[str, set[str]] = defaultdict(set)
        self.bans: dict[str, dict[str, str]] = defaultdict(dict)
        self.entries: dict[str, dict[str, Principal]] = defaultdict(dict)

    async def step(self, what: str, tenant: str, name: str, number: int) -> None:
        await {
            "key": self.key,
            "revoke": self.revoke,
            "ban": self.ban,
            "lift": self.lift,
            "record": self.record,
            "steal": self.steal,
        }[what](tenant, name, number)

    async def key(self, tenant: str, name: str, _: int) -> None:
        made = await self.control.create_key(name, tenant_id=tenant)
        self.keys[tenant][made.key_id] = True
        self.names[tenant].add(name)

    async def revoke(self, tenant: str, _: str, number: int) -> None:
        chosen = list(self.keys[tenant])[number : number + 1]
        for key_id in chosen:
            assert await self.control.revoke_key(key_id, tenant_id=tenant) is self.keys[tenant][key_id]
            self.keys[tenant][key_id] = False

    async def ban(self, tenant: str, _: str, number: int) -> None:
        for key_id in list(self.keys[tenant])[number : number + 1]:
            row = await self.control.add_ban("key", key_id, until=time.time() + 999, tenant_id=tenant)
            self.bans[tenant][key_id] = row.ban_id

    async def lift(self, tenant: str, _: str, number: int) -> None:
        for key_id in list(self.bans[tenant])[number : number + 1]:
            assert await self.control.lift_ban(self.bans[tenant].pop(key_id), tenant_id=tenant) is True

    async def record(self, tenant: str, name: str, number: int) -> None:
        named = f"{tenant}-{number}"
        self.entries[tenant].setdefault(named, Principal(tenant, name, name, "key"))
        await written(self.log, [entry(number, self.entries[tenant][named])])
        # The number is the exchange's name: the first tenant that recorded it keeps it.
        if await self.log.find(f"exchange-{number}", self.entries[tenant][named]) is None:
            del self.entries[tenant][named]

    async def steal(self, tenant: str, name: str, number: int) -> None:
        """Everything a tenant can try with ids it should not know."""
        (other,) = (one for one in self.tenants if one != tenant)
        for key_id in list(self.keys[other])[number : number + 1]:
            for refused in (
                self.control.revoke_key(key_id, tenant_id=tenant),
                self.control.add_ban("key", key_id, tenant_id=tenant),
                self.control.add_ban("application", name, tenant_id=tenant),
            ):
                with pytest.raises(ControlError) as caught:
                    await refused
                assert caught.value.code == "not_found"
            assert await self.control.remove_ban("key", key_id, tenant_id=tenant) is False
        for ban_id in self.bans[other].values():
            assert await self.control.lift_ban(ban_id, tenant_id=tenant) is False
        for named in self.entries[other]:
            thief = Principal(tenant, self.entries[other][named].application_id, name, "key")
            found = await self.log.find(f"exchange-{named.rpartition('-')[2]}", thief)
            assert found is None or found.principal.tenant_id == tenant

    async def check(self) -> None:
        for tenant in self.tenants:
            rows = await self.control.list_keys(tenant_id=tenant)
            assert {row.key_id: row.live for row in rows} == self.keys[tenant]
            assert set(await self.control.list_applications(tenant_id=tenant)) == self.names[tenant]
            bans = await self.control.list_bans(tenant_id=tenant)
            assert {row.ban.value: row.ban_id for row in bans} == self.bans[tenant]
            for named, principal in self.entries[tenant].items():
                found = await self.log.find(f"exchange-{named.rpartition('-')[2]}", principal)
                assert found is not None
                assert found.principal == principal


async def _live(url: str, steps: list[tuple[str, int, str, int]]) -> None:
    database = Database(url)
    await database.open()
    try:
        control = Control(database, PEPPER)
        tenants = (await control.ensure_default_tenant(), await control.ensure_tenant("other"))
        world = World(control, AuditLog(database, AUDIT_KEY), tenants)
        for what, tenant, name, number in steps:
            await world.step(what, tenants[tenant], name, number)
        await world.check()
        directory = Directory(database, PEPPER, preset("balanced"))
        await directory.load()
        seen = {(key.tenant_id, key.key_id) for key in directory.snapshot.keys.values()}
        assert seen == {(t, key) for t in tenants for key, live in world.keys[t].items() if live}
    finally:
        await database.close()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=_STEPS)
def test_wall_7_two_tenants_live_as_if_alone(
    new_url: Callable[[], str], steps: list[tuple[str, int, str, int]]
) -> None:
    asyncio.run(_live(new_url(), steps))


async def test_wall_7_only_the_operator_bans_an_address(control: Control) -> None:
    other = await control.ensure_tenant("other")
    with pytest.raises(ControlError) as refused:
        await control.add_ban("ip", "203.0.113.7", tenant_id=other)
    assert refused.value.code == "bad_ban"
    assert await control.list_bans(tenant_id=other) == []


async def test_wall_7_a_key_is_taken_across_tenants(control: Control) -> None:
    await control.create_key("bot", "x" * 30)
    with pytest.raises(ControlError) as refused:
        await control.create_key("bot", "x" * 30, tenant_id=await control.ensure_tenant("other"))
    assert refused.value.code == "key_taken"


@pytest.mark.parametrize("model", [ApiKey, Application, BanRecord, DetectionResult, User])
def test_wall_7_every_statement_of_a_scope_names_its_tenant(model: type[TenantOwned]) -> None:
    scope = TenantScope("tenant-1")
    statements = [
        scope.select(model),
        scope.columns(model, model.tenant_id),
        scope.count(model),
        scope.update(model).values(tenant_id="tenant-1"),
    ]
    for statement in statements:
        compiled = statement.compile()
        assert f"{model.__tablename__}.tenant_id = " in str(compiled).partition("WHERE")[2]
        assert "tenant-1" in compiled.params.values()


def test_wall_7_every_table_with_a_tenant_is_reached_through_a_scope() -> None:
    owned = {str(model.__tablename__) for model in TenantOwned.__subclasses__()}
    assert owned == {table.name for table in Table.metadata.sorted_tables if "tenant_id" in table.c}


def test_wall_7_nothing_else_begins_a_statement() -> None:
    """`scope` and `crossing` are the only files that may; the rest has no way to forget the tenant."""
    begins = {"select", "update", "delete", "insert", "text", "get", "get_one", "exec"}
    folder = Path(sluicegate.admin_ui.__path__[0])
    allowed = {"store/scope.py", "store/crossing.py", "store/schema.py"}
    found = []
    for path in folder.rglob("*.py"):
        name = str(path.relative_to(folder))
        if name in allowed or name.startswith("migrations/"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                ("sqlalchemy", "sqlmodel")
            ):
                found += [f"{name}: {alias.name}" for alias in node.names if alias.name in begins]
            if isinstance(node, ast.Attribute) and ast.unparse(node) in {"session.get", "session.get_one"}:
                found.append(f"{name}: {ast.unparse(node)}")
            if isinstance(node, ast.Attribute) and node.attr == "exec_driver_sql":
                found.append(f"{name}: {node.attr}")
    # The one insert of the record, and the word that begins a transaction.
    assert sorted(found) == ["store/audit.py: exec_driver_sql", "store/database.py: exec_driver_sql"]
