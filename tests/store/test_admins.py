"""Administrators: who may sign in, and that a stranger learns nothing from trying."""

import asyncio
import threading

import pytest
from sqlalchemy import text

from sluicegate.admin_ui.store import passwords
from sluicegate.admin_ui.store.control import Control
from sluicegate.admin_ui.store.database import Database
from sluicegate.admin_ui.store.errors import ControlError

EMAIL, PASSWORD = "admin@example.org", "correct horse battery"


async def test_the_right_password_signs_in(control: Control) -> None:
    assert await control.has_admin() is False
    made = await control.ensure_admin(EMAIL, PASSWORD)
    assert await control.has_admin() is True
    assert await control.verify_admin(EMAIL, PASSWORD) == made
    assert await control.verify_admin("  Admin@Example.ORG ", PASSWORD) == made
    assert await control.find_admin(made.user_id, made.tenant_id) == made


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "correct horse battery "),
        (EMAIL, ""),
        (EMAIL, "x" * 5000),
        ("someone@example.org", PASSWORD),
        ("", PASSWORD),
        ("x" * 5000, PASSWORD),
    ],
)
async def test_anything_else_does_not(control: Control, email: str, password: str) -> None:
    await control.ensure_admin(EMAIL, PASSWORD)
    assert await control.verify_admin(email, password) is None


async def test_ensuring_again_changes_nothing(control: Control) -> None:
    made = await control.ensure_admin(EMAIL, PASSWORD)
    assert await control.ensure_admin(EMAIL, PASSWORD) == made


async def test_a_new_password_takes_the_place_of_the_old_one_and_ends_its_sessions(control: Control) -> None:
    made = await control.ensure_admin(EMAIL, PASSWORD)
    changed = await control.ensure_admin(EMAIL, "another password")
    assert changed.user_id == made.user_id
    assert changed.stamp != made.stamp
    assert await control.verify_admin(EMAIL, PASSWORD) is None
    assert await control.verify_admin(EMAIL, "another password") == changed


@pytest.mark.parametrize(
    "email", ["", "admin", "@example.org", "a@b@c", "a b@example.org", "x" * 250 + "@b.org"]
)
async def test_an_administrator_has_an_address(control: Control, email: str) -> None:
    with pytest.raises(ControlError) as refused:
        await control.ensure_admin(email, PASSWORD)
    assert refused.value.code == "bad_email"


@pytest.mark.parametrize("password", ["", "seven77", "x" * 1025])
async def test_a_password_has_a_length(control: Control, password: str) -> None:
    with pytest.raises(ControlError) as refused:
        await control.ensure_admin(EMAIL, password)
    assert refused.value.code == "bad_password"


async def test_wall_7_an_address_belongs_to_one_tenant(control: Control) -> None:
    other = await control.ensure_tenant("other")
    await control.ensure_admin(EMAIL, PASSWORD)
    with pytest.raises(ControlError) as refused:
        await control.ensure_admin(EMAIL, "mine now, mine now", tenant_id=other)
    assert refused.value.code == "bad_email"
    assert await control.verify_admin(EMAIL, PASSWORD) is not None


async def test_wall_7_a_session_of_one_tenant_is_nobody_in_another(control: Control) -> None:
    made = await control.ensure_admin(EMAIL, PASSWORD)
    assert await control.find_admin(made.user_id, await control.ensure_tenant("other")) is None


@pytest.mark.parametrize(
    "statement", ["UPDATE users SET is_active = false", "UPDATE tenants SET is_active = false"]
)
async def test_a_deactivated_person_or_tenant_is_out(
    control: Control, database: Database, statement: str
) -> None:
    await control.ensure_admin(EMAIL, PASSWORD)
    async with database.engine.begin() as connection:
        await connection.execute(text(statement))
    assert await control.verify_admin(EMAIL, PASSWORD) is None


async def test_the_password_is_not_stored(control: Control, database: Database) -> None:
    await control.ensure_admin(EMAIL, PASSWORD)
    async with database.engine.connect() as connection:
        row = (await connection.execute(text("SELECT password_hash FROM users"))).scalar_one()
    assert row.startswith("$argon2id$")
    assert PASSWORD not in row


async def test_a_stranger_costs_the_same_work_off_the_event_loop(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    await control.ensure_admin(EMAIL, PASSWORD)
    work: list[tuple[str, bool]] = []
    real = passwords._verify

    def watched(stored: str, password: str) -> bool:
        parameters = stored.rsplit("$", 2)[0]
        work.append((parameters, threading.current_thread() is threading.main_thread()))
        return real(stored, password)

    monkeypatch.setattr(passwords, "_verify", watched)
    await control.verify_admin(EMAIL, "wrong password")
    await control.verify_admin("nobody@example.org", "wrong password")
    assert work[0] == work[1]
    assert work[0][1] is False


async def test_few_passwords_are_judged_at_once(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, running, most = threading.Lock(), 0, 0
    real = passwords._verify

    def watched(stored: str, password: str) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        try:
            return real(stored, password)
        finally:
            with lock:
                running -= 1

    monkeypatch.setattr(passwords, "_verify", watched)
    await asyncio.gather(*[control.verify_admin("nobody@example.org", "guess") for _ in range(8)])
    assert 1 <= most <= 2
