"""The directory: one snapshot, no database while a request is served, old ones told by one number."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from sluicegate.admin_ui.store import key_store
from sluicegate.admin_ui.store.control import Control
from sluicegate.admin_ui.store.database import Database
from sluicegate.admin_ui.store.directory import Directory
from sluicegate.detection.policy import Policy
from sluicegate.detection.ports import BanList, KeyDirectory, PolicySource
from sluicegate.detection.presets import preset
from tests.store.material import SOMEONE


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect what reaches the database."""
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_it_fits_the_ports(directory: Directory) -> None:
    keys: KeyDirectory = directory
    policies: PolicySource = directory
    bans: BanList = directory.bans
    assert keys.find("nobody's") is None
    assert bans.find("ip", "203.0.113.7") is None
    policy: Policy = policies.policy(SOMEONE)
    assert policy == preset("balanced")


async def test_wall_8_nobody_is_known_before_the_first_load(control: Control, directory: Directory) -> None:
    made = await control.create_key("bot")
    assert directory.find(made.secret) is None
    assert directory.revision == -1


@pytest.mark.parametrize(
    "credential",
    ["", " ", "x" * 24, "x" * 100_000, "ключ", "\x00" * 30, "\ud800" * 30],
    ids=["empty", "space", "unknown", "huge", "foreign", "nul", "surrogate"],
)
async def test_wall_8_an_unknown_credential_is_nobody(
    control: Control, directory: Directory, credential: str
) -> None:
    await control.create_key("bot")
    await directory.load()
    assert directory.find(credential) is None


async def test_a_look_up_never_touches_the_database(
    control: Control, directory: Directory, database: Database
) -> None:
    made = await control.create_key("bot")
    await control.add_ban("ip", "203.0.113.7")
    await directory.load()
    await database.close()
    assert directory.find(made.secret) is not None
    assert directory.find("x" * 24) is None
    assert directory.bans.find("ip", "203.0.113.7") is not None
    assert directory.policy(SOMEONE).name == "balanced"


async def test_a_refresh_reads_only_the_revision_when_nothing_changed(
    control: Control, directory: Directory
) -> None:
    await control.create_key("bot")
    await directory.load()
    with statements() as seen:
        assert await directory.refresh() is False
    read = [statement for statement in seen if not statement.startswith(("BEGIN", "PRAGMA"))]
    assert len(read) == 1
    assert re.search(r"FROM control_revision", read[0])


async def test_every_change_is_noticed_and_changing_nothing_is_not(
    control: Control, directory: Directory
) -> None:
    await directory.load()
    made = await control.create_key("bot")
    assert await directory.refresh() is True
    ban = await control.add_ban("key", made.key_id)
    assert await directory.refresh() is True
    await control.lift_ban(ban.ban_id)
    assert await directory.refresh() is True
    await control.revoke_key(made.key_id)
    assert await directory.refresh() is True
    await control.revoke_key(made.key_id)
    await control.lift_ban(ban.ban_id)
    await control.list_keys()
    await control.ensure_admin("admin@example.org", "correct horse")
    assert await directory.refresh() is False


async def test_a_change_and_its_number_are_one(
    control: Control, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the number cannot be counted up, the change does not happen either."""
    await directory.load()

    async def broken(_: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(key_store, "noticed", broken)
    with pytest.raises(RuntimeError, match="on purpose"):
        await control.create_key("bot")
    assert await control.list_keys() == []
    assert await control.list_applications() == []


async def test_a_snapshot_is_replaced_whole(control: Control, directory: Directory) -> None:
    await control.create_key("bot")
    await directory.load()
    before = directory.snapshot
    await control.create_key("bot")
    await directory.refresh()
    assert len(before.keys) == 1
    assert len(directory.snapshot.keys) == 2
    with pytest.raises(TypeError):
        directory.snapshot.keys["x"] = SOMEONE  # type: ignore[index]  # that it cannot be changed is the test


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tenants SET is_active = false",
        "UPDATE applications SET is_active = false",
        "UPDATE api_keys SET is_active = false",
    ],
)
async def test_what_is_not_active_opens_nothing(
    control: Control, directory: Directory, database: Database, statement: str
) -> None:
    made = await control.create_key("bot")
    await directory.load()
    assert directory.find(made.secret) is not None
    async with database.engine.begin() as connection:
        await connection.execute(text(statement))
    await directory.load()
    assert directory.find(made.secret) is None


async def test_wall_7_two_tenants_may_name_an_application_the_same(
    control: Control, directory: Directory
) -> None:
    other = await control.ensure_tenant("other")
    ours, theirs = await control.create_key("bot"), await control.create_key("bot", tenant_id=other)
    await directory.load()
    mine, yours = directory.find(ours.secret), directory.find(theirs.secret)
    assert mine is not None
    assert yours is not None
    assert mine.application == yours.application == "bot"
    assert mine.application_id != yours.application_id
    assert (mine.tenant_id, yours.tenant_id) == (await control.ensure_default_tenant(), other)


def test_a_snapshot_shows_no_digest(directory: Directory) -> None:
    assert "keys" not in repr(directory.snapshot)
