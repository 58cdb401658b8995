"""The record as people read it: narrowed, counted, and only the tenant's own."""

import time
from dataclasses import replace

import pytest

from sluicegate.admin_ui.store.audit import AuditLog
from sluicegate.admin_ui.store.control import Control
from sluicegate.admin_ui.store.database import Database
from sluicegate.admin_ui.store.decisions import DecisionFilter, Overview, counting, listing
from sluicegate.admin_ui.store.errors import ControlError
from sluicegate.admin_ui.store.scope import TenantScope
from sluicegate.detection.types import Action, AuditEntry, Verdict
from tests.store.material import ENTRY, SOMEONE, written

_HOSTILE = ["\x00", "exchange-0\x00", "\ud800", "x" * 5000, "' OR ''='", "🦫"]
OURS = TenantScope("tenant-1")


def _acted(number: int, action: Action, tenant: str = "tenant-1", age: float = 0.0) -> AuditEntry:
    core = replace(ENTRY.core, prompt=Verdict(action), answer=None)
    return replace(
        ENTRY,
        exchange_id=f"{tenant}-{number}",
        principal=replace(SOMEONE, tenant_id=tenant, application_id=f"application-{number % 2}"),
        core=core,
        started=time.time() - age,
    )


async def _filled(log: AuditLog) -> None:
    actions = [Action.BLOCK, Action.MASK, Action.PASS, Action.PASS]
    await written(log, [_acted(number, action) for number, action in enumerate(actions)])
    await written(log, [_acted(9, Action.BLOCK, age=90_000), _acted(8, Action.BLOCK, tenant="tenant-2")])


@pytest.mark.parametrize(
    ("narrowed", "number"),
    [
        (DecisionFilter(), 5),
        (DecisionFilter(action="block"), 2),
        (DecisionFilter(action="replace"), 0),
        (DecisionFilter(application_id="application-1"), 3),
        (DecisionFilter(action="pass", application_id="application-1"), 1),
        (DecisionFilter(exchange_id="tenant-1-2"), 1),
        (DecisionFilter(exchange_id="tenant-2-8"), 0),
    ],
)
async def test_a_list_is_narrowed(
    database: Database, audit_log: AuditLog, narrowed: DecisionFilter, number: int
) -> None:
    await _filled(audit_log)
    async with database.session() as session:
        rows = (await session.scalars(listing(OURS, narrowed))).all()
        assert len(rows) == number
        assert await session.scalar(counting(OURS, narrowed)) == number
        assert {row.tenant_id for row in rows} <= {"tenant-1"}


async def test_the_last_day_is_counted(database: Database, audit_log: AuditLog) -> None:
    await _filled(audit_log)
    overview = Overview(database)
    assert await overview.last_day(OURS) == {"block": 1, "mask": 1, "pass": 2}
    assert await overview.last_day(TenantScope("tenant-2")) == {"block": 1}


async def test_the_first_exchange_is_counted_at_once(database: Database, audit_log: AuditLog) -> None:
    overview = Overview(database)
    assert await overview.last_day(OURS) == {}
    await _filled(audit_log)
    assert await overview.last_day(OURS) == {"block": 1, "mask": 1, "pass": 2}


async def test_wall_7_one_tenants_numbers_are_never_shown_to_another(
    database: Database, audit_log: AuditLog
) -> None:
    await _filled(audit_log)
    overview = Overview(database)
    assert await overview.last_day(OURS) != await overview.last_day(TenantScope("tenant-2"))
    assert await overview.last_day(TenantScope("tenant-3")) == {}


async def test_applications_to_choose_from_are_the_tenants(control: Control, database: Database) -> None:
    other = await control.ensure_tenant("other")
    await control.create_key("b")
    await control.create_key("a")
    await control.create_key("theirs", tenant_id=other)
    overview = Overview(database)
    ours = await overview.applications(TenantScope(await control.ensure_default_tenant()))
    assert [application.name for application in ours] == ["a", "b"]


@pytest.mark.parametrize("text", _HOSTILE, ids=["nul", "nul-after", "surrogate", "long", "sql", "wide"])
async def test_what_cannot_be_stored_is_not_found_and_breaks_nothing(
    database: Database, control: Control, audit_log: AuditLog, text: str
) -> None:
    await written(audit_log, [replace(ENTRY, exchange_id="exchange-0")])
    assert await audit_log.find(text, SOMEONE) is None
    async with database.session() as session:
        for narrowed in (DecisionFilter(text), DecisionFilter("", text), DecisionFilter("", "", text)):
            assert (await session.scalars(listing(OURS, narrowed))).all() == []
    for change in (control.revoke_key(text), control.add_ban("key", text)):
        with pytest.raises(ControlError):
            await change
    assert await control.lift_ban(text) is False
    assert await control.remove_ban("key", text) is False
    assert await control.remove_ban(text, "x") is False
    assert await control.verify_admin(text, "password") is None
